//! Hosts of different parsers, made comparable.

use sortie_model::Host;

/// A host as readings are compared: two that are equal dial the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Compared {
    /// The address or the name.
    pub host: Host,
    /// The zone of an IPv6 address as the parser hands it out, empty without one. It chooses the
    /// interface, and parsers differ in whether they drop it, decode it, or leave it as it is.
    pub zone: Box<str>,
}

impl Compared {
    /// Nothing where dots and brackets are all there is.
    pub fn of(host: &str) -> Option<Self> {
        let bare = host.trim_matches(['[', ']']).trim_end_matches('.');
        if bare.is_empty() {
            return None;
        }
        let zone = bare.split_once('%').filter(|(address, _)| address.contains(':')).map_or("", |(_, zone)| zone);
        // To WHATWG `0x` is a zero. To glibc it is nothing, so no other client dials such a host.
        let is_zero = |part: &str| part.eq_ignore_ascii_case("0x");
        let host = if bare.split('.').any(is_zero) {
            let parts: Vec<&str> = bare.split('.').map(|part| if is_zero(part) { "0" } else { part }).collect();
            Host::parse(&parts.join("."))
        } else {
            Host::parse(bare)
        };
        Some(Self { host, zone: zone.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn are_equal(a: &str, b: &str) {
        assert_eq!(Compared::of(a), Compared::of(b));
    }

    #[test]
    fn what_dials_the_same_is_equal() {
        are_equal("B.example.", "b.example");
        are_equal("[::FFFF:127.0.0.1]", "0x7f.1");
        are_equal("127.0X.1", "127.0.0.1");
        assert_eq!(Compared::of("[.."), None);
    }

    #[test]
    fn a_zone_is_another_interface() {
        assert_ne!(Compared::of("fe80::1"), Compared::of("[fe80::1%eth0]"));
        assert_ne!(Compared::of("fe80::1%25eth0"), Compared::of("fe80::1%eth0"));
        assert_eq!(Compared::of("b%25").unwrap().zone, "".into());
    }
}
