//! The IANA special-purpose address registries, every row in exactly one class.
//!
//! Sources: "IANA IPv4 Special-Purpose Address Registry" and "IANA IPv6 Special-Purpose Address
//! Registry" (RFC 6890 and successors), "IPv4 Multicast Address Space Registry" (RFC 5771) and
//! RFC 4291 §2.7; state of 2025-10. A row is never public, though the registry calls some globally
//! reachable: no customer's service is there, and an anycast address leads to the network's own
//! machines. Where an IPv4 address is embedded that one decides (`docs/decisions/0013`).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::AddressClass::{self, LinkLocal, Loopback, Multicast, Private, Public, Reserved};

/// Network, prefix length, class. The longest match decides, so more specific rows stand first.
const V4: &[(Ipv4Addr, u8, AddressClass)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, Loopback), // "this network"; connect() to 0.0.0.0 reaches this host
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private), // shared address space, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8, Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private),
    (Ipv4Addr::new(192, 0, 0, 9), 32, Reserved), // Port Control Protocol anycast
    (Ipv4Addr::new(192, 0, 0, 10), 32, Reserved), // TURN anycast
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved), // IETF protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24, Reserved), // TEST-NET-1
    (Ipv4Addr::new(192, 31, 196, 0), 24, Reserved), // AS112-v4
    (Ipv4Addr::new(192, 52, 193, 0), 24, Reserved), // AMT
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reserved), // deprecated 6to4 relay anycast
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private),
    (Ipv4Addr::new(192, 175, 48, 0), 24, Reserved), // direct delegation AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15, Reserved),   // benchmarking
    (Ipv4Addr::new(198, 51, 100, 0), 24, Reserved), // TEST-NET-2
    (Ipv4Addr::new(203, 0, 113, 0), 24, Reserved),  // TEST-NET-3
    (Ipv4Addr::new(224, 0, 0, 0), 4, Multicast),
    (Ipv4Addr::BROADCAST, 32, Multicast), // limited broadcast
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved),
];

const V6: &[(Ipv6Addr, u8, AddressClass)] = &[
    (Ipv6Addr::LOCALHOST, 128, Loopback),
    (Ipv6Addr::UNSPECIFIED, 128, Loopback), // connect() to :: reaches this host
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, Public), // IPv4-mapped: the IPv4 inside decides
    (Ipv6Addr::UNSPECIFIED, 96, Reserved),  // IPv4-compatible, deprecated
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, Public), // NAT64: the IPv4 inside decides
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Private), // NAT64, local use
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Reserved), // discard-only
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64, Reserved), // dummy prefix
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 1), 128, Reserved), // Port Control Protocol anycast
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 2), 128, Reserved), // TURN anycast
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 3), 128, Reserved), // DNS-SD SRP anycast
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Reserved), // benchmarking
    (Ipv6Addr::new(0x2001, 3, 0, 0, 0, 0, 0, 0), 32, Reserved), // AMT
    (Ipv6Addr::new(0x2001, 4, 0x112, 0, 0, 0, 0, 0), 48, Reserved), // AS112-v6
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Reserved), // Teredo
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28, Reserved), // ORCHIDv2
    (Ipv6Addr::new(0x2001, 0x30, 0, 0, 0, 0, 0, 0), 28, Reserved), // drone remote id
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Reserved), // documentation
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reserved), // IETF protocol assignments
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Public), // 6to4: the IPv4 inside decides
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48, Reserved), // direct delegation AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Reserved), // documentation
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, Reserved), // SRv6 SIDs
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Private), // site-local, deprecated
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Multicast),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Public), // global unicast
];

pub(super) fn class_v4(address: Ipv4Addr) -> AddressClass {
    let bits = u32::from(address);
    longest(
        V4.iter().map(|&(network, length, class)| (u32::from(network) ^ bits, length, class)),
        |difference, length| difference.checked_shr(32 - u32::from(length)).unwrap_or(0) == 0,
    )
    .unwrap_or(Public)
}

/// Outside 2000::/3 and the registry's rows nothing is assigned: reserved.
pub(super) fn class_v6(address: Ipv6Addr) -> AddressClass {
    let bits = u128::from(address);
    longest(
        V6.iter().map(|&(network, length, class)| (u128::from(network) ^ bits, length, class)),
        |difference, length| difference.checked_shr(128 - u32::from(length)).unwrap_or(0) == 0,
    )
    .unwrap_or(Reserved)
}

fn longest<B>(
    rows: impl Iterator<Item = (B, u8, AddressClass)>,
    matches: impl Fn(B, u8) -> bool,
) -> Option<AddressClass> {
    rows.filter_map(|(difference, length, class)| matches(difference, length).then_some((length, class)))
        .max_by_key(|&(length, _)| length)
        .map(|(_, class)| class)
}
