//! Python's `urllib3.util.parse_url`.
//!
//! As in urllib3 2.7.0 (`src/urllib3/util/url.py`) with the package `idna` 3.13 beside it; what is
//! not followed of the latter stands at [`a_labels::idna2008`]. A text without a scheme is read as
//! if `//` stood before it.

use super::{Port, Reading, a_labels, ipv6, split};

pub(super) fn read(text: &str) -> Reading {
    if text.is_empty() {
        return Reading::NoHost;
    }
    let (scheme, rest) = match split::scheme(text, split::is_scheme) {
        // A dot is right in a scheme, but no sign that there is one.
        Some((scheme, rest)) if !scheme.contains('.') => (Some(scheme), rest),
        _ => (None, text),
    };
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest,
        None if scheme.is_none() && !text.starts_with('/') => text,
        None => return Reading::NoHost,
    };
    let (authority, _) = split::before(rest, &['\\', '/', '?', '#']);
    if authority.is_empty() {
        return Reading::NoHost;
    }
    let is_web = scheme.is_none_or(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https"));
    match host_and_port(split::after_last_at(authority)) {
        Some((host, port)) if is_web => normal(host).map_or(Reading::Rejected, |host| Reading::of(host, port)),
        Some((host, port)) => Reading::of(host, port),
        None => Reading::Rejected,
    }
}

/// Host and port, if they are right.
fn host_and_port(text: &str) -> Option<(&str, Port)> {
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at(end);
    let is_right = if host.starts_with('[') { is_v6_literal(host) } else { is_reg_name(host) };
    is_right.then_some((host, port(rest)?))
}

/// A colon and a number in range, or less of that. A line break at the end is let pass, for the
/// regular expression ends in `$`.
fn port(rest: &str) -> Option<Port> {
    let rest = rest.strip_suffix('\n').unwrap_or(rest);
    if rest.is_empty() {
        return Some(Port::Default);
    }
    match Port::of(rest.strip_prefix(':')?) {
        Port::Invalid => None,
        port => Some(port),
    }
}

fn is_reg_name(text: &str) -> bool {
    !text.contains(['[', ']']) && split::escapes_are_whole(text)
}

/// `[address%zone]`; the bytes of an embedded IPv4 address may be any three digits.
fn is_v6_literal(text: &str) -> bool {
    let inner = &text[1..text.len() - 1];
    let (address, zone) = inner.split_once('%').unwrap_or((inner, "1"));
    let is_octet = |text: &str| matches!(text.len(), 1..=3) && text.bytes().all(|b| b.is_ascii_digit());
    let zone_letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~' | b'%');
    // The escaped `%25` introduces a zone too.
    let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
    ipv6::is_address(address, is_octet)
        && !zone.is_empty()
        && zone.bytes().all(zone_letters)
        && split::escapes_are_whole(zone)
}

/// The host of a web URL: lower case, zones and names normalised.
fn normal(host: &str) -> Option<String> {
    if let Some(inner) = host.strip_prefix('[') {
        let Some((address, zone)) = inner.split_once('%') else { return Some(host.to_ascii_lowercase()) };
        let zone = zone.strip_prefix("25").filter(|zone| *zone != "]").unwrap_or(zone);
        return Some(format!("[{}%{}", address.to_ascii_lowercase(), upper_escapes(zone)));
    }
    let labels: Option<Vec<String>> = host.split('.').map(label).collect();
    labels.map(|labels| labels.join("."))
}

fn label(text: &str) -> Option<String> {
    if text.is_ascii() { Some(text.to_ascii_lowercase()) } else { a_labels::idna2008(&text.to_lowercase()) }
}

fn upper_escapes(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut upper = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        upper.push('%');
        upper += &digits.to_ascii_uppercase();
        upper += rest;
    }
    upper
}
