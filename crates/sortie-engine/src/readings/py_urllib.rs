//! Python's `urllib.parse.urlsplit` and the `hostname` and `port` of its result.
//!
//! As in CPython 3.11.7 (`Lib/urllib/parse.py`; addresses in brackets by `Lib/ipaddress.py`). Where
//! `port` raises an error, `hostname` is there nonetheless: the port reads as invalid.

use super::{Port, Reading, ipv6, nfkc, split};

pub(super) fn read(text: &str) -> Reading {
    let trimmed = text.trim_start_matches(|c| c <= ' ');
    let clean = trimmed.replace(['\t', '\r', '\n'], "");
    let hierarchical = split::scheme(&clean, split::is_scheme).map_or(&*clean, |(_, rest)| rest);
    let Some(rest) = hierarchical.strip_prefix("//") else { return Reading::NoHost };
    let (authority, _) = split::before(rest, &['/', '?', '#']);
    if !brackets_are_right(authority) || nfkc::has_any_delimiter(authority) {
        return Reading::Rejected;
    }
    let (host, port) = host_and_port(split::after_last_at(authority));
    Reading::of_nonempty(lower(host), Port::of(port))
}

/// Both brackets or none, and an address between the first pair, be it in the userinfo.
fn brackets_are_right(authority: &str) -> bool {
    match (authority.split_once('['), authority.contains(']')) {
        (None, false) => true,
        (Some((_, after)), true) => is_bracketed_host(after.split(']').next().unwrap_or_default()),
        _ => false,
    }
}

fn is_bracketed_host(text: &str) -> bool {
    if let Some(future) = text.strip_prefix('v') {
        let parts = future.split_once('.');
        return parts.is_some_and(|(version, address)| {
            !version.is_empty() && version.bytes().all(|b| b.is_ascii_hexdigit()) && !address.is_empty()
        });
    }
    let (address, zone) = text.split_once('%').unwrap_or((text, "1"));
    !zone.is_empty() && !zone.contains('%') && ipv6::is_address(address, ipv6::is_strict_octet)
}

/// A bracket opens a host wherever it stands; what follows its end up to a colon is passed over.
fn host_and_port(text: &str) -> (&str, &str) {
    match text.split_once('[') {
        Some((_, bracketed)) => {
            let (host, after) = bracketed.split_once(']').unwrap_or((bracketed, ""));
            (host, after.split_once(':').map_or("", |(_, port)| port))
        }
        None => text.split_once(':').unwrap_or((text, "")),
    }
}

/// In lower case, but for the zone of an address.
fn lower(host: &str) -> String {
    match host.split_once('%') {
        Some((host, zone)) => format!("{}%{zone}", host.to_lowercase()),
        None => host.to_lowercase(),
    }
}
