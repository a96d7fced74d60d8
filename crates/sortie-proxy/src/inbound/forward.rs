//! The one canonical form in which heads are forwarded.
//!
//! Everything that belongs to one hop is taken out (RFC 9110 §7.6.1), so that no field can mean
//! something else to the back end than to this door, and what this hop has to say is put in. The
//! order of the other fields stays.

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri, Version};
use smallvec::SmallVec;

use super::client::X_FORWARDED_FOR;

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const VIA_NEW: HeaderValue = HeaderValue::from_static("1.1 sortie");
const VIA_OLD: HeaderValue = HeaderValue::from_static("1.0 sortie");
const CHUNKED: HeaderValue = HeaderValue::from_static("chunked");
const HTTP: HeaderValue = HeaderValue::from_static("http");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");
const UPGRADE_TOKEN: HeaderValue = HeaderValue::from_static("upgrade");

type Names = SmallVec<[HeaderName; 4]>;

/// What a head said to this hop alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HopFields {
    /// The protocols of an upgrade that is asked for, or granted.
    pub(super) upgrade: Option<HeaderValue>,
    /// Whether the sender takes trailers.
    pub(super) takes_trailers: bool,
}

/// Takes out of a request's or a response's fields what belongs to this hop.
pub(super) fn take_hop_fields(headers: &mut HeaderMap) -> HopFields {
    if !headers.keys().any(is_hop_field) {
        return HopFields::default();
    }
    let named = named_by_connection(headers);
    let upgrade =
        headers.get(UPGRADE).filter(|_| named.contains(&UPGRADE)).filter(|value| is_forwarded(value)).cloned();
    let takes_trailers = headers.get_all(TE).iter().any(|value| has_token(value, "trailers"));
    retain(headers, |name, value| !is_of_hop(name, value, &named));
    HopFields { upgrade, takes_trailers }
}

/// Where a request goes on to.
pub(super) struct Onward<'a> {
    /// What is known of the body: its length, or `None` for chunks.
    pub(super) body: Option<u64>,
    pub(super) has_body: bool,
    pub(super) hop: &'a HopFields,
    /// The version in which it came.
    pub(super) version: Version,
    /// The peer, as text.
    pub(super) peer: &'a HeaderValue,
    /// Whether the peer's word about the client's scheme is taken.
    pub(super) is_trusted: bool,
    /// The authority for a request that names none.
    pub(super) authority: &'a HeaderValue,
}

impl Onward<'_> {
    /// Puts into a request's fields what this hop says.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        self.write_framing(headers);
        if !headers.contains_key(HOST) {
            headers.insert(HOST, self.authority.clone());
        }
        let forwarded_for = appended(headers, self.peer);
        headers.insert(X_FORWARDED_FOR, forwarded_for);
        if !self.is_trusted || !headers.contains_key(X_FORWARDED_PROTO) {
            headers.insert(X_FORWARDED_PROTO, HTTP);
        }
        headers.append(VIA, if self.version == Version::HTTP_10 { VIA_OLD } else { VIA_NEW });
        write_upgrade(headers, self.hop.upgrade.as_ref());
        if self.hop.takes_trailers {
            headers.append(CONNECTION, HeaderValue::from_static("te"));
            headers.insert(TE, TRAILERS);
        }
    }

    fn write_framing(&self, headers: &mut HeaderMap) {
        if self.has_body && self.body.is_none() {
            headers.insert(TRANSFER_ENCODING, CHUNKED);
            return;
        }
        if headers.contains_key(TRAILER) {
            retain(headers, |name, _| *name != TRAILER);
        }
        let is_plain = |value: &HeaderValue| value.len() == 1 || value.as_bytes()[0] != b'0';
        if headers.get(CONTENT_LENGTH).is_some_and(|value| !is_plain(value)) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.unwrap_or(0)));
        }
    }
}

/// Puts the fields of an upgrade back in.
pub(super) fn write_upgrade(headers: &mut HeaderMap, upgrade: Option<&HeaderValue>) {
    if let Some(protocols) = upgrade {
        headers.insert(CONNECTION, UPGRADE_TOKEN);
        headers.insert(UPGRADE, protocols.clone());
    }
}

/// The origin form of a target; the authority of an absolute one is that of `Host`.
pub(super) fn origin_form(uri: Uri) -> Uri {
    if uri.scheme().is_none() && uri.authority().is_none() {
        return uri;
    }
    let target = uri.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
    Uri::from(target)
}

/// Whether an upgrade is passed on. HTTP/2 is not: its streams would go past the inspection, and
/// not to upgrade is always right.
fn is_forwarded(protocols: &HeaderValue) -> bool {
    !protocols.as_bytes().to_ascii_lowercase().starts_with(b"h2")
}

/// Names of fields that belong to one hop, whatever `Connection` says. `Trailer` stays with chunks:
/// it announces what stands behind them.
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
        // the back end's own challenge to its client, and how it got there.
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
fn retain(headers: &mut HeaderMap, mut keep: impl FnMut(&HeaderName, &HeaderValue) -> bool) {
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

/// The value of `X-Forwarded-For` with the peer at its end.
fn appended(headers: &HeaderMap, peer: &HeaderValue) -> HeaderValue {
    let mut lines = headers.get_all(X_FORWARDED_FOR).iter().peekable();
    if lines.peek().is_none() {
        return peer.clone();
    }
    let mut joined = Vec::with_capacity(64);
    for line in lines {
        joined.extend_from_slice(line.as_bytes());
        joined.extend_from_slice(b", ");
    }
    joined.extend_from_slice(peer.as_bytes());
    // Parts that were values make a value.
    HeaderValue::from_bytes(&joined).unwrap_or_else(|_| peer.clone())
}

#[cfg(test)]
mod tests;
