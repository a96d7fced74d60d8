//! Spellings by which an attacker hopes that a check reads another host than the client dials.

use std::net::Ipv4Addr;

use crate::named::Named;
use crate::world;

/// One way to write an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disguise {
    /// `2852039166`
    Decimal,
    /// `0xa9fea9fe`
    Hex,
    /// `0xa9.0xfe.0xa9.0xfe`
    DottedHex,
    /// `0251.0376.0251.0376`
    Octal,
    /// `169.254.43518`
    Short,
    /// `[::ffff:169.254.169.254]`
    Mapped,
    /// `[::ffff:a9fe:a9fe]`
    MappedHex,
    /// `169.254.169.254.`
    TrailingDot,
    /// A public host as user information.
    Userinfo,
    /// The same, ended by a backslash, which only browsers read as a slash.
    Backslash,
    /// A public host behind a number sign.
    Fragment,
    /// `HTTP://`
    UpperScheme,
    /// A percent-encoded first digit.
    PercentHost,
    /// Full-width digits.
    FullWidth,
    /// Digits in circles.
    Enclosed,
    /// A tab inside the host.
    Tab,
    /// The attacker's own name for the address.
    Alias,
    /// The same in capitals.
    UpperAlias,
    /// `0.0.0.0`, which dials this host.
    Zero,
    /// `localhost`
    Localhost,
}

impl Disguise {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Decimal,
        Self::Hex,
        Self::DottedHex,
        Self::Octal,
        Self::Short,
        Self::Mapped,
        Self::MappedHex,
        Self::TrailingDot,
        Self::Userinfo,
        Self::Backslash,
        Self::Fragment,
        Self::UpperScheme,
        Self::PercentHost,
        Self::FullWidth,
        Self::Enclosed,
        Self::Tab,
        Self::Alias,
        Self::UpperAlias,
        Self::Zero,
        Self::Localhost,
    ];

    /// The URL of `path` at an address in this spelling, where the address can be spelled so.
    pub fn apply(self, address: Ipv4Addr, port: u16, path: &str) -> Option<Named> {
        let public = world::PARTNER_NAMES[0];
        let number = u32::from(address);
        let [a, b, c, d] = address.octets();
        let short = number & 0xffff;
        let host = match self {
            Self::Decimal => number.to_string(),
            Self::Hex => format!("{number:#x}"),
            Self::DottedHex => format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
            Self::Octal => format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            Self::Short => format!("{a}.{b}.{short}"),
            Self::Mapped => format!("[::ffff:{address}]"),
            Self::MappedHex => format!("[::ffff:{:x}:{short:x}]", number >> 16),
            Self::TrailingDot => format!("{address}."),
            Self::Userinfo => format!("{public}@{address}"),
            Self::Backslash => format!("{public}\\@{address}"),
            Self::Fragment => return Some(Named::new(format!("http://{address}:{port}{path}#@{public}/"))),
            Self::UpperScheme => return Some(Named::new(format!("HTTP://{address}:{port}{path}"))),
            Self::PercentHost => {
                let text = address.to_string();
                format!("%3{}{}", &text[..1], &text[1..])
            }
            Self::FullWidth => digits(address, |digit| char::from_u32(0xff10 + digit)),
            Self::Enclosed => digits(address, |digit| char::from_u32(if digit == 0 { 0x24ea } else { 0x245f + digit })),
            Self::Tab => format!("{a}.{b}\t.{c}.{d}"),
            Self::Alias => alias(address)?.to_owned(),
            Self::UpperAlias => alias(address)?.to_ascii_uppercase(),
            Self::Zero if address.is_loopback() => "0.0.0.0".to_owned(),
            Self::Localhost if address.is_loopback() => "localhost".to_owned(),
            Self::Zero | Self::Localhost => return None,
        };
        let port = if port == 80 { String::new() } else { format!(":{port}") };
        Some(Named::new(format!("http://{host}{port}{path}")))
    }
}

fn alias(address: Ipv4Addr) -> Option<&'static str> {
    world::ALIASES.iter().find(|(_, aliased)| *aliased == address).map(|(name, _)| *name)
}

/// The address with its digits replaced.
fn digits(address: Ipv4Addr, other: impl Fn(u32) -> Option<char>) -> String {
    address.to_string().chars().map(|c| c.to_digit(10).and_then(&other).unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_as_described() {
        let spelled = |disguise: Disguise| disguise.apply(world::METADATA, 80, "/x").unwrap().url().to_owned();
        assert_eq!(spelled(Disguise::Decimal), "http://2852039166/x");
        assert_eq!(spelled(Disguise::Octal), "http://0251.0376.0251.0376/x");
        assert_eq!(spelled(Disguise::Short), "http://169.254.43518/x");
        assert_eq!(spelled(Disguise::MappedHex), "http://[::ffff:a9fe:a9fe]/x");
        assert_eq!(spelled(Disguise::PercentHost), "http://%3169.254.169.254/x");
        assert_eq!(spelled(Disguise::Enclosed), "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/x");
        assert!(Disguise::Zero.apply(world::METADATA, 80, "/x").is_none());
    }
}
