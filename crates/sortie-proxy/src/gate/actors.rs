//! Who sends a request.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use parking_lot::Mutex;
use sortie_model::actor::ActorId;
use sortie_model::privacy::{Digest, Domain, Key};
use sortie_model::{Actor, ActorKind, Micros};

/// Tokens that are remembered as accepted.
const ACCEPTED: usize = 100_000;
/// Headers that carry an API key.
const API_KEYS: [&str; 4] = ["x-api-key", "api-key", "apikey", "x-api-token"];
/// Words in the names of cookies that carry a session.
const SESSION_WORDS: [&str; 8] = ["session", "sess", "sid", "token", "auth", "jwt", "login", "remember"];
/// Tokens that one address may have accepted at once, and one more for every so many microseconds: a
/// site with public pages accepts anything, and identities must not cost an attacker nothing.
const NEW_TOKENS: u64 = 256;
const NEW_TOKEN_MICROS: u64 = 10_000_000;
/// Addresses whose new tokens are counted.
const ADDRESSES: usize = 20_000;

/// Tokens that the back end accepted. A token counts as an identity only then: anybody can send any
/// token, and so frame whoever owns it.
#[derive(Debug, Default)]
pub(super) struct AcceptedTokens(Mutex<Accepted>);

#[derive(Debug, Default)]
struct Accepted {
    /// Each token with the first one of its session: frameworks that keep the session in the cookie
    /// renew its value with every response.
    first: HashMap<Digest, Digest, foldhash::fast::RandomState>,
    order: VecDeque<Digest>,
    /// When the last new token of each address counts as accepted: the further ahead of now, the more
    /// there were (GCRA, ITU-T I.371).
    paid_until: HashMap<ActorId, Micros>,
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

    /// The back end accepted a token of a request from `client`.
    pub(super) fn accept(&self, token: Token, client: IpAddr, now: Micros) {
        let mut accepted = self.0.lock();
        if !accepted.first.contains_key(&token.digest) && accepted.may_bring_more(client, now) {
            accepted.insert(token.digest, token.digest);
        }
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
    /// Counts a new token against its address.
    fn may_bring_more(&mut self, client: IpAddr, now: Micros) -> bool {
        let address = Actor::by_address(client).id();
        if self.paid_until.len() >= ADDRESSES {
            self.paid_until.retain(|_, until| *until > now);
        }
        if self.paid_until.len() >= ADDRESSES && !self.paid_until.contains_key(&address) {
            return false;
        }
        let until = self.paid_until.entry(address).or_insert(now);
        let next = (*until).max(now).plus(NEW_TOKEN_MICROS);
        let may = next <= now.plus(NEW_TOKENS * NEW_TOKEN_MICROS);
        if may {
            *until = next;
        }
        may
    }

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
        is_session(&String::from_utf8_lossy(name).to_ascii_lowercase())
    })
}

/// Whether a cookie of this name, in lower case, carries a session, by the names that frameworks give.
fn is_session(name: &str) -> bool {
    // A CSRF token is per form, not per session.
    if name.contains("csrf") || name.contains("xsrf") {
        return false;
    }
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    // `PHPSESSID`, `JSESSIONID`, `connect.sid`, `auth_token`, `mysession`.
    words.any(|word| SESSION_WORDS.contains(&word) || word.ends_with("sessid") || word.contains("session"))
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
        tokens.accept(bearer.unwrap(), client, Micros(1));
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
        tokens.accept(first, client, Micros(1));
        tokens.renewed(first, b"theme=dark", &key);
        tokens.renewed(first, b"session=b; Path=/; HttpOnly", &key);
        assert_eq!(tokens.actor(second, client), tokens.actor(Some(first), client));
    }

    #[test]
    fn finds_the_session_among_cookies() {
        let plain = token(&[("cookie", b"theme=dark; csrf_token=x; PHPSESSID=abc")]).unwrap();
        let other = token(&[("cookie", b"PHPSESSID=abc; theme=light")]).unwrap();
        assert_eq!(plain.digest, other.digest);
        for name in ["theme", "author", "sidebar", "csrf_token", "considered"] {
            assert!(!is_session(name), "{name}");
        }
        for name in ["connect.sid", "jsessionid", "auth_token", "asp.net_sessionid", "shop_session", "remember_web_1"] {
            assert!(is_session(name), "{name}");
        }
        assert_eq!(token(&[("x-api-key", b"k")]).unwrap().kind, ActorKind::ApiKey);
    }

    #[test]
    fn one_address_does_not_bring_any_number_of_identities() {
        let tokens = AcceptedTokens::default();
        let (client, other) = (IpAddr::from([198, 51, 100, 1]), IpAddr::from([198, 51, 100, 2]));
        let bearer = |n: u64| token(&[("authorization", format!("Bearer {n}").as_bytes())]).unwrap();
        let is_known = |n: u64| tokens.actor(Some(bearer(n)), client).token.is_some();
        for n in 0..1_000 {
            tokens.accept(bearer(n), client, Micros(1));
        }
        assert!(is_known(0) && is_known(NEW_TOKENS - 1) && !is_known(NEW_TOKENS));
        tokens.accept(bearer(1_000), other, Micros(1));
        assert!(is_known(1_000), "others are not held back");
        tokens.accept(bearer(1_001), client, Micros(1 + NEW_TOKEN_MICROS));
        tokens.accept(bearer(1_002), client, Micros(1 + NEW_TOKEN_MICROS));
        assert!(is_known(1_001) && !is_known(1_002), "but one more after a while");
    }
}
