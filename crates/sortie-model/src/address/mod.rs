//! Addresses: their notations and their classes.

mod book;
mod embedding;
mod metadata;
mod naming;
mod notation;
mod special;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

pub use book::{AddressBook, NamePattern, ParseNamePatternError};
pub use metadata::is_metadata_name;
pub use naming::{Naming, is_local_name};
pub use notation::{embedded_v4, inet_aton, ipv_future, loose_v4};

/// The class of an address. Every row of the two IANA special-purpose registries is in exactly one;
/// policy speaks in these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressClass {
    /// Reachable from everywhere.
    Public,
    /// Assigned to documentation, benchmarking, or not to be used at all.
    Reserved,
    /// Multicast and broadcast.
    Multicast,
    /// Private use, unique local, shared address space, and what `addresses.internal` adds.
    Private,
    /// Link-local.
    LinkLocal,
    /// This host: 127.0.0.0/8, ::1, 0.0.0.0/8, ::
    Loopback,
    /// A cloud metadata endpoint.
    Metadata,
}

impl AddressClass {
    /// All classes, the most harmless first.
    pub const ALL: [Self; 7] =
        [Self::Public, Self::Reserved, Self::Multicast, Self::Private, Self::LinkLocal, Self::Loopback, Self::Metadata];

    /// The class by the registries and the metadata table, after unwrapping an embedded IPv4.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => Self::of_v6(v6),
        }
    }

    /// Whether it is the host itself, or stands beside it for it alone: metadata, link-local, loopback.
    pub fn is_delicate(self) -> bool {
        matches!(self, Self::Metadata | Self::LinkLocal | Self::Loopback)
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        if metadata::is_metadata_v4(address) { Self::Metadata } else { special::class_v4(address) }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if metadata::is_metadata_v6(address) {
            return Self::Metadata;
        }
        let own = special::class_v6(address);
        // A translated or tunnelled address is dialled as the IPv4 inside: the worse of both counts.
        match embedded_v4(address) {
            Some(inner) if own == Self::Public || own == Self::Reserved => {
                let inner = Self::of_v4(inner);
                if inner == Self::Public { own.min(Self::Reserved) } else { inner }
            }
            _ => own,
        }
    }

    /// The word of configuration, tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Reserved => "reserved",
            Self::Multicast => "multicast",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Loopback => "loopback",
            Self::Metadata => "metadata",
        }
    }
}

impl std::fmt::Display for AddressClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
