//! The destination that an app asks for.

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Request};
use smallvec::SmallVec;
use sortie_model::{Destination, Host};

/// A destination and the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The host as written: a trailing dot matters to the resolver.
    pub(super) host: Box<str>,
    /// What the judgement is about.
    pub(super) destination: Destination,
}

impl Asked {
    /// Reads an authority, its userinfo left out. `None` where it has no host, or no port although
    /// there is no default, or a port that is no number: what clients make of that differs.
    pub(super) fn read(authority: &Authority, default_port: Option<u16>) -> Option<Self> {
        let host = authority.host();
        let port = match bare(authority).strip_prefix(host)? {
            "" | ":" => default_port?,
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        if host.is_empty() {
            return None;
        }
        Some(Self { host: host.into(), destination: Destination::new(Host::parse(host), port) })
    }
}

/// The hosts that a request names, by its target and in its `Host`, beside the one that it goes to.
pub(super) fn further_hosts<B>(request: &Request<B>, destination: &Destination) -> SmallVec<[Host; 1]> {
    let by_target = request.uri().authority().map(|authority| Host::parse(authority.host()));
    let named = by_target.into_iter().chain(host_field(request.headers()));
    let mut further: SmallVec<[Host; 1]> = named.filter(|host| *host != destination.host).collect();
    further.dedup();
    further
}

fn host_field(headers: &HeaderMap) -> Option<Host> {
    let text = headers.get(HOST)?.to_str().ok().filter(|text| !text.is_empty())?;
    let host = text.parse::<Authority>().map_or_else(|_| Host::parse(text), |authority| Host::parse(authority.host()));
    Some(host)
}

/// An authority without userinfo, as it belongs into `Host`.
pub(super) fn bare(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_userinfo, bare)| bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, default_port: Option<u16>) -> Option<String> {
        let asked = Asked::read(&text.parse().ok()?, default_port)?;
        Some(format!("{} {}", asked.host, asked.destination))
    }

    #[test]
    fn reads_hosts_as_the_resolver_will() {
        assert_eq!(read("Billing.example.:8080", None).as_deref(), Some("Billing.example. billing.example:8080"));
        assert_eq!(read("0x7f.1", Some(80)).as_deref(), Some("0x7f.1 127.0.0.1:80"));
        assert_eq!(read("[::1]:81", None).as_deref(), Some("[::1] [::1]:81"));
        assert_eq!(read("user:pa@evil.example:1", None).as_deref(), Some("evil.example evil.example:1"));
        assert_eq!(read("a.example:", Some(80)).as_deref(), Some("a.example a.example:80"));
    }

    #[test]
    fn refuses_ports_that_readers_differ_on() {
        for text in ["a.example", "a.example:", "a.example:99999", "a.example:-1", "a.example:8o"] {
            assert_eq!(read(text, None), None, "{text}");
        }
        assert_eq!(read("a.example:99999", Some(80)), None);
    }

    fn further(target: &str, host: &str) -> Vec<String> {
        let request = Request::builder().uri(target).header(HOST, host).body(()).unwrap();
        let destination = Destination::new(Host::parse("10.0.0.1"), 80);
        further_hosts(&request, &destination).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_host_field_is_read_as_the_resolver_would() {
        assert_eq!(further("/", "Billing.internal:80"), ["billing.internal"]);
        assert_eq!(further("/", "0x7f.1:8080"), ["127.0.0.1"]);
        assert_eq!(further("/", "[::1]:80"), ["[::1]"]);
        assert!(further("/", "0x0a.1:81").is_empty() && further("/", "").is_empty());
    }

    #[test]
    fn every_further_host_is_named_once() {
        assert_eq!(further("http://10.0.0.1/", "a.example"), ["a.example"]);
        assert_eq!(further("http://a.example/", "A.example:80"), ["a.example"]);
        assert_eq!(further("http://a.example/", "b.example"), ["a.example", "b.example"]);
    }
}
