//! The one canonical form in which requests are forwarded.
//!
//! What belongs to one hop was taken out ([`crate::hop`]); here goes in what this hop has to say.

use http::header::{CONTENT_LENGTH, HOST, HeaderName, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Version};

use super::client::X_FORWARDED_FOR;
use crate::hop::{self, HopFields, append_via};

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const CHUNKED: HeaderValue = HeaderValue::from_static("chunked");
const HTTP: HeaderValue = HeaderValue::from_static("http");
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
        append_via(headers, self.version);
        self.hop.write(headers);
    }

    fn write_framing(&self, headers: &mut HeaderMap) {
        if self.has_body && self.body.is_none() {
            headers.insert(TRANSFER_ENCODING, CHUNKED);
            return;
        }
        if headers.contains_key(TRAILER) {
            hop::retain(headers, |name, _| *name != TRAILER);
        }
        let is_plain = |value: &HeaderValue| value.len() == 1 || value.as_bytes()[0] != b'0';
        if headers.get(CONTENT_LENGTH).is_some_and(|value| !is_plain(value)) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.unwrap_or(0)));
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
