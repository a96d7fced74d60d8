//! In which order the addresses of an answer are tried.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

/// The addresses in the order in which this host should try them, see [`sort`].
pub(super) fn ordered(addresses: &[IpAddr]) -> Arc<[IpAddr]> {
    let mut ordered: Arc<[IpAddr]> = Arc::from(addresses);
    if let Some(addresses) = Arc::get_mut(&mut ordered) {
        sort(addresses, has_route);
    }
    ordered
}

/// Sorts as `getaddrinfo(3)` would by rules 1 and 6 of RFC 6724 §6: addresses that this host has a
/// route to first, then by the precedence of a policy table. The order of the answer
/// decides among equals; scopes, labels and common prefixes are left out, for a program that
/// dials more than one family races them (RFC 8305) anyway.
///
/// `has_route` is asked only where the answer mixes families.
fn sort(addresses: &mut [IpAddr], has_route: impl Fn(IpAddr) -> bool) {
    let families_mixed = addresses.iter().any(IpAddr::is_ipv4) && addresses.iter().any(IpAddr::is_ipv6);
    if families_mixed {
        addresses.sort_by_cached_key(|&address| (!has_route(address), u8::MAX - precedence(address)));
    }
}

/// Whether this host has a source address for a destination. Connecting a datagram socket asks the
/// routing table and sends nothing.
fn has_route(address: IpAddr) -> bool {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let any_port = 9; // discard; which one does not matter
    UdpSocket::bind((any, 0)).and_then(|socket| socket.connect(SocketAddr::new(address, any_port))).is_ok()
}

/// The table that glibc is built with (`gai.conf(5)`): older than that of RFC 6724 §2.1, but it is
/// what programs get. IPv4 stands there as `::ffff:0:0/96`.
fn precedence(address: IpAddr) -> u8 {
    let IpAddr::V6(v6) = address else { return 10 };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => 50,
        [0, 0, 0, 0, 0, 0xffff, _, _] => 10,
        [0, 0, 0, 0, 0, 0, _, _] => 20,
        [0x2002, ..] => 30,
        _ => 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(texts: &[&str], unrouted: &str) -> Vec<String> {
        let mut addresses: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        sort(&mut addresses, |address| address.to_string() != unrouted);
        addresses.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn prefers_v6_by_the_table_of_glibc() {
        assert_eq!(sorted(&["192.0.2.1", "2001:db8::1"], ""), ["2001:db8::1", "192.0.2.1"]);
        assert_eq!(sorted(&["192.0.2.1", "2002::1", "fd00::1"], ""), ["fd00::1", "2002::1", "192.0.2.1"]);
        assert_eq!(sorted(&["127.0.0.1", "::1"], ""), ["::1", "127.0.0.1"]);
    }

    #[test]
    fn puts_what_has_no_route_last() {
        assert_eq!(sorted(&["2001:db8::1", "192.0.2.1"], "2001:db8::1"), ["192.0.2.1", "2001:db8::1"]);
    }

    #[test]
    fn keeps_the_order_of_one_family() {
        assert_eq!(sorted(&["192.0.2.9", "192.0.2.1"], "192.0.2.9"), ["192.0.2.9", "192.0.2.1"]);
    }
}
