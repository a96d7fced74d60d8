//! Header fields that belong to one hop (RFC 9110 §7.6.1), and `Via`.

use http::header::{CONNECTION, EXPECT, HeaderName, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE, VIA};
use http::{HeaderMap, HeaderValue};
use smallvec::SmallVec;

/// What this door calls itself in `Via` and `Proxy-Status`.
const PSEUDONYM: &str = "sortie";
const OWN_VIA: HeaderValue = HeaderValue::from_static("1.1 sortie");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Removes what is meant for the next hop only, with the fields that `Connection` names. The
/// request of an upgrade is passed on where `keep_upgrade`; `TE: trailers` always is.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap, keep_upgrade: bool) {
    for name in named_by_connection(headers) {
        if !(keep_upgrade && name == UPGRADE) && name != TE {
            headers.remove(name);
        }
    }
    let wants_trailers = headers.get_all(TE).iter().any(|value| contains_token(value, "trailers"));
    for name in [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, EXPECT] {
        headers.remove(name);
    }
    if wants_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if !keep_upgrade {
        headers.remove(UPGRADE);
    } else if headers.contains_key(UPGRADE) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

/// Whether a message asks for an upgrade, or agrees to one.
pub(super) fn asks_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) && headers.get_all(CONNECTION).iter().any(|value| contains_token(value, "upgrade"))
}

/// How often `Via` names this installation.
pub(super) fn passages(headers: &HeaderMap) -> usize {
    let hops = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    hops.filter(|hop| hop.split_whitespace().nth(1) == Some(PSEUDONYM)).count()
}

/// Adds this door to `Via`, after those that a message has passed already.
pub(super) fn append_via(headers: &mut HeaderMap) {
    headers.append(VIA, OWN_VIA);
}

fn named_by_connection(headers: &HeaderMap) -> SmallVec<[HeaderName; 4]> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect()
}

fn contains_token(value: &HeaderValue, token: &str) -> bool {
    value.to_str().is_ok_and(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|&(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    fn stripped(fields: &[(&'static str, &'static str)], keep_upgrade: bool) -> Vec<String> {
        let mut headers = headers(fields);
        strip_hop_by_hop(&mut headers, keep_upgrade);
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn removes_what_belongs_to_one_hop() {
        let fields = [
            ("connection", "keep-alive, X-Private"),
            ("x-private", "1"),
            ("proxy-authorization", "Basic eA=="),
            ("proxy-connection", "keep-alive"),
            ("expect", "100-continue"),
            ("upgrade", "h2c"),
            ("accept", "*/*"),
        ];
        assert_eq!(stripped(&fields, false), ["accept: */*"]);
    }

    #[test]
    fn passes_an_upgrade_and_trailers_on() {
        let fields = [("connection", "Upgrade, TE"), ("upgrade", "websocket"), ("te", "trailers, deflate")];
        assert!(asks_upgrade(&headers(&fields)));
        assert_eq!(stripped(&fields, true), ["upgrade: websocket", "te: trailers", "connection: upgrade"]);
        assert!(!asks_upgrade(&headers(&[("upgrade", "websocket")])));
    }

    #[test]
    fn counts_its_own_name_in_via() {
        let mut headers = headers(&[("via", "1.1 sortie, 1.0 squid (sortie), HTTP/1.1 sortie")]);
        assert_eq!(passages(&headers), 2);
        append_via(&mut headers);
        assert_eq!(passages(&headers), 3);
    }
}
