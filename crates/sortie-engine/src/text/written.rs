//! A candidate as it is written.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sortie_model::address::{Naming, ipv_future, loose_v4};
use sortie_model::{AddressClass, Candidate, CandidateKind, Container, Decodings, Host, Location, Nature, Scheme};

use crate::extract::{Quoted, is_disguised, split_scheme};
use crate::readings::{Compared, Parser, Port, Reading, Readings};

/// A destination with all that its text says.
#[derive(Clone, Debug)]
pub struct Written {
    /// The text, as far as the destination was read from it.
    pub text: Box<str>,
    /// Where it stands; `None` where it is, or stands in, a text of no request.
    pub location: Option<Location>,
    /// What its surroundings say.
    pub nature: Nature,
    /// Its form.
    pub kind: CandidateKind,
    /// What had to be decoded.
    pub decodings: Decodings,
    /// Its scheme, where it names one; `file` for a path of a Windows share (RFC 8089 Appendix E.3).
    pub scheme: Option<Scheme>,
    /// The host that is dialled, in the first reading that has one.
    pub host: Option<Host>,
    /// What other readings make of it, where they differ.
    pub other_hosts: Vec<Host>,
    /// The port that it names, else the scheme's, else none.
    pub port: Option<u16>,
    /// Whether it is an address that is not written plainly.
    pub disguised: bool,
    /// Whether it is an external entity, which makes an XML parser fetch it.
    pub is_entity: bool,
    /// What each parser makes of it, as a URL: where it has no scheme, of it behind `http:`.
    pub readings: Readings,
}

impl Written {
    /// A candidate of a request.
    pub(super) fn of(Quoted { candidate, text }: Quoted) -> Self {
        let readings = Readings::of(&as_url(&candidate, &text));
        let location = &candidate.location;
        // An element may have the name too, but what stands in it is a value.
        let is_entity = location.container == Container::Xml && &*location.name == "entity";
        let mut written = Self {
            is_entity: is_entity && candidate.nature == Nature::Named,
            location: Some(candidate.location.clone()),
            nature: candidate.nature,
            kind: candidate.manner.kind,
            text,
            decodings: candidate.manner.decodings,
            scheme: None,
            host: None,
            other_hosts: Vec::new(),
            port: None,
            disguised: false,
            readings,
        };
        written.take(&candidate);
        written
    }

    /// A whole text as a URL, by what parsers make of it.
    pub(super) fn whole(text: &str) -> Self {
        let readings = Readings::of(text);
        let first = readings.iter().find_map(|(_, reading)| match reading {
            Reading::Host(host, port) => Some((Compared::of(host.as_str())?.host, *port)),
            _ => None,
        });
        let scheme = scheme_of(text);
        let (host, port) = first.map_or((None, Port::Default), |(host, port)| (Some(host), port));
        let named = if let Port::Number(port) = port { Some(port) } else { None };
        Self {
            text: text.into(),
            location: None,
            nature: Nature::Named,
            kind: CandidateKind::Url,
            decodings: Decodings::PLAIN,
            other_hosts: others(&readings, host.as_ref()),
            port: named.or_else(|| scheme.as_ref().and_then(Scheme::default_port)).filter(|_| host.is_some()),
            disguised: host
                .as_ref()
                .is_some_and(|host| is_address_otherwise(&readings, host) || is_name_otherwise(&readings, host)),
            is_entity: false,
            scheme,
            host,
            readings,
        }
    }

    /// A whole text as a host. The first reading is that of a system that is asked to connect to it; for
    /// a name that is no such text yet it is the URL Standard's.
    pub(super) fn host(text: &str) -> Self {
        let bare = text.trim_ascii().trim_end_matches('.');
        let read = Host::parse(bare);
        let is_bare_v6 = !bare.starts_with('[') && bare.matches(':').count() > 1;
        let url = if is_bare_v6 { format!("http://[{bare}]") } else { format!("http://{bare}") };
        let readings = Readings::of(&url);
        let standard = Parser::Whatwg.read(&url).host().and_then(Compared::of).map(|compared| compared.host);
        let host = match read {
            Host::Ip(_) => Some(read),
            Host::Name(_) if bare.is_empty() => None,
            Host::Name(_) => Some(standard.unwrap_or(read)),
        };
        Self {
            text: text.into(),
            location: None,
            nature: Nature::Named,
            kind: CandidateKind::Host,
            decodings: Decodings::PLAIN,
            scheme: None,
            other_hosts: others(&readings, host.as_ref()),
            port: None,
            disguised: host.as_ref().is_some_and(|host| is_disguised(bare, host)),
            is_entity: false,
            host,
            readings,
        }
    }

    /// Takes over what extraction read in the same text.
    pub(super) fn take(&mut self, candidate: &Candidate) {
        self.kind = candidate.manner.kind;
        self.scheme = candidate.scheme.clone().or(self.scheme.take());
        self.host = Some(candidate.host.clone());
        self.port = candidate.port;
        self.disguised = candidate.disguised || is_name_otherwise(&self.readings, &candidate.host);
        self.other_hosts = others(&self.readings, Some(&candidate.host));
        for host in &candidate.other_hosts {
            if !self.other_hosts.contains(host) {
                self.other_hosts.push(host.clone());
            }
        }
    }

    /// The same of a text that is no request.
    pub(super) fn nowhere(self) -> Self {
        Self { location: None, ..self }
    }

    /// Whether parsers read different hosts in it.
    pub fn is_confusing(&self) -> bool {
        self.readings.hosts().len() > 1
    }

    /// Every host that some reading would dial, the first reading's first.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.host.iter().chain(&self.other_hosts)
    }

    /// The class of the worst of its hosts, as far as their texts tell; `None` where only a resolver can.
    pub fn class(&self) -> Option<AddressClass> {
        self.hosts().filter_map(class).max()
    }
}

/// The class of a host by its text: what looks like a name for inside use is taken for one.
pub(super) fn class(host: &Host) -> Option<AddressClass> {
    let name = match host {
        Host::Ip(address) => return Some(AddressClass::of(*address)),
        Host::Name(name) => name,
    };
    Some(match Naming::of(name)? {
        Naming::Metadata => AddressClass::Metadata,
        Naming::ThisHost => AddressClass::Loopback,
        Naming::Internal => AddressClass::Private,
        Naming::Embedded(address) => AddressClass::of(address),
        Naming::Callback => return None,
    })
}

/// A candidate's text as the URL that a program makes of it.
fn as_url(candidate: &Candidate, text: &str) -> String {
    let is_bare_v6 = || matches!(candidate.host, Host::Ip(IpAddr::V6(_))) && !text.contains('[');
    match candidate.manner.kind {
        CandidateKind::Url if candidate.scheme.is_some() => text.to_owned(),
        CandidateKind::Url => format!("http:{text}"),
        CandidateKind::Host if is_bare_v6() => format!("http://[{text}]"),
        CandidateKind::Host | CandidateKind::Authority | CandidateKind::Composed | CandidateKind::Label => {
            format!("http://{text}")
        }
    }
}

/// Hosts of other readings that some resolver could be asked for.
fn others(readings: &Readings, first: Option<&Host>) -> Vec<Host> {
    let others = dialled(readings).into_iter().filter(|host| Some(host) != first);
    others.chain(first.and_then(Host::as_name).and_then(loose)).collect()
}

/// The hosts that parsers would dial.
pub(super) fn dialled(readings: &Readings) -> BTreeSet<Host> {
    readings.hosts().into_iter().filter_map(|compared| dialable(compared.host)).collect()
}

/// The address that a name is to loose readers.
fn loose(name: &str) -> Option<Host> {
    let address = loose_v4(name).map(IpAddr::V4).or_else(|| ipv_future(name).map(IpAddr::V6));
    address.map(Host::ip)
}

/// The scheme of a text that is a URL.
fn scheme_of(text: &str) -> Option<Scheme> {
    match split_scheme(text.trim_start()) {
        Some((name, _)) => Some(Scheme::parse(name)),
        None => text.starts_with("\\\\").then(|| Scheme::parse("file")),
    }
}

/// A host as a resolver is asked for it: letters beyond ASCII by IDNA; `None` for what no name may hold.
pub(super) fn dialable(host: Host) -> Option<Host> {
    let Host::Name(name) = &host else { return Some(host) };
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if name.is_ascii() {
        return is_name(name).then_some(host);
    }
    match url::Host::parse(name).ok()? {
        url::Host::Domain(name) => is_name(&name).then(|| Host::name(&name)),
        url::Host::Ipv4(v4) => Some(Host::ip(v4.into())),
        url::Host::Ipv6(v6) => Some(Host::ip(v6.into())),
    }
}

/// Whether a name that leads inside stands there in other letters or escapes. Nobody types those; a name
/// that has no form in ASCII alone is just one of another language.
fn is_name_otherwise(readings: &Readings, host: &Host) -> bool {
    let is_inside = class(host).is_some_and(|class| class != AddressClass::Public);
    is_inside
        && host.as_name().is_some_and(|name| !name.contains("xn--"))
        && as_written(readings).is_some_and(|written| written.contains('%') || !written.is_ascii())
}

/// Whether the address stands there in another notation than addresses are written in.
fn is_address_otherwise(readings: &Readings, host: &Host) -> bool {
    as_written(readings).is_some_and(|written| is_disguised(written, host))
}

/// The host as it stands in the text: RFC 3986 leaves it as it is.
fn as_written(readings: &Readings) -> Option<&str> {
    readings.iter().find_map(|(parser, reading)| reading.host().filter(|_| parser == Parser::Rfc3986))
}
