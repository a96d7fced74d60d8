//! Where a dial goes, or a candidate points.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A host as it is compared: an address, or a name in lower case without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Host {
    /// A literal address, IPv4-mapped IPv6 written as the IPv4 it dials.
    Ip(IpAddr),
    /// A DNS name, or what a program would ask a resolver for.
    Name(Arc<str>),
}

impl Host {
    /// A literal address, IPv4-mapped forms unwrapped.
    pub fn ip(address: IpAddr) -> Self {
        match address {
            IpAddr::V6(v6) => Self::Ip(v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)),
            IpAddr::V4(_) => Self::Ip(address),
        }
    }

    /// A name: lower-cased, one trailing dot removed. The text is not checked further.
    pub fn name(name: &str) -> Self {
        let bare = name.strip_suffix('.').unwrap_or(name);
        let is_lower = !bare.bytes().any(|b| b.is_ascii_uppercase());
        Self::Name(if is_lower { Arc::from(bare) } else { Arc::from(bare.to_ascii_lowercase()) })
    }

    /// An address in any notation of `inet_aton(3)` or RFC 4291 (with or without brackets and
    /// zone), else a name. This is how glibc, and so the outbound door, reads an authority.
    pub fn parse(text: &str) -> Self {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        if bare.contains(':') {
            let unzoned = bare.split_once('%').map_or(bare, |(address, _zone)| address);
            if let Ok(v6) = unzoned.parse::<Ipv6Addr>() {
                return Self::ip(IpAddr::V6(v6));
            }
        }
        match crate::address::inet_aton(bare.strip_suffix('.').unwrap_or(bare)) {
            Some(v4) => Self::Ip(IpAddr::V4(v4)),
            None => Self::name(bare),
        }
    }

    /// The literal address, if it is one.
    pub fn as_ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Name(_) => None,
        }
    }

    /// The name, if it is one.
    pub fn as_name(&self) -> Option<&str> {
        match self {
            Self::Ip(_) => None,
            Self::Name(name) => Some(name),
        }
    }

    /// The labels of a name below its top-level domain, from the left: what a program may have been given to complete.
    /// None of an address, nor of a single label.
    pub fn lower_labels(&self) -> impl Iterator<Item = &str> {
        let lower = self.as_name().and_then(|name| name.rsplit_once('.'));
        lower.into_iter().flat_map(|(lower, _)| lower.split('.'))
    }
}

/// As in a URL's authority: IPv6 in brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(v6)) => write!(f, "[{v6}]"),
            Self::Ip(IpAddr::V4(v4)) => write!(f, "{v4}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// What own evidence, rates and proof are kept for: a host and a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Destination {
    /// The host as it was asked for, before resolution.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
}

impl Destination {
    /// `host:port`.
    pub fn new(host: Host, port: u16) -> Self {
        Self { host, port }
    }
}

/// The text is no destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no destination: expected a host and a port, as in billing.internal:80 or [fd00::1]:80")]
pub struct ParseDestinationError(String);

impl FromStr for Destination {
    type Err = ParseDestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseDestinationError(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(error)?;
        let is_bare_v6 = host.contains(':') && !host.starts_with('[');
        if host.is_empty() || is_bare_v6 || host.contains(char::is_whitespace) {
            return Err(error());
        }
        Ok(Self { host: Host::parse(host), port: port.parse().map_err(|_| error())? })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_notation_glibc_reads() {
        let metadata = Host::parse("169.254.169.254");
        for text in [
            "0xa9fea9fe",
            "2852039166",
            "0251.0376.0251.0376",
            "169.254.43518",
            "[::ffff:a9fe:a9fe]",
            "169.254.169.254.",
        ] {
            assert_eq!(Host::parse(text), metadata, "{text}");
        }
        assert_eq!(Host::parse("Billing.Internal."), Host::name("billing.internal"));
        assert_eq!(Host::parse("[fe80::1%eth0]"), Host::parse("fe80::1"));
    }

    #[test]
    fn destinations_read_as_they_show() {
        for text in ["billing.internal:80", "10.0.0.1:8500", "[fd00::1]:443"] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in ["", "billing", ":80", "billing:", "billing:70000", "fd00::1:80", "a b:80"] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
