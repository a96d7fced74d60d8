//! Who sends.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::privacy::Digest;

/// How an actor was told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A session cookie or bearer token, by its keyed digest.
    Session,
    /// An API key, by its keyed digest.
    ApiKey,
    /// The client address behind trusted proxies.
    Address,
}

impl ActorKind {
    /// The word for tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::ApiKey => "api_key",
            Self::Address => "address",
        }
    }
}

/// One sender of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What the identity rests on.
    pub kind: ActorKind,
    /// Digest of the session, token or key; `None` where only the address is known.
    pub token: Option<Digest>,
    /// The client address, through trusted proxies only.
    pub address: IpAddr,
}

impl Actor {
    /// An actor known by nothing but an address.
    pub fn by_address(address: IpAddr) -> Self {
        Self { kind: ActorKind::Address, token: None, address }
    }

    /// The identity under which votes are counted and stories are kept: the token where there is
    /// one, so that an actor who changes his address stays the same. Of an IPv6 address the /64: that
    /// much is given to every household (RFC 6177), and whoever has it may use all of it.
    pub fn id(&self) -> ActorId {
        match self.token {
            Some(token) => ActorId::Token(token),
            None => ActorId::Address(network(self.address)),
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

/// See [`Actor::id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActorId {
    /// Digest of a session, token or key.
    Token(Digest),
    /// A client address, or the first one of its /64.
    Address(IpAddr),
}

impl std::fmt::Display for ActorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(digest) => write!(f, "{digest}"),
            Self::Address(IpAddr::V6(network)) if !network.is_loopback() => write!(f, "{network}/64"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(address: &str) -> ActorId {
        Actor::by_address(address.parse().unwrap()).id()
    }

    #[test]
    fn addresses_of_one_household_are_one_actor() {
        assert_eq!(id("2001:db8:1:2:3:4:5:6"), id("2001:db8:1:2::7"));
        assert_ne!(id("2001:db8:1:2::7"), id("2001:db8:1:3::7"));
        assert_eq!(id("2001:db8:1:2::7").to_string(), "2001:db8:1:2::/64");
        assert_eq!(id("::ffff:198.51.100.7"), id("198.51.100.7"));
        assert_ne!(id("198.51.100.7"), id("198.51.100.8"));
    }
}
