//! Sortie's own listeners, as destinations of dials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Where this process listens.
#[derive(Clone, Debug, Default)]
pub struct OwnListeners {
    /// Outbound doors and the admin listener: no dial may reach them.
    pub closed: Vec<SocketAddr>,
    /// Inbound doors: what is behind them is this host's own, whatever address they listen on.
    pub inbound: Vec<SocketAddr>,
}

impl OwnListeners {
    /// Whether a connection to any of these addresses would reach a listener that no dial may reach.
    pub(super) fn is_closed(&self, addresses: &[IpAddr], port: u16) -> bool {
        any_reaches(&self.closed, addresses, port)
    }

    /// Whether a connection to any of these addresses would reach an inbound door.
    pub(super) fn is_inbound(&self, addresses: &[IpAddr], port: u16) -> bool {
        any_reaches(&self.inbound, addresses, port)
    }
}

fn any_reaches(listeners: &[SocketAddr], addresses: &[IpAddr], port: u16) -> bool {
    let mut listeners = listeners.iter().filter(|listener| listener.port() == port);
    listeners.any(|listener| addresses.iter().any(|address| reaches(*address, listener)))
}

/// Whether a connection to `address` and the listener's port arrives at the listener.
fn reaches(address: IpAddr, listener: &SocketAddr) -> bool {
    // connect() to the unspecified address reaches this host's loopback.
    let dialled = match address.to_canonical() {
        IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        canonical => canonical,
    };
    match listener.ip().to_canonical() {
        any if any.is_unspecified() => is_of_this_host(dialled),
        one => one == dialled,
    }
}

/// Whether an address is one of this host's: it can be bound then, and is not otherwise. Interfaces
/// come and go, so this is asked anew for each dial to a listener's port; nothing is sent.
fn is_of_this_host(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaches_all(address: &str, listener: &str) -> bool {
        reaches(address.parse().unwrap(), &listener.parse().unwrap())
    }

    #[test]
    fn every_way_to_write_this_host_reaches_it() {
        for address in ["127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1"] {
            assert!(reaches_all(address, "127.0.0.1:3128"), "{address}");
        }
        assert!(reaches_all("::", "[::1]:3128"));
        assert!(!reaches_all("127.0.0.2", "127.0.0.1:3128"));
    }

    #[test]
    fn a_listener_on_all_addresses_is_reached_by_those_of_this_host_only() {
        for address in ["127.0.0.1", "127.3.2.1", "0.0.0.0", "::1"] {
            assert!(reaches_all(address, "0.0.0.0:8080"), "{address}");
        }
        // Documentation addresses, which no host has.
        assert!(!reaches_all("192.0.2.77", "0.0.0.0:8080"));
        assert!(!reaches_all("2001:db8::77", "[::]:8080"));
    }

    #[test]
    fn the_port_must_be_the_listener_s() {
        let listeners = OwnListeners { closed: vec!["127.0.0.1:3128".parse().unwrap()], inbound: Vec::new() };
        let localhost = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        assert!(listeners.is_closed(&localhost, 3128) && !listeners.is_closed(&localhost, 3129));
        assert!(!listeners.is_inbound(&localhost, 3128));
    }
}
