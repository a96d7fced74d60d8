//! From one text to the destination that it names.
//!
//! The first reading is WHATWG's (the `url` crate) for special schemes, RFC 3986's for others, and
//! glibc's for bare hosts. What other parsers make of the same text stands beside it where it
//! differs.

mod others;
mod plain;
#[cfg(test)]
mod tests;
mod web;

use std::borrow::Cow;
use std::net::IpAddr;

use smallvec::SmallVec;
use sortie_model::address::{ipv_future, is_local_name, loose_v4};
use sortie_model::{CandidateKind, Host, Scheme};

use super::authority::{self, Authority};
use super::host::{Trust, is_host};

/// Longest scheme that is read.
const SCHEME_LENGTH: usize = 32;
/// Longest text that is read without a scheme.
const BARE_LENGTH: usize = 2048;

/// A destination, as one text names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading<'a> {
    pub(super) kind: CandidateKind,
    pub(super) scheme: Option<Scheme>,
    pub(super) host: Host,
    pub(super) others: SmallVec<[Host; 1]>,
    /// The port that the text names itself.
    pub(super) port: Option<u16>,
    /// The host as it was written.
    pub(super) written: Cow<'a, str>,
    /// Path and query, for kinds that name one.
    pub(super) path: Option<Cow<'a, str>>,
    /// All that was read, as it was written.
    pub(super) text: Cow<'a, str>,
    /// Whether other parsers were asked, which takes time.
    pub(super) asks_parsers: bool,
}

impl<'a> Reading<'a> {
    /// The port that is dialled.
    pub(super) fn dialled_port(&self) -> Option<u16> {
        self.port.or_else(|| self.scheme.as_ref().and_then(Scheme::default_port))
    }

    fn into_owned(self) -> Reading<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Reading { written: owned(self.written), path: self.path.map(owned), text: owned(self.text), ..self }
    }

    /// Adds the hosts that parsers read in it as a URL.
    fn asking_parsers(mut self, url: &str) -> Self {
        let read = others::hosts(url);
        self.asks_parsers = read.is_some();
        read.into_iter().flatten().for_each(|host| web::note_host(&mut self.others, &self.host, host));
        self
    }

    /// Adds the hosts that a reading of a longer text finds, which is what was read then.
    pub(super) fn add_hosts_of(&mut self, longer: &Reading<'a>) {
        self.text.clone_from(&longer.text);
        for host in std::iter::once(&longer.host).chain(&longer.others) {
            web::note_host(&mut self.others, &self.host, host.clone());
        }
    }

    /// Whether the host is an address that is not written as addresses are.
    pub(super) fn is_disguised(&self) -> bool {
        is_disguised(&self.written, &self.host)
    }
}

/// Whether `host` is an address, or one to loose readers, and `written` is not how addresses are written.
pub(crate) fn is_disguised(written: &str, host: &Host) -> bool {
    let bare = written.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(written);
    match host {
        Host::Ip(IpAddr::V4(v4)) => bare != v4.to_string(),
        Host::Ip(IpAddr::V6(v6)) => {
            let bare = bare.split_once('%').map_or(bare, |(address, _zone)| address);
            bare.parse() != Ok(*v6)
        }
        Host::Name(name) => loose_v4(name).is_some() || ipv_future(name).is_some(),
    }
}

/// Reads the whole of a text as a destination.
pub(super) fn whole(text: &str, trust: Trust) -> Option<Reading<'_>> {
    let text = trimmed(text);
    let found = absolute(text).or_else(|| scheme_relative(text, trust)).or_else(|| bare(text, trust));
    if found.is_some() || trust < Trust::Destination {
        return found;
    }
    // What becomes part of a URL loses its tabs and line breaks there.
    match web::without_breaks(text) {
        Cow::Owned(clean) => whole(&clean, trust).map(Reading::into_owned),
        Cow::Borrowed(_) => None,
    }
}

/// Reads a reference as markup holds it: a URL, or `//host/path`. Anything else is relative to the
/// document and names no host.
pub(super) fn reference(text: &str) -> Option<Reading<'_>> {
    let text = trimmed(text);
    absolute(text).or_else(|| scheme_relative(text, Trust::Destination))
}

/// Without white space and controls at both ends: WHATWG drops them, Python all of Unicode's.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_control())
}

/// Reads a URL with a scheme.
pub(super) fn absolute(text: &str) -> Option<Reading<'_>> {
    let (name, rest) = split_scheme(text)?;
    let scheme = Scheme::parse(name);
    let Scheme::Other(word) = &scheme else { return web::read(scheme, text, rest) };
    match &**word {
        "file" | "local_file" | "netdoc" => file(scheme, text, rest),
        // Wrappers: what they hold is what is dialled.
        "jar" => {
            let inner = innermost(rest.split('!').next().unwrap_or(rest))?;
            let port = inner.dialled_port();
            Some(Reading { scheme: Some(scheme), port, text: Cow::Borrowed(text), ..inner })
        }
        "url" | "jdbc" | "view-source" => Some(Reading { text: Cow::Borrowed(text), ..innermost(rest)? }),
        _ => {
            let inner = wrapped(word, rest).and_then(innermost);
            inner.map(|inner| Reading { text: Cow::Borrowed(text), ..inner }).or_else(|| generic(scheme, text, rest))
        }
    }
}

/// What a scheme wraps that stands for itself where it wraps nothing: a stream of PHP (`php://filter/…/resource=`,
/// `compress.zlib://`), a feed, a getter of Terraform's (`git::https://`). `rest` is what follows its colon.
fn wrapped<'a>(scheme: &str, rest: &'a str) -> Option<&'a str> {
    const RESOURCE: &str = "resource=";
    match scheme {
        "php" => {
            let at =
                rest.as_bytes().windows(RESOURCE.len()).position(|s| s.eq_ignore_ascii_case(RESOURCE.as_bytes()))?;
            rest.get(at + RESOURCE.len()..)
        }
        "compress.zlib" | "compress.bzip2" | "zlib" | "feed" => Some(rest.strip_prefix("//").unwrap_or(rest)),
        _ => rest.strip_prefix(':'),
    }
}

/// A wrapped URL; wrappers inside wrappers are not followed.
fn innermost(text: &str) -> Option<Reading<'_>> {
    let (name, rest) = split_scheme(text)?;
    match Scheme::parse(name) {
        Scheme::Other(word) if &*word == "file" => file(Scheme::Other(word), text, rest),
        scheme @ Scheme::Other(_) => generic(scheme, text, rest),
        scheme => web::read(scheme, text, rest),
    }
}

/// Scheme and what follows its colon (RFC 3986 §3.1, and `_` as in Python's `local_file`). A single
/// letter is a drive of Windows.
pub(crate) fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(SCHEME_LENGTH + 1).position(|b| !is_scheme_byte(b))?;
    let is_scheme = end >= 2 && text.as_bytes()[end] == b':' && text.as_bytes()[0].is_ascii_alphabetic();
    is_scheme.then(|| (&text[..end], &text[end + 1..]))
}

pub(super) fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// Any other scheme with an authority (RFC 3986 §3.2).
fn generic<'a>(scheme: Scheme, text: &'a str, rest: &'a str) -> Option<Reading<'a>> {
    let hierarchical = rest.strip_prefix("//").or_else(|| rest.strip_prefix("\\\\"))?;
    let (raw, path) = authority::rfc3986(hierarchical);
    let path = if scheme.as_str().contains('+') { without_revision(path) } else { path };
    let written = Authority::of(raw);
    let reading = written.is_plausible().then(|| Reading {
        kind: CandidateKind::Url,
        scheme: Some(scheme),
        host: bare_host(written.host).unwrap_or_else(|| Host::parse(written.host)),
        others: SmallVec::new(),
        port: written.port,
        written: Cow::Borrowed(written.host),
        path: Some(Cow::Borrowed(path)),
        text: Cow::Borrowed(text),
        asks_parsers: false,
    })?;
    Some(reading.asking_parsers(text))
}

/// `/repo.git@main`, as behind `git+https://`: a name of a version is no part of what is dialled.
fn without_revision(path: &str) -> &str {
    let (path, _) = path.split_once('#').unwrap_or((path, ""));
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path[name..].find('@').map_or(path, |at| &path[..name + at])
}

/// `file:/etc/passwd`, `file:///etc/passwd`, `file://host/share`: without a host it is this one
/// (RFC 8089 §2).
fn file<'a>(scheme: Scheme, text: &'a str, rest: &'a str) -> Option<Reading<'a>> {
    if !rest.starts_with(is_slash) {
        return None;
    }
    let (raw, path) = match rest.strip_prefix("//") {
        Some(hierarchical) => authority::whatwg(hierarchical),
        None => ("", rest),
    };
    let written = Authority::of(raw);
    let names_something = if raw.is_empty() { path.len() > 1 } else { written.is_plausible() };
    if !names_something {
        return None;
    }
    let host = if raw.is_empty() { Host::name("localhost") } else { bare_host(written.host)? };
    Some(Reading {
        kind: CandidateKind::Url,
        scheme: Some(scheme),
        host,
        others: SmallVec::new(),
        port: written.port,
        written: Cow::Borrowed(written.host),
        path: Some(Cow::Borrowed(path)),
        text: Cow::Borrowed(text),
        asks_parsers: false,
    })
}

/// `//host/path`, and with backslashes for one or both slashes. In a parameter for destinations more of
/// them will do, as they do for WHATWG.
fn scheme_relative(text: &str, trust: Trust) -> Option<Reading<'_>> {
    let hierarchical = text.strip_prefix(is_slash)?.strip_prefix(is_slash)?;
    let hierarchical =
        if trust >= Trust::Destination { hierarchical.trim_start_matches(is_slash) } else { hierarchical };
    if hierarchical.bytes().any(|b| b.is_ascii_whitespace()) || hierarchical.len() > BARE_LENGTH {
        return None;
    }
    let (raw, path) = authority::whatwg(hierarchical);
    let written = Authority::of(raw);
    // The slashes say that a host follows; in a parameter for destinations a single label will do.
    let trust = if trust >= Trust::Destination { Trust::Host } else { trust };
    if written.bad_port || !is_host(written.host, trust) {
        return None;
    }
    let host = bare_host(written.host)?;
    let mut others = SmallVec::new();
    web::note_other(&mut others, &host, &Authority::of(authority::rfc3986(hierarchical).0));
    let reading = Reading {
        kind: CandidateKind::Url,
        scheme: None,
        host,
        others,
        port: written.port,
        written: Cow::Borrowed(written.host),
        path: Some(Cow::Borrowed(path)),
        text: Cow::Borrowed(text),
        asks_parsers: false,
    };
    // Whoever dials it puts a scheme before it.
    Some(reading.asking_parsers(&format!("http:{text}")))
}

/// `host`, `host:port`, `host/path`.
fn bare(text: &str, trust: Trust) -> Option<Reading<'_>> {
    let is_odd = |b: u8| b.is_ascii_whitespace() || b.is_ascii_control();
    if text.is_empty() || text.len() > BARE_LENGTH || text.bytes().any(is_odd) {
        return None;
    }
    let (raw, tail) = authority::whatwg(text);
    if is_host(raw, trust) && (tail.is_empty() || may_have_tail(raw, tail)) {
        return reading_of_bare(raw, None, tail, text);
    }
    let written = Authority::of(raw);
    if written.bad_port || written.userinfo && trust < Trust::Host && !has_password(raw) {
        return None;
    }
    // With a port a single label will do in a parameter for destinations, but `node:20` is a tag.
    let port = written.port;
    let has_empty_port = raw.ends_with(':') && tail.starts_with('/');
    let is_telling = port.is_some_and(|p| p >= 80) || has_empty_port && written.host == "0";
    let trust = if trust == Trust::Destination && is_telling { Trust::Host } else { trust };
    let named = port.is_some() || has_empty_port || written.userinfo;
    (named && is_host(written.host, trust)).then(|| reading_of_bare(written.host, port, tail, text)).flatten()
}

/// Reads what is known to be dialled: an authority, perhaps with a path, as behind `http://`.
pub(super) fn dialled(text: &str) -> Option<Reading<'_>> {
    let text = trimmed(text).trim_start_matches(is_slash);
    let text = text.split(|c: char| c.is_whitespace() || c.is_ascii_control()).next().unwrap_or_default();
    let (raw, tail) = authority::whatwg(text);
    let written = Authority::of(raw);
    (!written.bad_port && is_host(written.host, Trust::Host))
        .then(|| reading_of_bare(written.host, written.port, tail, text))
        .flatten()
}

/// `user@example.com` is a mailbox, `user:secret@example.com` is none, and `mailto:` is no user.
fn has_password(authority: &str) -> bool {
    let user = authority.split('@').next().unwrap_or_default().split_once(':').map(|(user, _)| user);
    user.is_some_and(|user| {
        !["mailto", "sip", "sips", "xmpp", "acct"].iter().any(|word| word.eq_ignore_ascii_case(user))
    })
}

/// Whether a path may follow a bare host: not a single label (`and/or`), and `10.0.0.0/8` is a
/// network.
fn may_have_tail(host: &str, tail: &str) -> bool {
    let is_network = tail.len() <= 4 && tail[1..].bytes().all(|b| b.is_ascii_digit()) && tail.len() > 1;
    let is_address = Host::parse(host).as_ip().is_some();
    (host.contains(['.', '[']) || is_local_name(host)) && !(is_address && is_network)
}

/// `@host/path`, `:secret@host:port`: what makes userinfo of the host that a program puts before it.
/// A name needs a path or port behind it, for `@alice.example` is how people are called.
pub(super) fn suffix(text: &str) -> Option<Reading<'_>> {
    if !text.starts_with(['@', ':']) || text.len() > BARE_LENGTH {
        return None;
    }
    if let Cow::Owned(clean) = web::without_breaks(text) {
        return suffix(&clean).map(Reading::into_owned);
    }
    let (raw, tail) = authority::whatwg(text);
    let written = Authority::of(raw);
    let host = Some(written.host).filter(|host| written.userinfo && !written.bad_port && is_host(host, Trust::Host))?;
    let reading = reading_of_bare(host, written.port, if tail.is_empty() { "/" } else { tail }, text)?;
    (reading.host.as_ip().is_some() || written.port.is_some() || !tail.is_empty()).then_some(reading)
}

fn reading_of_bare<'a>(host: &'a str, port: Option<u16>, tail: &'a str, text: &'a str) -> Option<Reading<'a>> {
    let kind = if port.is_some() || !tail.is_empty() { CandidateKind::Authority } else { CandidateKind::Host };
    let reading = Reading {
        kind,
        scheme: None,
        host: bare_host(host)?,
        others: SmallVec::new(),
        port,
        written: Cow::Borrowed(host),
        path: (!tail.is_empty()).then_some(Cow::Borrowed(tail)),
        text: Cow::Borrowed(text),
        asks_parsers: false,
    };
    // What makes userinfo of a host before it is no beginning of a URL.
    let is_suffix = text.starts_with(['@', ':']);
    Some(if is_suffix { reading } else { reading.asking_parsers(&format!("http://{text}")) })
}

fn bare_host(text: &str) -> Option<Host> {
    let text = text.trim_end_matches('.');
    if text.is_ascii() {
        return Some(Host::parse(text));
    }
    Some(match url::Host::parse(text).ok()? {
        url::Host::Domain(name) => Host::name(&name),
        url::Host::Ipv4(v4) => Host::ip(v4.into()),
        url::Host::Ipv6(v6) => Host::ip(v6.into()),
    })
}
