//! Addresses that are written in a name, as wildcard DNS services read them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Every address in a name: four decimal parts with dots or hyphens between them (`10.0.0.1`,
/// `app-10-0-0-1`), eight hexadecimal digits as a word (`7f000001`), and an IPv6 address with hyphens
/// for colons as a label (`fd00--1`).
pub(super) fn addresses_in(name: &str) -> impl Iterator<Item = IpAddr> {
    quads(name).chain(hexadecimal(name)).map(IpAddr::V4).chain(v6(name).map(IpAddr::V6))
}

fn is_joint(c: char) -> bool {
    matches!(c, '.' | '-')
}

fn quads(name: &str) -> impl Iterator<Item = Ipv4Addr> {
    let words: Vec<&str> = name.split(is_joint).collect();
    let read = |quad: &[&str]| {
        let mut octets = [0; 4];
        for (octet, word) in octets.iter_mut().zip(quad) {
            *octet = word.parse().ok().filter(|_| !word.starts_with('+'))?;
        }
        Some(Ipv4Addr::from(octets))
    };
    words.windows(4).filter_map(read).collect::<Vec<_>>().into_iter()
}

fn hexadecimal(name: &str) -> impl Iterator<Item = Ipv4Addr> {
    let is_hexadecimal = |word: &&str| word.len() == 8 && word.bytes().all(|b| b.is_ascii_hexdigit());
    name.split(is_joint)
        .filter(is_hexadecimal)
        .filter_map(|word| u32::from_str_radix(word, 16).ok())
        .map(Ipv4Addr::from)
}

/// At least two hyphens side by side, or eight groups: other labels with hyphens are words.
fn v6(name: &str) -> impl Iterator<Item = Ipv6Addr> {
    name.split('.').filter(|label| label.contains("--") || label.matches('-').count() == 7).filter_map(|label| {
        let text = label.replace('-', ":");
        text.parse().ok()
    })
}

/// The short form of xip.io: the label before its domain is the address, its first byte the lowest, to the
/// base of 36.
pub(super) fn xip_short(name: &str) -> Option<IpAddr> {
    let label = name.strip_suffix(".xip.io")?.rsplit('.').next()?;
    let number = u32::from_str_radix(label, 36).ok().filter(|_| label.len() >= 6 && !label.starts_with('+'))?;
    Some(IpAddr::V4(Ipv4Addr::from(number.swap_bytes())))
}
