//! What the attackers of the range are after, and how the network there differs from [`world`].

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Command;

use crate::listener::{self, Hit, Log, STATS_PORT};
use crate::world;

/// A destination of a denied class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The cloud's metadata service.
    Metadata,
    /// An internal host that the back end never calls.
    Admin,
    /// A port of the back end's own host, which the back end calls itself.
    Loopback,
    /// An internal host that the back end calls itself.
    Billing,
}

impl Aim {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Metadata, Self::Admin, Self::Loopback, Self::Billing];

    /// Its address.
    pub fn address(self) -> Ipv4Addr {
        match self {
            Self::Metadata => world::METADATA,
            Self::Admin => world::ADMIN,
            Self::Loopback => Ipv4Addr::LOCALHOST,
            Self::Billing => world::BILLING,
        }
    }

    /// Its port.
    pub fn port(self) -> u16 {
        if self == Self::Loopback { STATS_PORT } else { 80 }
    }

    /// Its name, where it has one that the service itself could use.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Metadata => None,
            Self::Admin => Some(world::ADMIN_NAME),
            Self::Loopback => Some("localhost"),
            Self::Billing => Some(world::BILLING_NAME),
        }
    }

    /// The part of further names for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Metadata => "meta",
            Self::Admin => "admin",
            Self::Loopback => "stats",
            Self::Billing => "billing",
        }
    }

    /// A path there that no other attack asks for.
    pub fn path(self, marker: &str) -> String {
        match self {
            Self::Metadata => format!("/latest/meta-data/iam/security-credentials/desk-{marker}"),
            Self::Admin => format!("/console/{marker}"),
            Self::Loopback => format!("/debug/{marker}"),
            Self::Billing => format!("/v1/credit/{marker}"),
        }
    }
}

/// Further addresses that lead to an aim: this host in IPv6, and addresses that hold an IPv4 one.
const ALSO: [(Ipv6Addr, Aim); 4] = [
    (Ipv6Addr::LOCALHOST, Aim::Loopback),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0xa9fe, 0xa9fe), Aim::Metadata),
    (Ipv6Addr::new(0x2002, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1), Aim::Metadata),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Aim::Metadata),
];

/// Gives the namespace those addresses, and serves there what the aim serves.
pub async fn serve_also(log: &Log) -> io::Result<()> {
    for (address, aim) in ALSO {
        if !address.is_loopback() {
            let add = ["-6", "address", "add", &format!("{address}/128"), "dev", "lo", "nodad"];
            let status = Command::new("ip").args(add).status()?;
            assert!(status.success(), "ip {}: {status}", add.join(" "));
        }
        listener::serve_also(log, SocketAddr::new(IpAddr::V6(address), aim.port()), aim.address()).await?;
    }
    Ok(())
}

/// Whether a request reached a destination of a denied class.
pub fn is_denied(hit: &Hit) -> bool {
    match hit.at.ip() {
        IpAddr::V4(v4) => Aim::ALL.iter().any(|aim| aim.address() == v4),
        IpAddr::V6(v6) => ALSO.iter().any(|(address, _)| *address == v6),
    }
}
