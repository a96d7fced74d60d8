//! The map: which host has which name and address, on either ground.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

use sortie_model::AddressClass;

use crate::{CUSTOMERS, DemoError, Ground};

/// Ports on which the world's hosts are tried, where port 80 needs rights that the process lacks.
const WEB_PORTS: std::ops::RangeInclusive<u16> = 8180..=8199;
/// The listener on the shop's own host that nobody outside is to see.
const OPS_PORT: u16 = 9000;
/// What else an attacker knocks at on a host: SSH, databases, caches, service discovery, search.
const KNOCKED: [u16; 7] = [22, 3306, 5432, 6379, 8500, 9200, 11211];

/// A host of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// The cloud's metadata service.
    Metadata,
    /// The billing service that the shop asks for credit.
    Billing,
    /// The attacker's host.
    Cdn,
    /// The operations panel on the shop's own host.
    Ops,
    /// A customer's host, by the customer's number.
    Customer(usize),
}

/// The doors' and the shop's listeners.
#[derive(Clone, Copy, Debug)]
pub struct Doors {
    /// Where clients are to send.
    pub inbound: SocketAddr,
    /// The shop itself.
    pub shop: SocketAddr,
    /// The shop's proxy.
    pub outbound: SocketAddr,
}

/// Names, addresses and ports of the world.
#[derive(Clone, Debug)]
pub struct Atlas {
    ground: Ground,
    web_port: u16,
    ops_port: u16,
    closed_ports: Vec<u16>,
    doors: Doors,
}

impl Atlas {
    /// Draws the map.
    ///
    /// # Errors
    /// [`DemoError::NoPort`], [`DemoError::Listen`]: on loopback, where free ports must be found.
    pub fn draw(ground: Ground) -> Result<Self, DemoError> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match ground {
            Ground::Namespace => Ok(Self {
                ground,
                web_port: 80,
                ops_port: OPS_PORT,
                closed_ports: KNOCKED.to_vec(),
                doors: Doors { inbound: local(8080), shop: local(5000), outbound: local(3128) },
            }),
            Ground::Loopback => {
                // Real programs may listen on this machine's loopback: only ports that were free a
                // moment ago are knocked at.
                let ops = address_on_loopback(Site::Ops);
                let free = |address: Ipv4Addr, count: usize| free_ports(address, count);
                let doors = free(Ipv4Addr::LOCALHOST, 3)?;
                let mut knocked = free(ops, KNOCKED.len() + 1)?;
                let ops_port = knocked.pop().unwrap_or(OPS_PORT);
                Ok(Self {
                    ground,
                    web_port: web_port()?,
                    ops_port,
                    closed_ports: knocked,
                    doors: Doors { inbound: local(doors[0]), shop: local(doors[1]), outbound: local(doors[2]) },
                })
            }
        }
    }

    /// The ground it was drawn for.
    pub fn ground(&self) -> Ground {
        self.ground
    }

    /// The port of the world's web servers.
    pub fn web_port(&self) -> u16 {
        self.web_port
    }

    /// Where the doors and the shop stand.
    pub fn doors(&self) -> Doors {
        self.doors
    }

    /// Every host.
    pub fn sites() -> impl Iterator<Item = Site> {
        let customers = (0..CUSTOMERS.len()).map(Site::Customer);
        [Site::Metadata, Site::Billing, Site::Cdn, Site::Ops].into_iter().chain(customers)
    }

    /// A host's address.
    pub fn address(&self, site: Site) -> Ipv4Addr {
        match self.ground {
            Ground::Namespace => address_in_namespace(site),
            Ground::Loopback => address_on_loopback(site),
        }
    }

    /// Where a host listens.
    pub fn listen(&self, site: Site) -> SocketAddr {
        let port = if site == Site::Ops { self.ops_port } else { self.web_port };
        SocketAddr::V4(SocketAddrV4::new(self.address(site), port))
    }

    /// A host as URLs name it, with the port where it is not 80.
    pub fn authority(&self, site: Site) -> String {
        let host = match site {
            Site::Billing => "billing.internal".to_owned(),
            Site::Cdn => "cdn.evil.example".to_owned(),
            Site::Customer(number) => format!("hooks.{}.example", CUSTOMERS[number].name),
            Site::Metadata if self.ground == Ground::Loopback => "instance-data.ec2.internal".to_owned(),
            Site::Metadata | Site::Ops => self.address(site).to_string(),
        };
        match self.listen(site).port() {
            80 => host,
            port => format!("{host}:{port}"),
        }
    }

    /// The ports of the shop's own host that the attacker knocks at, the open one among them.
    pub fn knocked(&self) -> Vec<u16> {
        let mut ports = self.closed_ports.clone();
        ports.push(self.ops_port);
        ports.sort_unstable();
        ports
    }

    /// The hosts file of the world.
    pub fn hosts_file(&self) -> String {
        let mut file = String::from("127.0.0.1 localhost\n");
        for site in Self::sites() {
            let address = self.address(site);
            let authority = self.authority(site);
            let name = authority.split_once(':').map_or(authority.as_str(), |(name, _)| name);
            if name.parse::<Ipv4Addr>().is_err() {
                let _ = writeln!(file, "{address} {name}"); // writing to a string does not fail
            }
        }
        file
    }

    /// The class that the registries give a host's destination here.
    pub fn class(&self, site: Site) -> AddressClass {
        match (site, self.ground) {
            (Site::Metadata, _) => AddressClass::Metadata,
            (Site::Ops, _) | (Site::Billing, Ground::Loopback) => AddressClass::Loopback,
            (Site::Billing, Ground::Namespace) => AddressClass::Private,
            (Site::Cdn | Site::Customer(_), _) => AddressClass::Public,
        }
    }
}

/// What the hosts' addresses would be anywhere: metadata and private ranges, TEST-NET-3 for the
/// public ones.
fn address_in_namespace(site: Site) -> Ipv4Addr {
    match site {
        Site::Metadata => Ipv4Addr::new(169, 254, 169, 254),
        Site::Billing => Ipv4Addr::new(10, 20, 0, 5),
        Site::Cdn => Ipv4Addr::new(203, 0, 113, 9),
        Site::Ops => Ipv4Addr::LOCALHOST,
        Site::Customer(number) => Ipv4Addr::new(203, 0, 113, 20 + number as u8),
    }
}

/// The same with 127 in front; the operations panel has an address apart from what else runs here.
fn address_on_loopback(site: Site) -> Ipv4Addr {
    let [_, second, third, fourth] = address_in_namespace(site).octets();
    if site == Site::Ops { Ipv4Addr::new(127, 0, 66, 1) } else { Ipv4Addr::new(127, second, third, fourth) }
}

/// Ports that are free at this moment.
fn free_ports(address: Ipv4Addr, count: usize) -> Result<Vec<u16>, DemoError> {
    let any = SocketAddr::from((address, 0));
    let listen = |source| DemoError::Listen { address: any, source };
    // All are held until all are found, so that none is found twice.
    let held: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind(any).map_err(listen)).collect::<Result<_, _>>()?;
    held.iter().map(|listener| listener.local_addr().map(|address| address.port()).map_err(listen)).collect()
}

/// A port that is free on the addresses of all hosts.
fn web_port() -> Result<u16, DemoError> {
    let is_free = |port: &u16| {
        Atlas::sites()
            .filter(|site| *site != Site::Ops)
            .all(|site| TcpListener::bind(SocketAddr::from((address_on_loopback(site), *port))).is_ok())
    };
    let none = DemoError::NoPort { first: *WEB_PORTS.start(), last: *WEB_PORTS.end() };
    WEB_PORTS.into_iter().find(is_free).ok_or(none)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_host_has_an_address_of_its_own() {
        for ground in [Ground::Namespace, Ground::Loopback] {
            let atlas = Atlas::draw(ground).unwrap();
            let addresses: HashSet<_> = Atlas::sites().map(|site| atlas.address(site)).collect();
            assert_eq!(addresses.len(), Atlas::sites().count());
            assert_eq!(atlas.knocked().len(), 8);
        }
    }

    #[test]
    fn loopback_stays_on_loopback() {
        let atlas = Atlas::draw(Ground::Loopback).unwrap();
        assert!(Atlas::sites().all(|site| atlas.address(site).is_loopback()));
        assert!(sortie_model::address::is_metadata_name("instance-data.ec2.internal"));
        assert!(atlas.hosts_file().contains("127.254.169.254 instance-data.ec2.internal\n"));
    }

    #[test]
    fn the_namespace_has_the_real_addresses() {
        let atlas = Atlas::draw(Ground::Namespace).unwrap();
        assert_eq!(atlas.authority(Site::Metadata), "169.254.169.254");
        assert_eq!(atlas.authority(Site::Ops), "127.0.0.1:9000");
        assert!(atlas.hosts_file().contains("10.20.0.5 billing.internal\n"));
        for site in [Site::Metadata, Site::Billing, Site::Ops] {
            assert_eq!(AddressClass::of(atlas.address(site).into()), atlas.class(site));
        }
    }
}
