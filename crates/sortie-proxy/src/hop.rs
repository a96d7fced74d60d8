//! Header fields that belong to one hop (RFC 9110 §7.6.1), and `Via`.
//!
//! They are taken out, so that no field can mean something else to the next reader than to the
//! door. The order of the other fields stays.

use http::header::{CONNECTION, HeaderName, TE, UPGRADE, VIA};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri, Version};
use smallvec::SmallVec;

/// What the doors call themselves in `Via`.
const PSEUDONYM: &str = "sortie";
const VIA_NEW: HeaderValue = HeaderValue::from_static("1.1 sortie");
const VIA_OLD: HeaderValue = HeaderValue::from_static("1.0 sortie");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");
const UPGRADE_TOKEN: HeaderValue = HeaderValue::from_static("upgrade");
const TE_TOKEN: HeaderValue = HeaderValue::from_static("te");

/// How often a request may have passed a door already: a door whose other side is a door is fine, one
/// whose other side is itself is not.
pub(crate) const LOOP_LIMIT: usize = 4;

type Names = SmallVec<[HeaderName; 4]>;

/// What a head said to this hop alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HopFields {
    /// The protocols of an upgrade that is asked for, or granted.
    pub(crate) upgrade: Option<HeaderValue>,
    /// Whether the sender takes trailers.
    pub(crate) takes_trailers: bool,
}

impl HopFields {
    /// Takes out of a request's or a response's fields what belongs to this hop.
    pub(crate) fn take(headers: &mut HeaderMap) -> Self {
        if !headers.keys().any(is_hop_field) {
            return Self::default();
        }
        let named = named_by_connection(headers);
        let upgrade = headers.get(UPGRADE).filter(|_| named.contains(&UPGRADE)).and_then(forwarded);
        let takes_trailers = headers.get_all(TE).iter().any(|value| has_token(value, "trailers"));
        retain(headers, |name, value| !is_of_hop(name, value, &named));
        Self { upgrade, takes_trailers }
    }

    /// Says the same to the next hop.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Some(protocols) = &self.upgrade {
            headers.insert(CONNECTION, UPGRADE_TOKEN);
            headers.insert(UPGRADE, protocols.clone());
        }
        if self.takes_trailers {
            headers.append(CONNECTION, TE_TOKEN);
            headers.insert(TE, TRAILERS);
        }
    }
}

/// The origin form of a target; the authority of an absolute one is that of `Host`.
pub(crate) fn origin_form(uri: Uri) -> Uri {
    if uri.scheme().is_none() && uri.authority().is_none() {
        return uri;
    }
    let target = uri.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
    Uri::from(target)
}

/// Adds this door to `Via`, after those that a message has passed already. `version` is that in
/// which it came.
pub(crate) fn append_via(headers: &mut HeaderMap, version: Version) {
    headers.append(VIA, if version == Version::HTTP_10 { VIA_OLD } else { VIA_NEW });
}

/// How often `Via` names a door.
pub(crate) fn passages(headers: &HeaderMap) -> usize {
    let hops = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    hops.filter(|hop| hop.split_whitespace().nth(1) == Some(PSEUDONYM)).count()
}

/// The protocols of an upgrade that are passed on. HTTP/2 is not: its streams would go past the
/// inspection, and not to upgrade is always right.
fn forwarded(protocols: &HeaderValue) -> Option<HeaderValue> {
    let is_http2 = |protocol: &&[u8]| protocol.get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case(b"h2"));
    let all = protocols.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let left: Vec<&[u8]> = all.filter(|protocol| !protocol.is_empty() && !is_http2(protocol)).collect();
    // Parts of a value make a value.
    HeaderValue::from_bytes(&left.join(&b", "[..])).ok().filter(|value| !value.is_empty())
}

/// Names of fields that belong to one hop, whatever `Connection` says. `Trailer` stays: it
/// announces what stands behind chunks.
fn is_hop_field(name: &HeaderName) -> bool {
    match name.as_str() {
        "connection" | "keep-alive" | "te" | "transfer-encoding" | "upgrade" | "http2-settings" | "expect" => true,
        name => name.starts_with("proxy-"),
    }
}

fn is_of_hop(name: &HeaderName, value: &HeaderValue, named: &Names) -> bool {
    match name.as_str() {
        "expect" => value.as_bytes().eq_ignore_ascii_case(b"100-continue"),
        // What frames and routes a message is never taken out, whoever names it; nor is of an answer
        // the far end's own challenge, and how it got there.
        "host" | "content-length" | "proxy-authenticate" | "proxy-authentication-info" | "proxy-status" => false,
        _ => is_hop_field(name) || named.contains(name),
    }
}

fn named_by_connection(headers: &HeaderMap) -> Names {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect()
}

fn has_token(value: &HeaderValue, token: &str) -> bool {
    value.to_str().is_ok_and(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
}

/// Keeps some fields, in their order: `HeaderMap::remove` would put the last one into the gap.
pub(crate) fn retain(headers: &mut HeaderMap, mut keep: impl FnMut(&HeaderName, &HeaderValue) -> bool) {
    let all = std::mem::take(headers);
    headers.reserve(all.len() + 4);
    let mut last: Option<HeaderName> = None;
    for (name, value) in all {
        // Further values of a field come without its name.
        let name = match name {
            Some(name) => last.insert(name),
            None => match &mut last {
                Some(name) => name,
                None => continue,
            },
        };
        if keep(name, &value) {
            headers.append(name.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    fn texts(headers: &HeaderMap) -> Vec<String> {
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    fn taken(fields: &[(&'static str, &'static str)]) -> (Vec<String>, HopFields) {
        let mut headers = headers(fields);
        let hop = HopFields::take(&mut headers);
        (texts(&headers), hop)
    }

    #[test]
    fn what_belongs_to_one_hop_is_taken_out_and_the_order_stays() {
        let (left, hop) = taken(&[
            ("host", "a"),
            ("connection", "keep-alive, X-Private, Host, Content-Length"),
            ("accept", "1"),
            ("x-private", "secret"),
            ("accept", "2"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic eA=="),
            ("te", "gzip"),
            ("content-length", "3"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("expect", "100-Continue"),
            ("x-last", "1"),
        ]);
        assert_eq!(left, ["host: a", "accept: 1", "accept: 2", "content-length: 3", "x-last: 1"]);
        assert_eq!(hop, HopFields::default());
    }

    #[test]
    fn an_upgrade_and_trailers_are_said_again() {
        let (_, hop) = taken(&[("connection", "Upgrade, TE"), ("upgrade", "websocket"), ("te", "trailers, deflate")]);
        let mut next = HeaderMap::new();
        hop.write(&mut next);
        assert_eq!(texts(&next), ["connection: upgrade", "connection: te", "upgrade: websocket", "te: trailers"]);
    }

    #[test]
    fn no_upgrade_goes_past_the_inspection() {
        let fields = [("connection", "upgrade, http2-settings"), ("upgrade", "h2c"), ("http2-settings", "AA")];
        assert_eq!(taken(&fields), (Vec::new(), HopFields::default()));
        let mixed = taken(&[("connection", "upgrade"), ("upgrade", "websocket, h2c,H2")]).1;
        assert_eq!(mixed.upgrade, Some(HeaderValue::from_static("websocket")));
        assert_eq!(taken(&[("upgrade", "websocket")]).1.upgrade, None, "the connection does not say so");
    }

    #[test]
    fn a_challenge_of_the_far_end_stays() {
        assert_eq!(taken(&[("connection", "close"), ("proxy-authenticate", "Basic")]).0, ["proxy-authenticate: Basic"]);
    }

    #[test]
    fn doors_are_counted_in_via() {
        let mut headers = headers(&[("via", "1.1 sortie, 1.0 squid (sortie), HTTP/1.1 sortie")]);
        assert_eq!(passages(&headers), 2);
        append_via(&mut headers, Version::HTTP_10);
        assert_eq!((passages(&headers), headers.get_all(VIA).iter().next_back().unwrap()), (3, &VIA_OLD));
    }
}
