//! Destinations whose parts stand in separate parameters: `host` and `port`, perhaps `scheme` and
//! `path`, at one level of one container.
//!
//! A program may put a path right behind the host or port. One that does not begin as paths do becomes part of the
//! authority there: `@10.0.0.5/`, `.internal/`.

use sortie_model::{Candidate, CandidateKind, Container, Host, Key, Manner, PathDigest, Scheme, limits, path};

use super::names::{Meaning, Role, stem};
use super::reading::{absolute, split_scheme};
use super::spot::Spot;
use super::{bits, shown};

/// Hosts, and other parts, remembered of one head or body.
const PARTS: usize = 128;
/// Ports tried with one host: a parameter given twice is read by some as the first, by others as
/// the last.
const PORTS: usize = 4;
/// Longest path that is remembered.
const PATH_LENGTH: usize = 1024;
/// Other hosts of one candidate.
const OTHERS: usize = 8;

/// The parts seen so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    hosts: Vec<HostPart>,
    others: Vec<(Level, Part)>,
    overflowed: bool,
}

/// Where parts belong together: container, call, and name without its last word (see [`stem`]).
#[derive(Debug, PartialEq, Eq)]
struct Level(Container, usize, Box<str>);

impl Level {
    fn of(spot: &Spot<'_>) -> Self {
        Self(spot.container, spot.call, stem(spot.name).to_ascii_lowercase().into())
    }
}

/// A candidate that names nothing but a host, perhaps with a port.
#[derive(Debug, PartialEq, Eq)]
struct HostPart {
    level: Level,
    /// Its number.
    index: usize,
    port: Option<u16>,
    /// The host as it was written.
    written: Box<str>,
}

#[derive(Debug)]
enum Part {
    Port(u16),
    Scheme(Scheme),
    Path(Box<str>),
    /// What becomes part of the authority where it is put behind one.
    Tail(Box<str>),
}

/// What may stand right behind a host.
#[derive(Debug)]
pub(super) struct Tail<'p> {
    /// The host's candidate, by its number.
    pub(super) host: usize,
    written: &'p str,
    text: &'p str,
}

/// What joins a host that was found to a destination.
#[derive(Debug, PartialEq)]
pub(super) struct Join<'p> {
    /// The host's candidate, by its number.
    pub(super) host: usize,
    scheme: Option<&'p Scheme>,
    port: u16,
    path: Option<&'p str>,
}

impl Parts {
    /// Remembers a value if its name says that it is a port, scheme or path.
    pub(super) fn note(&mut self, spot: &Spot<'_>, meaning: Meaning, text: &str) {
        let part = match meaning.role {
            Some(Role::Port) => text.trim().parse().ok().filter(|&port| port > 0).map(Part::Port),
            Some(Role::Scheme) => scheme(text.trim()).map(Part::Scheme),
            Some(Role::Path) if text.starts_with('/') => {
                (text.len() <= PATH_LENGTH).then(|| Part::Path(Box::from(text)))
            }
            Some(Role::Path) if !text.starts_with(['?', '#']) => {
                self.overflowed |= text.len() > PATH_LENGTH;
                Some(Part::Tail(Box::from(&text[..text.floor_char_boundary(PATH_LENGTH)])))
            }
            _ => None,
        };
        let Some(part) = part else { return };
        if self.others.len() < PARTS {
            self.others.push((Level::of(spot), part));
        } else {
            self.overflowed = true;
        }
    }

    /// Remembers a candidate that names nothing but a host, and perhaps a port.
    pub(super) fn note_host(&mut self, spot: &Spot<'_>, index: usize, port: Option<u16>, written: &str) {
        let host = HostPart { level: Level::of(spot), index, port, written: written.into() };
        if self.hosts.len() == PARTS {
            self.overflowed = true;
        } else if self.hosts.last() != Some(&host) {
            self.hosts.push(host);
        }
    }

    /// Whether a host was seen and parts were lost that may belong to it.
    pub(super) fn is_incomplete(&self) -> bool {
        self.overflowed && !self.hosts.is_empty()
    }

    /// The hosts that have a port beside them, or a scheme that has one by default; several for a
    /// host whose port is given several times.
    pub(super) fn joins(&self) -> Vec<Join<'_>> {
        let mut joins = Vec::new();
        for HostPart { level, index, port: own_port, .. } in &self.hosts {
            let beside = || self.beside(level);
            let scheme = beside().find_map(|part| if let Part::Scheme(scheme) = part { Some(scheme) } else { None });
            let path = beside().find_map(|part| if let Part::Path(path) = part { Some(&**path) } else { None });
            let named = beside().filter_map(|part| if let Part::Port(port) = part { Some(*port) } else { None });
            let by_default = scheme.and_then(Scheme::default_port).filter(|_| named.clone().next().is_none());
            let own = own_port.filter(|_| scheme.is_some() || path.is_some());
            let of_others = named.take(PORTS).chain(by_default).filter(|_| own_port.is_none());
            for port in own.into_iter().chain(of_others) {
                let join = Join { host: *index, scheme, port, path };
                if !joins.contains(&join) {
                    joins.push(join);
                }
            }
        }
        joins
    }

    fn beside(&self, level: &Level) -> impl DoubleEndedIterator<Item = &Part> + Clone {
        self.others.iter().filter(move |(other, _)| other == level).map(|(_, part)| part)
    }

    /// What may stand right behind hosts. Of what begins as names of files do only the first and the last: of
    /// a parameter that is given several times programs take the one or the other, and lists of files are common.
    pub(super) fn tails(&self) -> Vec<Tail<'_>> {
        let mut tails = Vec::new();
        for HostPart { level, index, written, .. } in &self.hosts {
            let texts =
                self.beside(level).filter_map(|part| if let Part::Tail(text) = part { Some(&**text) } else { None });
            let mut names = texts.clone().filter(|text| begins_name(text));
            let names = names.next().into_iter().chain(names.next_back());
            let texts = names.chain(texts.filter(|text| !begins_name(text)));
            tails.extend(texts.map(|text| Tail { host: *index, written, text }));
        }
        tails
    }
}

/// Whether a text begins as names of files do, and not as what ends or continues an authority.
fn begins_name(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
}

/// More than is looked at.
#[derive(Debug)]
pub(super) struct TooMany;

impl Tail<'_> {
    /// Whether it may be a relative path, before which most programs put a slash.
    pub(super) fn may_be_path(&self) -> bool {
        begins_name(self.text)
    }

    /// Adds to the candidate of the host, or to one that was composed with it, the hosts that are dialled where a
    /// program puts this behind it.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn extend(&self, candidate: &mut Candidate) -> Result<(), TooMany> {
        let known = candidate.other_hosts.len();
        let with_port = candidate.port.map(|port| format!("http://{}:{port}{}", self.written, self.text));
        for text in [Some(format!("http://{}{}", self.written, self.text)), with_port].into_iter().flatten() {
            let Some(reading) = absolute(&text) else { continue };
            for host in std::iter::once(reading.host).chain(reading.others) {
                add_host(candidate, host)?;
            }
        }
        if candidate.other_hosts.len() > known {
            let text = format!("{}{}", candidate.shown, path::redact(self.text));
            candidate.shown = shown::clean(&text, limits::SHOWN_TEXT).into();
        }
        Ok(())
    }
}

fn add_host(candidate: &mut Candidate, host: Host) -> Result<(), TooMany> {
    if candidate.hosts().any(|known| *known == host) {
        return Ok(());
    }
    if candidate.other_hosts.len() == OTHERS {
        return Err(TooMany);
    }
    candidate.other_hosts.push(host);
    Ok(())
}

impl Join<'_> {
    /// The composed candidate; location and place are the host's.
    pub(super) fn apply(&self, host: &Candidate, key: &Key) -> Candidate {
        let prefix = self.scheme.map_or(String::new(), |scheme| format!("{scheme}://"));
        let port = if host.port == Some(self.port) { String::new() } else { format!(":{}", self.port) };
        let shown = format!("{prefix}{}{port}{}", host.shown, self.path.map_or(String::new(), path::redact));
        Candidate {
            manner: Manner { kind: CandidateKind::Composed, ..host.manner },
            port: Some(self.port),
            scheme: self.scheme.cloned(),
            path: self.path.map(|path| PathDigest::of(path, key)),
            path_bits: self.path.map_or(0, bits::estimate),
            shown: shown::clean(&shown, limits::SHOWN_TEXT).into(),
            ..host.clone()
        }
    }
}

/// Schemes as a `protocol` parameter names them: `http`, `https:`, `tcp`.
fn scheme(text: &str) -> Option<Scheme> {
    let word = split_scheme(text).map_or(text, |(name, _)| name);
    let is_known = [
        "http", "https", "ws", "wss", "ftp", "gopher", "ldap", "ldaps", "dict", "sftp", "ssh", "tcp", "redis", "telnet",
    ]
    .iter()
    .any(|known| known.eq_ignore_ascii_case(word));
    is_known.then(|| Scheme::parse(word))
}

#[cfg(test)]
mod tests {
    use sortie_model::Containers;
    use sortie_model::event::Cut;

    use super::*;
    use crate::extract::collector::Collector;
    use crate::extract::{Body, ProvenSink, from_body, value};

    /// Kind, host, port and text of what parameters of one query compose.
    fn compose(pairs: &[(&str, &str)]) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        for (name, text) in pairs {
            value::search(text, &Spot::new(Container::Query, name), &mut out);
        }
        let found = out.finish().candidates;
        found.iter().map(|c| format!("{} {}", c.manner.kind.as_str(), c.shown)).collect()
    }

    #[test]
    fn a_port_beside_a_host_makes_one_candidate() {
        assert_eq!(compose(&[("host", "10.20.0.5"), ("port", "8080")]), ["composed 10.20.0.5:8080"]);
        assert_eq!(compose(&[("port", "8080"), ("host", "billing")]), ["composed billing:8080"]);
        assert_eq!(compose(&[("smtp_host", "a.example"), ("smtpPort", "25")]), ["composed a.example:25"]);
        assert_eq!(
            compose(&[("scheme", "https"), ("host", "a.example"), ("port", "8443"), ("path", "/v1/x")]),
            ["composed https://a.example:8443/v1/x"]
        );
        assert_eq!(compose(&[("protocol", "https"), ("domain", "a.example")]), ["composed https://a.example:443"]);
    }

    #[test]
    fn a_host_may_bring_its_port_along() {
        assert_eq!(
            compose(&[("scheme", "http"), ("host", "10.20.0.5:9000"), ("path", "/v1/x")]),
            ["authority 10.20.0.5:9000", "composed http://10.20.0.5:9000/v1/x"]
        );
        assert_eq!(compose(&[("host", "10.20.0.5:9000"), ("port", "80")]), ["authority 10.20.0.5:9000"]);
    }

    fn hosts(content_type: &str, text: &str, sinks: &[ProvenSink]) -> (Vec<String>, Option<Cut>) {
        let body = Body {
            content_type: Some(content_type),
            content_encoding: None,
            bytes: text.as_bytes(),
            complete: true,
            sinks,
        };
        let found = from_body(&body, &Key::new(&[1; 32]));
        (found.candidates.iter().flat_map(Candidate::hosts).map(Host::to_string).collect(), found.cut)
    }

    #[test]
    fn what_is_put_behind_a_host_may_be_part_of_the_authority() {
        for (parts, other) in [
            (r#""host":"pub.example","port":80,"path":"@169.254.7.7/""#, "169.254.7.7"),
            (r#""host":"pub.example","path":"@169.254.7.7/""#, "169.254.7.7"),
            (r#""path":"@169.254.7.7","host":"pub.example:80""#, "169.254.7.7"),
            (r#""host":"pub.example","port":80,"path":"\\@169.254.7.7/""#, "169.254.7.7"),
            (r#""host":"pub.example","path":":80@169.254.7.7/""#, "169.254.7.7"),
            (r#""host":"pub","path":".internal/x""#, "pub.internal"),
            (r#""host":"172.16","port":80,"path":".0.1/""#, "172.16.0.1"),
            (r#""host":"pub.example","path":"/x","path":"@169.254.7.7/""#, "169.254.7.7"),
        ] {
            let (hosts, cut) = hosts("application/json", &format!("{{{parts}}}"), &[]);
            assert!(hosts.iter().any(|host| host == other) && cut.is_none(), "{parts}: {hosts:?}");
        }
        assert_eq!(
            compose(&[("host", "pub.example"), ("port", "80"), ("path", "@169.254.7.7/x")])[0],
            "composed pub.example:80@169.254.7.7/x"
        );
    }

    #[test]
    fn a_relative_path_is_one_but_at_a_proven_sink() {
        let sinks = [ProvenSink { parameter: "host".into(), read_in: Containers::NONE }];
        let at = |text: &str, sinks| hosts("application/json", text, sinks);
        let joined = r#"{"host":"local","path":"host/x"}"#;
        assert_eq!(at(joined, &[]).0, ["local"]);
        assert_eq!(at(joined, &sinks).0, ["local", "localhost"]);
        let files = r#"{"host":"h.example","paths":["a","b","c","d","e","f","g","h","i","j","/k","?l"]}"#;
        let (hosts, cut) = at(files, &sinks);
        assert_eq!((hosts, cut), (["h.example", "h.examplea", "h.examplej"].map(str::to_owned).to_vec(), None));
        let ordinary = r#"{"host":"h.example","port":80,"path":"/a@b"}"#;
        assert_eq!(at(ordinary, &sinks).0, ["h.example"]);
    }

    #[test]
    fn more_hosts_than_are_kept_are_a_cut() {
        let paths: Vec<_> = (0..=OTHERS).map(|n| format!("\"@h{n}.example\"")).collect();
        let (hosts, cut) =
            hosts("application/json", &format!("{{\"host\":\"h\",\"path\":[{}]}}", paths.join(",")), &[]);
        assert_eq!((hosts.len(), cut), (1 + OTHERS, Some(Cut::Count)));
    }

    #[test]
    fn parts_of_other_levels_do_not_join() {
        assert_eq!(compose(&[("db[host]", "10.0.0.5"), ("port", "8080")]), ["host 10.0.0.5"]);
        assert_eq!(compose(&[("host", "10.0.0.5"), ("port", "0")]), ["host 10.0.0.5"]);
        assert_eq!(compose(&[("port", "8080"), ("scheme", "https")]), [""; 0]);
    }

    #[test]
    fn every_port_given_is_kept() {
        assert_eq!(
            compose(&[("host", "h.example"), ("port", "1"), ("port", "2")]),
            ["composed h.example:1", "composed h.example:2"]
        );
        let servers =
            [("s[0][host]", "h.example"), ("s[0][port]", "1"), ("s[1][host]", "h.example"), ("s[1][port]", "2")];
        assert_eq!(compose(&servers), ["composed h.example:1", "composed h.example:2"]);
    }

    #[test]
    fn parts_are_bounded() {
        let names: Vec<String> = (0..=PARTS).map(|n| format!("p{n}.port")).collect();
        let mut pairs = vec![("host", "h.example")];
        pairs.extend(names.iter().map(|name| (name.as_str(), "80")));
        assert_eq!(compose(&pairs), ["host h.example"]);
    }
}
