//! Java's `java.net.URI`, its `getHost()` and `getPort()`.
//!
//! As in OpenJDK 17 (`java.base/java/net/URI.java`), after RFC 2396: an authority that is no
//! `user@host:port` may still be a registry's name, and then the URL is taken and has no host.

use super::port::is_digits;
use super::{Port, Reading, ipv6, split};

/// Punctuation in userinfo, beside letters, digits and escapes.
const USERINFO: &[u8] = b"-_.!~*'();:&=+$,";
/// The same in a path.
const PATH: &[u8] = b"-_.!~*'():@&=+$,;/";
/// The same in a registry's name.
const REGISTRY: &[u8] = b"-_.!~*'()$,;:@&=+";
/// The same in a query, a fragment and an opaque part.
const ANY: &[u8] = b"-_.!~*'();/?:@&=+$,[]";

pub(super) fn read(text: &str) -> Reading {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let colon = url.find(['/', '?', ':']).filter(|&at| url[at..].starts_with(':'));
    let hierarchical = match colon.map(|at| (&url[..at], &url[at + 1..])) {
        Some((scheme, _)) if !split::is_scheme(scheme) => return Reading::Rejected,
        Some((_, rest)) if !rest.starts_with('/') => {
            let is_right = !rest.is_empty() && is_of(rest, ANY) && is_of(fragment, ANY);
            return if is_right { Reading::NoHost } else { Reading::Rejected };
        }
        Some((_, rest)) => rest,
        None => url,
    };
    let (path, query) = hierarchical.split_once('?').unwrap_or((hierarchical, ""));
    let (authority, path) = path.strip_prefix("//").map_or(("", path), |rest| split::before(rest, &['/']));
    // An empty authority is right before anything at all.
    let ends_early = hierarchical == "//" && !text.contains('#');
    if ends_early || !is_of(path, PATH) || !is_of(query, ANY) || !is_of(fragment, ANY) {
        return Reading::Rejected;
    }
    if authority.is_empty() {
        return Reading::NoHost;
    }
    match server(authority) {
        Some((host, port)) => Reading::of(host, port),
        None if is_of(authority, REGISTRY) => Reading::NoHost,
        None => Reading::Rejected,
    }
}

/// Host and port of an authority that names a server.
fn server(authority: &str) -> Option<(&str, Port)> {
    let (userinfo, rest) = authority.split_once('@').unwrap_or(("", authority));
    if !is_of(userinfo, USERINFO) {
        return None;
    }
    let end = if rest.starts_with('[') { rest.find(']')? + 1 } else { rest.find(':').unwrap_or(rest.len()) };
    let (host, after) = rest.split_at(end);
    let is_right = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(literal) => is_v6_literal(literal),
        None => is_v4(host) || is_hostname(host),
    };
    is_right.then_some((host, port(after)?))
}

/// Digits that fit into an `int`, or none.
fn port(after: &str) -> Option<Port> {
    let Some(digits) = after.strip_prefix(':') else { return after.is_empty().then_some(Port::Default) };
    (digits.is_empty() || is_digits(digits) && digits.parse::<i32>().is_ok()).then(|| Port::of(digits))
}

fn is_v6_literal(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "1"));
    let is_zone = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
    ipv6::is_address(address, ipv6::is_padded_octet) && !zone.is_empty() && zone.bytes().all(is_zone)
}

fn is_v4(host: &str) -> bool {
    host.split('.').count() == 4 && host.split('.').all(ipv6::is_padded_octet)
}

/// Labels of letters, digits and inner hyphens, perhaps with a dot behind the last one, which begins
/// with a letter unless it is the only one.
fn is_hostname(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.split('.').all(is_label) && (last.len() == name.len() || last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Letters, digits, these, whole escapes, and what is visible outside of ASCII.
fn is_of(text: &str, punctuation: &[u8]) -> bool {
    let is_right = |c: char| match u8::try_from(c) {
        Ok(b) if b.is_ascii() => b == b'%' || b.is_ascii_alphanumeric() || punctuation.contains(&b),
        _ => !c.is_control() && !c.is_whitespace(),
    };
    text.chars().all(is_right) && split::escapes_are_whole(text)
}
