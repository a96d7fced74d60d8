//! RFC 3986 by the regular expression of its Appendix B, which takes any text apart.
//!
//! Userinfo ends at the last `@`, and the host at the first colon behind it; a host in brackets
//! (§3.2.2) ends at the bracket. Followed to the letter, which means: nothing is refused, decoded,
//! trimmed or made lower case, and neither host nor port is checked.

use super::{Port, Reading, split};

pub(super) fn read(text: &str) -> Reading {
    let is_scheme = |scheme: &str| !scheme.is_empty() && !scheme.contains(['/', '?', '#']);
    let hierarchical = split::scheme(text, is_scheme).map_or(text, |(_, rest)| rest);
    let Some(rest) = hierarchical.strip_prefix("//") else { return Reading::NoHost };
    let (authority, _) = split::before(rest, &['/', '?', '#']);
    let (host, port) = host_and_port(split::after_last_at(authority));
    Reading::of(host, Port::of(port))
}

fn host_and_port(text: &str) -> (&str, &str) {
    if let Some(end) = text.find(']').filter(|_| text.starts_with('[')) {
        let (literal, rest) = text.split_at(end + 1);
        if rest.is_empty() {
            return (literal, "");
        }
        if let Some(port) = rest.strip_prefix(':') {
            return (literal, port);
        }
    }
    text.split_once(':').unwrap_or((text, ""))
}
