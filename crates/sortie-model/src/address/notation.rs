//! The notations of an address.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Reads an IPv4 address as glibc's `inet_aton(3)` does: one to four parts, each decimal, octal
/// (leading `0`) or hexadecimal (`0x`), the last one filling the remaining bytes.
///
/// Differs from glibc in one point: trailing white space and what follows it are not accepted.
pub fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    // The cheap tests first: most texts are names, and most others are written plainly.
    if !text.bytes().next()?.is_ascii_digit() {
        return None;
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in text.split('.') {
        if count == 4 {
            return None;
        }
        parts[count] = number(part)?;
        count += 1;
    }
    let (last, leading) = parts[..count].split_last()?;
    let last_limit = 1_u64 << (8 * (5 - count));
    if leading.iter().any(|&part| part > 255) || *last >= last_limit {
        return None;
    }
    let head = leading.iter().enumerate().fold(0_u64, |address, (index, part)| address | part << (24 - 8 * index));
    Some(Ipv4Addr::from((head | last) as u32))
}

/// Reads what is no IPv4 address to `inet_aton(3)` and one to looser readers: parts that are too large
/// count by their low bits (`425.510.425.510` is 169.254.169.254), octal ones may begin with `0o`, `o` or
/// `q`, and binary ones with `0b`.
pub fn loose_v4(text: &str) -> Option<Ipv4Addr> {
    if inet_aton(text).is_some() || !text.ends_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let parts: Option<Vec<u32>> = text.split('.').map(low_bits).collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, leading) = parts.split_last()?;
    // As in `inet_aton`: the last part fills what the others leave.
    let room = u32::MAX.checked_shr(8 * leading.len() as u32).unwrap_or(0);
    let head = leading.iter().enumerate().fold(0, |address, (index, part)| address | (part & 0xff) << (24 - 8 * index));
    Some(Ipv4Addr::from(head | last & room))
}

/// The address that follows the version in an address of a future version (`v1.fe80::1`, RFC 3986
/// §3.2.2), without brackets. No such version is known, so nobody dials it, and who writes it hides one.
pub fn ipv_future(text: &str) -> Option<Ipv6Addr> {
    let (version, address) = text.strip_prefix(['v', 'V'])?.split_once('.')?;
    let is_version = !version.is_empty() && version.bytes().all(|b| b.is_ascii_hexdigit());
    address.parse().ok().filter(|_| is_version)
}

fn low_bits(part: &str) -> Option<u32> {
    let octal = ["0o", "0O", "o", "q"].iter().find_map(|prefix| part.strip_prefix(prefix));
    let (digits, radix) = match part.as_bytes() {
        _ if octal.is_some() => (octal.unwrap_or_default(), 8),
        [b'0', b'x' | b'X', ..] => (&part[2..], 16),
        [b'0', b'b' | b'B', ..] => (&part[2..], 2),
        [b'0', _, ..] => (&part[1..], 8),
        _ => (part, 10),
    };
    let add = |value: u32, digit: char| Some(value.wrapping_mul(radix).wrapping_add(digit.to_digit(radix)?));
    (!digits.is_empty()).then(|| digits.chars().try_fold(0, add)).flatten()
}

fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&part[2..], 16),
        [b'0', _, ..] => (&part[1..], 8),
        _ => (part, 10),
    };
    // `u64::from_str_radix` would take a sign, and glibc reads a bare "0x" as nothing.
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// The IPv4 address that an IPv6 address embeds: IPv4-mapped and -compatible (RFC 4291 §2.5.5),
/// NAT64 (RFC 6052, well-known and local-use prefix with /96), 6to4 (RFC 3056), Teredo (RFC 4380,
/// the client's obfuscated address) and ISATAP (RFC 5214).
pub fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0, 0, _] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(pair(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Some(pair(!high, !low)),
        _ => None,
    }
}
