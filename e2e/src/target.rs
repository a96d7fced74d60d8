//! What attackers are after.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::disguise::Disguise;
use crate::listener::{Hit, STATS_PORT};
use crate::named::Named;
use crate::shape::{HOST_ONLY_PATH, Shape};
use crate::world;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A destination of a denied class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The cloud's metadata service.
    Metadata,
    /// An internal host, by its name.
    InternalName,
    /// The same, by its address.
    InternalAddress,
    /// An internal host that the back end calls of its own accord all the time.
    OwnInternal,
    /// A port of the back end's own host.
    Loopback,
    /// The metadata service, through a redirect of the attacker's host.
    Redirect,
}

impl Goal {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Metadata, Self::InternalName, Self::InternalAddress, Self::OwnInternal, Self::Loopback, Self::Redirect];

    /// The class of the destination in findings.
    pub fn class(self) -> &'static str {
        match self {
            Self::Metadata | Self::Redirect => "metadata",
            Self::InternalName | Self::InternalAddress | Self::OwnInternal => "private",
            Self::Loopback => "loopback",
        }
    }
}

/// One destination to be reached by one attack.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the attacker names.
    pub named: Named,
    /// Where the last dial must arrive.
    pub listener: SocketAddr,
    /// The path that it must ask for.
    pub path: String,
}

impl Target {
    /// The target of `goal` for `shape`, if the shape can be used for it. `marker` makes the path
    /// unlike any other.
    pub fn new(goal: Goal, shape: Shape, marker: &str) -> Option<Self> {
        let credentials = format!("/latest/meta-data/iam/security-credentials/shop-{marker}");
        let console = format!("/console/{marker}");
        let (address, port, authority, path) = match goal {
            Goal::Metadata => (world::METADATA, 80, world::METADATA.to_string(), credentials),
            Goal::InternalName => (world::ADMIN, 80, world::ADMIN_NAME.to_owned(), console),
            Goal::InternalAddress => (world::ADMIN, 80, world::ADMIN.to_string(), console),
            Goal::OwnInternal => (world::BILLING, 80, world::BILLING_NAME.to_owned(), format!("/v1/credit/{marker}")),
            Goal::Loopback => (Ipv4Addr::LOCALHOST, STATS_PORT, format!("127.0.0.1:{STATS_PORT}"), console),
            Goal::Redirect if shape.follows_redirects() => {
                let to = format!("http://{}{credentials}", world::METADATA);
                let named = format!("http://{}/r?to={}", world::EVIL_NAME, utf8_percent_encode(&to, NON_ALPHANUMERIC));
                return Some(Self::at(world::METADATA, 80, &named, credentials));
            }
            Goal::Redirect => return None,
        };
        let path = if shape.names_path() { path } else { HOST_ONLY_PATH.to_owned() };
        Some(Self::at(address, port, &format!("http://{authority}{path}"), path))
    }

    /// The same target in another spelling, where its address can be spelled so.
    #[must_use]
    pub fn disguised(mut self, disguise: Disguise) -> Option<Self> {
        let IpAddr::V4(address) = self.listener.ip() else { return None };
        self.named = disguise.apply(address, self.listener.port(), &self.path)?;
        Some(self)
    }

    fn at(address: Ipv4Addr, port: u16, named: &str, path: String) -> Self {
        let listener = SocketAddr::new(IpAddr::V4(address), port);
        Self { named: Named::new(named), listener, path }
    }

    /// Whether this request reached the target.
    pub fn is_hit(&self, hit: &Hit) -> bool {
        hit.at == self.listener && hit.path == self.path
    }
}
