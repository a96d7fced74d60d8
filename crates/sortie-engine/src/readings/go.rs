//! Go's `url.Parse` and the `Hostname` and `Port` of its result.
//!
//! As in Go 1.19.8 (`src/net/url/url.go`). An authority `:80` has no host name; a client of Go dials
//! localhost then.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::port::is_digits;
use super::{Port, Reading, split};

pub(super) fn read(text: &str) -> Reading {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    if url.bytes().any(|b| b.is_ascii_control()) || !split::escapes_are_whole(fragment) {
        return Reading::Rejected;
    }
    let Some((has_scheme, rest)) = scheme(url) else { return Reading::Rejected };
    let rest = rest.split('?').next().unwrap_or_default();
    if !rest.starts_with('/') {
        // Without a scheme `a:b/c` could be taken for a URL with one.
        let is_ambiguous = rest.split('/').next().unwrap_or_default().contains(':');
        let is_right = has_scheme || (!is_ambiguous && split::escapes_are_whole(rest));
        return if is_right { Reading::NoHost } else { Reading::Rejected };
    }
    let hierarchical = rest.strip_prefix("//").filter(|_| has_scheme || !rest.starts_with("///"));
    let (authority, path) = hierarchical.map_or(("", rest), |rest| split::before(rest, &['/']));
    match host_and_port(authority) {
        Some(host) if split::escapes_are_whole(path) => {
            let (name, port) = parted(&host);
            Reading::of_nonempty(name, Port::of(port))
        }
        _ => Reading::Rejected,
    }
}

/// Whether there is a scheme, and what follows it; nothing where only its name is missing.
fn scheme(url: &str) -> Option<(bool, &str)> {
    let end = url.bytes().position(|b| !split::is_scheme_byte(b));
    match url.split_at(end.unwrap_or(url.len())) {
        ("", rest) if rest.starts_with(':') => None,
        (scheme, rest) if rest.starts_with(':') && split::is_scheme(scheme) => Some((true, &rest[1..])),
        _ => Some((false, url)),
    }
}

/// Checks an authority and decodes what follows its userinfo.
fn host_and_port(authority: &str) -> Option<Cow<'_, str>> {
    let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if !userinfo.bytes().all(is_userinfo) || !split::escapes_are_whole(userinfo) {
        return None;
    }
    let (literal, rest) = if host.starts_with('[') { host.split_at(host.rfind(']')?) } else { ("", host) };
    let port = if literal.is_empty() { rest.rfind(':').map_or("", |colon| &rest[colon..]) } else { &rest[1..] };
    let (address, zone) = literal.split_at(literal.find("%25").unwrap_or(literal.len()));
    let in_host = |escape: u8| !escape.is_ascii() || escape == b'%';
    let in_zone = |escape: u8| matches!(escape, b'%' | b' ') || (escape.is_ascii() && is_host_byte(escape));
    let is_right =
        is_optional_port(port) && is_host(address, in_host) && is_host(zone, in_zone) && is_host(rest, in_host);
    is_right.then(|| percent_decode_str(host).decode_utf8_lossy())
}

fn is_userinfo(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b)
}

/// Whether all bytes may stand in a host, plain or, where `may_be_escaped`, as an escape.
fn is_host(text: &str, may_be_escaped: impl Fn(u8) -> bool) -> bool {
    let mut pieces = text.split('%');
    pieces.next().unwrap_or_default().bytes().all(is_host_byte)
        && pieces.all(|piece| {
            let escape = piece.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            byte.is_some_and(&may_be_escaped) && piece[2..].bytes().all(is_host_byte)
        })
}

fn is_host_byte(b: u8) -> bool {
    !b.is_ascii() || b.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&b)
}

fn is_optional_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(is_digits)
}

/// Parts a decoded host from a port that is one, and takes its brackets off.
fn parted(host: &str) -> (&str, &str) {
    let (name, port) = host.rsplit_once(':').filter(|(_, port)| is_digits(port)).unwrap_or((host, ""));
    (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
}
