//! Who sends a request.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use parking_lot::Mutex;
use sortie_model::privacy::{Digest, Domain, Key};
use sortie_model::{Actor, ActorKind};

/// Tokens that are remembered as accepted.
const ACCEPTED: usize = 100_000;
/// Headers that carry an API key.
const API_KEYS: [&str; 4] = ["x-api-key", "api-key", "apikey", "x-api-token"];
/// Parts of the names of cookies that carry a session.
const SESSION_COOKIES: [&str; 7] = ["sess", "sid", "token", "auth", "jwt", "login", "remember"];

/// Tokens that the back end accepted. A token counts as an identity only then: anybody can send any
/// token, and so frame whoever owns it.
#[derive(Debug, Default)]
pub(super) struct AcceptedTokens(Mutex<Accepted>);

#[derive(Debug, Default)]
struct Accepted {
    /// Each token with the first one of its session: frameworks that keep the session in the cookie
    /// renew its value with every response.
    first: HashMap<Digest, Digest>,
    order: VecDeque<Digest>,
}

/// A token that a request carries, accepted or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    kind: ActorKind,
    digest: Digest,
    /// Digest of the cookie's name, where it is one.
    cookie: Option<Digest>,
}

impl AcceptedTokens {
    pub(super) fn actor(&self, token: Option<Token>, client: IpAddr) -> Actor {
        let known = token.and_then(|token| Some((token.kind, *self.0.lock().first.get(&token.digest)?)));
        match known {
            Some((kind, first)) => Actor { kind, token: Some(first), address: client },
            None => Actor::by_address(client),
        }
    }

    pub(super) fn accept(&self, token: Token) {
        self.0.lock().insert(token.digest, token.digest);
    }

    /// A response to a request with `token` sets a cookie: where it is the session's, its new value
    /// names the same actor.
    pub(super) fn renewed(&self, token: Token, set_cookie: &[u8], key: &Key) {
        let Some(cookie) = token.cookie else { return };
        let pair = set_cookie.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if name_digest(pair, key) != cookie {
            return;
        }
        let mut accepted = self.0.lock();
        // A session that nobody accepted yet does not become one by being renewed.
        if let Some(first) = accepted.first.get(&token.digest).copied() {
            accepted.insert(key.digest(Domain::Session, pair), first);
        }
    }
}

impl Accepted {
    fn insert(&mut self, token: Digest, first: Digest) {
        if self.first.contains_key(&token) {
            return;
        }
        self.first.insert(token, first);
        self.order.push_back(token);
        if self.order.len() > ACCEPTED
            && let Some(oldest) = self.order.pop_front()
        {
            self.first.remove(&oldest);
        }
    }
}

fn name_digest(pair: &[u8], key: &Key) -> Digest {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    key.digest(Domain::Session, name.trim_ascii())
}

/// The token of a request: `Authorization`, else a session cookie, else an API key.
pub(super) fn token_of(fields: &[(&str, &[u8])], key: &Key) -> Option<Token> {
    let field = |name: &str| fields.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let token = |kind, value: &[u8]| Token { kind, digest: key.digest(Domain::Session, value), cookie: None };
    field("authorization")
        .map(|value| token(ActorKind::Session, value))
        .or_else(|| {
            let pair = fields.iter().filter(|(n, _)| *n == "cookie").find_map(|(_, value)| session_cookie(value))?;
            Some(Token { cookie: Some(name_digest(pair, key)), ..token(ActorKind::Session, pair) })
        })
        .or_else(|| {
            let value = API_KEYS.iter().find_map(|name| field(name))?;
            Some(token(ActorKind::ApiKey, value))
        })
}

fn session_cookie(header: &[u8]) -> Option<&[u8]> {
    header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).find(|pair| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        // A CSRF token is per form, not per session.
        !name.contains("csrf") && !name.contains("xsrf") && SESSION_COOKIES.iter().any(|part| name.contains(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(fields: &[(&str, &[u8])]) -> Option<Token> {
        token_of(fields, &Key::new(&[1; Key::LENGTH]))
    }

    #[test]
    fn a_token_names_nobody_until_it_was_accepted() {
        let tokens = AcceptedTokens::default();
        let client = IpAddr::from([198, 51, 100, 1]);
        let bearer = token(&[("authorization", b"Bearer a")]);
        assert_eq!(tokens.actor(bearer, client), Actor::by_address(client));
        tokens.accept(bearer.unwrap());
        assert_eq!(tokens.actor(bearer, client).kind, ActorKind::Session);
    }

    #[test]
    fn a_renewed_session_stays_the_same_actor() {
        let tokens = AcceptedTokens::default();
        let key = Key::new(&[1; Key::LENGTH]);
        let client = IpAddr::from([198, 51, 100, 1]);
        let first = token(&[("cookie", b"session=a")]).unwrap();
        tokens.renewed(first, b"session=b; HttpOnly", &key);
        let second = token(&[("cookie", b"session=b")]);
        assert_eq!(tokens.actor(second, client).token, None, "the first was not accepted");
        tokens.accept(first);
        tokens.renewed(first, b"theme=dark", &key);
        tokens.renewed(first, b"session=b; Path=/; HttpOnly", &key);
        assert_eq!(tokens.actor(second, client), tokens.actor(Some(first), client));
    }

    #[test]
    fn finds_the_session_among_cookies() {
        let plain = token(&[("cookie", b"theme=dark; csrf_token=x; PHPSESSID=abc")]).unwrap();
        let other = token(&[("cookie", b"PHPSESSID=abc; theme=light")]).unwrap();
        assert_eq!(plain.digest, other.digest);
        assert!(token(&[("cookie", b"theme=dark")]).is_none());
        assert_eq!(token(&[("x-api-key", b"k")]).unwrap().kind, ActorKind::ApiKey);
    }
}
