//! URLs of the schemes that WHATWG calls special: `http`, `https`, `ws`, `wss`, `ftp`.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;
use sortie_model::address::loose_v4;
use sortie_model::{CandidateKind, Host, Scheme, limits};
use url::{Position, Url};

use super::{Reading, is_slash, others, plain};
use crate::extract::authority::{self, Authority};
use crate::extract::host::{Trust, is_host};

/// Other hosts kept of one text.
pub(super) const OTHERS: usize = 8;
/// Longest authority, and with it userinfo, that is given to the parser; it takes long over longer
/// ones.
const AUTHORITY: usize = 4096;

/// Reads a URL; `rest` is what follows its scheme's colon. One slash or none is enough, and a
/// backslash is a slash.
pub(super) fn read<'a>(scheme: Scheme, text: &'a str, rest: &'a str) -> Option<Reading<'a>> {
    if let Some(reading) = plain::read(&scheme, text, rest) {
        return Some(reading);
    }
    let clean = without_breaks(rest);
    let hierarchical = clean.trim_start_matches(is_slash);
    let (raw, _) = authority::whatwg(hierarchical);
    let written = Authority::of(raw);
    // `http:8080` and `https:yes` are pairs of words.
    if hierarchical.len() == clean.len() && !is_host(written.host, Trust::Destination) {
        return None;
    }
    let parsed = (raw.len() <= AUTHORITY && text.len() <= limits::HEAD_BYTES).then(|| Url::parse(text));
    let read = others::hosts(text);
    let (host, port, path) = match parsed {
        Some(Ok(url)) => (host_of(&url)?, url.port(), url[Position::BeforePath..Position::AfterQuery].to_owned()),
        _ => refused(hierarchical).or_else(|| {
            let first = read.iter().flatten().next()?.clone();
            Some((first, None, authority::rfc3986(hierarchical).1.to_owned()))
        })?,
    };
    let decoded = raw.contains('%').then(|| percent_decode_str(raw).decode_utf8_lossy());
    let decoded = decoded.as_deref().map(Authority::of);
    let naive = Authority::of(authority::rfc3986(hierarchical).0);
    let asks_parsers = read.is_some();
    let mut others = SmallVec::new();
    read.into_iter().flatten().for_each(|other| note_host(&mut others, &host, other));
    for other in [Some(written), Some(naive), first_at(raw), decoded].into_iter().flatten() {
        note_other(&mut others, &host, &other);
    }
    if let Some(loose) = host.as_name().and_then(loose_v4).filter(|_| others.len() < OTHERS) {
        others.push(Host::ip(IpAddr::V4(loose)));
    }
    Some(Reading {
        kind: CandidateKind::Url,
        scheme: Some(scheme),
        host,
        others,
        port,
        written: Cow::Owned(written.host.to_owned()),
        path: Some(Cow::Owned(path)),
        text: Cow::Borrowed(text),
        asks_parsers,
    })
}

/// Tabs and line breaks are no part of a URL (WHATWG URL §4.1).
pub(super) fn without_breaks(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| matches!(b, b'\t' | b'\n' | b'\r')) {
        Cow::Owned(text.replace(['\t', '\n', '\r'], ""))
    } else {
        Cow::Borrowed(text)
    }
}

fn host_of(url: &Url) -> Option<Host> {
    Some(match url.host()? {
        // Dots alone are no name.
        url::Host::Domain(name) if name.bytes().all(|b| b == b'.') => return None,
        url::Host::Domain(name) => Host::name(name),
        url::Host::Ipv4(v4) => Host::ip(v4.into()),
        url::Host::Ipv6(v6) => Host::ip(v6.into()),
    })
}

/// Host, port and path of what WHATWG refuses and other clients dial: ports out of range, several
/// colons, IPv6 without brackets, `127.0.0.1%00.evil.example` where strings end at a zero.
fn refused(hierarchical: &str) -> Option<(Host, Option<u16>, String)> {
    let (raw, path) = authority::rfc3986(hierarchical);
    if let Ok(v6) = raw.parse::<Ipv6Addr>() {
        return Some((Host::ip(IpAddr::V6(v6)), None, path.to_owned()));
    }
    if let Some(v6) = decoded_v6(raw) {
        return Some((v6, Authority::of(raw).port, path.to_owned()));
    }
    let naive = Authority::of(raw);
    if naive.is_plausible() {
        return Some((Host::parse(naive.host), naive.port, path.to_owned()));
    }
    let (raw, path) = authority::whatwg(hierarchical);
    let written = Authority::of(raw);
    let head = written.host.split('%').next().filter(|host| authority::is_plausible_host(host))?;
    Some((Host::parse(head), written.port, path.to_owned()))
}

/// `[%3A%3A1]`: an address in brackets, with escapes that newer libcurl undoes.
fn decoded_v6(authority: &str) -> Option<Host> {
    let host = Authority::of(authority).host;
    if !host.starts_with('[') || !host.contains('%') {
        return None;
    }
    let decoded = percent_decode_str(host).decode_utf8().ok()?;
    Some(Host::parse(&decoded)).filter(|host| host.as_ip().is_some())
}

/// `a@b@c`: some parsers end userinfo at the first `@`.
fn first_at(authority: &str) -> Option<Authority<'_>> {
    let (_, after) = authority.split_once('@')?;
    let (between, _) = after.split_once('@')?;
    Some(Authority::of(between))
}

/// Adds what another parser reads, where it is a host and not the first reading's.
pub(super) fn note_other(others: &mut SmallVec<[Host; 1]>, first: &Host, other: &Authority<'_>) {
    if other.host.is_ascii() && other.is_plausible() {
        note_host(others, first, Host::parse(other.host));
    }
}

/// Adds a host that is not the first reading's, nor known.
pub(super) fn note_host(others: &mut SmallVec<[Host; 1]>, first: &Host, host: Host) {
    if host != *first && !others.contains(&host) && others.len() < OTHERS {
        others.push(host);
    }
}
