//! libcurl's URL API (`curl_url_set`), with the flags of the `curl` command: a text without a scheme
//! is read as a host, and any scheme is taken.
//!
//! As in libcurl 7.88.1 (`lib/urlapi.c`) with glibc's `inet_pton` and `inet_ntop`. Not followed: the
//! limit of eight million bytes. A text with a zero byte is refused, for C hands over no such text.

use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use sortie_model::address::inet_aton;

use super::{Port, Reading, split};

/// Length of the longest scheme in bytes.
const SCHEME: usize = 40;
/// What no host holds after decoding.
const NOT_IN_HOST: &[u8] = b" \r\n\t/:#?!@{}[]\\$'\"^`*<>=;,+&()";
/// Longest zone of an address in bytes.
const ZONE: usize = 15;

pub(super) fn read(text: &str) -> Reading {
    if text.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return Reading::Rejected;
    }
    // Unlike others it lets a scheme begin with a digit, a sign or a dot.
    let is_scheme = |scheme: &str| (1..=SCHEME).contains(&scheme.len()) && scheme.bytes().all(split::is_scheme_byte);
    let (authority, has_scheme) = match split::scheme(text, is_scheme).filter(|(_, rest)| rest.starts_with('/')) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => return file(rest),
        Some((_, rest)) => {
            let after = rest.trim_start_matches('/');
            if rest.len() - after.len() > 3 {
                return Reading::Rejected;
            }
            (split::before(after, &['/', '?', '#']).0, true)
        }
        None => (split::before(text, &['/', '?', '#']).0, false),
    };
    host_and_port(authority, has_scheme).map_or(Reading::Rejected, |(host, port)| Reading::of(host, port))
}

/// A file is local, and not on a drive of Windows.
fn file(rest: &str) -> Reading {
    let path = match rest.strip_prefix("//") {
        Some(after) if after.starts_with('/') => after,
        Some(after) if is_drive(after) => after,
        Some(after) => match after.get(..10).map(str::to_ascii_lowercase).as_deref() {
            Some("localhost/" | "127.0.0.1/") => &after[9..],
            _ => return Reading::Rejected,
        },
        None => rest,
    };
    let is_windows = is_drive(path) || path.strip_prefix('/').is_some_and(is_drive);
    if rest == "/" || is_windows { Reading::Rejected } else { Reading::NoHost }
}

fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':' | b'|'] | [letter, b':' | b'|', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Userinfo ends at the first `@`.
fn host_and_port(authority: &str, has_scheme: bool) -> Option<(String, Port)> {
    let rest = authority.split_once('@').map_or(authority, |(_, rest)| rest);
    let end = if rest.starts_with('[') { rest.find(']')? + 1 } else { rest.find(':').unwrap_or(rest.len()) };
    let (host, after) = rest.split_at(end);
    let port = port(after, has_scheme)?;
    let host = match (host.strip_prefix('['), inet_aton(host)) {
        (Some(literal), _) => v6_literal(literal.strip_suffix(']')?)?,
        (None, Some(address)) => address.to_string(),
        (None, None) => name(host)?,
    };
    Some((host, port))
}

/// A colon without a port is right only behind a scheme, which it could be taken for.
fn port(after: &str, has_scheme: bool) -> Option<Port> {
    let Some(digits) = after.strip_prefix(':') else { return after.is_empty().then_some(Port::Default) };
    match Port::of(digits) {
        Port::Default if !has_scheme => None,
        Port::Invalid => None,
        port => Some(port),
    }
}

/// A name, escapes decoded. Bytes beyond ASCII pass, whether they are text or not.
fn name(host: &str) -> Option<String> {
    let decoded = percent_decode_str(host).collect::<Vec<u8>>();
    let is_right = |b: &u8| *b >= 0x20 && !NOT_IN_HOST.contains(b);
    let is_name = !decoded.is_empty() && decoded.iter().all(is_right);
    is_name.then(|| String::from_utf8_lossy(&decoded).into_owned())
}

/// An address in brackets without its zone. Its shortest form is written over the text, so only where
/// it is shorter.
fn v6_literal(literal: &str) -> Option<String> {
    let (text, zone) = literal.split_once('%').map_or((literal, None), |(text, zone)| (text, Some(zone)));
    let address = text.parse::<Ipv6Addr>().ok()?;
    if zone.is_some_and(|zone| !is_zone(zone)) {
        return None;
    }
    let short = inet_ntop(address);
    Some(format!("[{}]", if short.len() < text.len() { &short } else { text }))
}

fn is_zone(zone: &str) -> bool {
    let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
    (1..=ZONE).contains(&zone.len())
}

/// As glibc writes an address: unlike Rust, with the last four bytes of an IPv4-compatible one in
/// decimal.
fn inet_ntop(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            format!("::{}", Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_string(),
    }
}
