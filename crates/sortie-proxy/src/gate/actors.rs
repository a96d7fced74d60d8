//! Who sends a request.

use std::collections::{HashSet, VecDeque};
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
    known: HashSet<Digest>,
    order: VecDeque<Digest>,
}

/// A token that a request carries, accepted or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    kind: ActorKind,
    digest: Digest,
}

impl AcceptedTokens {
    pub(super) fn actor(&self, token: Option<Token>, client: IpAddr) -> Actor {
        match token.filter(|token| self.0.lock().known.contains(&token.digest)) {
            Some(token) => Actor { kind: token.kind, token: Some(token.digest), address: client },
            None => Actor::by_address(client),
        }
    }

    pub(super) fn accept(&self, token: Token) {
        let mut accepted = self.0.lock();
        if !accepted.known.insert(token.digest) {
            return;
        }
        accepted.order.push_back(token.digest);
        if accepted.order.len() > ACCEPTED
            && let Some(oldest) = accepted.order.pop_front()
        {
            accepted.known.remove(&oldest);
        }
    }
}

/// The token of a request: `Authorization`, else a session cookie, else an API key.
pub(super) fn token_of(fields: &[(&str, &[u8])], key: &Key) -> Option<Token> {
    let field = |name: &str| fields.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let session = |value: &[u8]| Token { kind: ActorKind::Session, digest: key.digest(Domain::Session, value) };
    field("authorization")
        .map(session)
        .or_else(|| fields.iter().filter(|(n, _)| *n == "cookie").find_map(|(_, v)| session_cookie(v)).map(session))
        .or_else(|| {
            let value = API_KEYS.iter().find_map(|name| field(name))?;
            Some(Token { kind: ActorKind::ApiKey, digest: key.digest(Domain::Session, value) })
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
    fn finds_the_session_among_cookies() {
        let plain = token(&[("cookie", b"theme=dark; csrf_token=x; PHPSESSID=abc")]).unwrap();
        let other = token(&[("cookie", b"PHPSESSID=abc; theme=light")]).unwrap();
        assert_eq!(plain.digest, other.digest);
        assert!(token(&[("cookie", b"theme=dark")]).is_none());
        assert_eq!(token(&[("x-api-key", b"k")]).unwrap().kind, ActorKind::ApiKey);
    }
}
