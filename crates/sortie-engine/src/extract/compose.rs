//! Destinations whose parts stand in separate parameters: `host` and `port`, perhaps `scheme` and
//! `path`, at one level of one container.

use sortie_model::{Candidate, CandidateKind, Container, Key, Manner, PathDigest, Scheme, limits, path};

use super::bits;
use super::names::{Meaning, Role, stem};
use super::reading::split_scheme;
use super::spot::Spot;

/// Hosts, and other parts, remembered of one head or body.
const PARTS: usize = 128;
/// Ports tried with one host: a parameter given twice is read by some as the first, by others as
/// the last.
const PORTS: usize = 4;
/// Longest path that is remembered.
const PATH_LENGTH: usize = 1024;

/// The parts seen so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Candidates that name nothing but a host, perhaps with a port, by their numbers.
    hosts: Vec<(Level, usize, Option<u16>)>,
    others: Vec<(Level, Part)>,
    overflowed: bool,
}

/// Where parts belong together: container, and name without its last word (see [`stem`]).
#[derive(Debug, PartialEq, Eq)]
struct Level(Container, Box<str>);

impl Level {
    fn of(spot: &Spot<'_>) -> Self {
        Self(spot.container, stem(spot.name).to_ascii_lowercase().into())
    }
}

#[derive(Debug)]
enum Part {
    Port(u16),
    Scheme(Scheme),
    Path(Box<str>),
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
            Some(Role::Path) if text.starts_with('/') && text.len() <= PATH_LENGTH => Some(Part::Path(Box::from(text))),
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
    pub(super) fn note_host(&mut self, spot: &Spot<'_>, index: usize, port: Option<u16>) {
        let host = (Level::of(spot), index, port);
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
        for (level, host, own_port) in &self.hosts {
            let beside = || self.others.iter().filter(|(other, _)| other == level).map(|(_, part)| part);
            let scheme = beside().find_map(|part| if let Part::Scheme(scheme) = part { Some(scheme) } else { None });
            let path = beside().find_map(|part| if let Part::Path(path) = part { Some(&**path) } else { None });
            let named = beside().filter_map(|part| if let Part::Port(port) = part { Some(*port) } else { None });
            let by_default = scheme.and_then(Scheme::default_port).filter(|_| named.clone().next().is_none());
            let own = own_port.filter(|_| scheme.is_some() || path.is_some());
            let of_others = named.take(PORTS).chain(by_default).filter(|_| own_port.is_none());
            for port in own.into_iter().chain(of_others) {
                let join = Join { host: *host, scheme, port, path };
                if !joins.contains(&join) {
                    joins.push(join);
                }
            }
        }
        joins
    }
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
            shown: super::shown::clean(&shown, limits::SHOWN_TEXT).into(),
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
    use super::*;
    use crate::extract::collector::Collector;
    use crate::extract::value;

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
