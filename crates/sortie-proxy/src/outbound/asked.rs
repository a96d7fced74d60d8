//! The destination that an app asks for.

use http::uri::Authority;
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
}
