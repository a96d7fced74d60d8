//! Names that say where they lead, without asking a resolver.
//!
//! Sources: RFC 6761, RFC 6762, RFC 8375 and ICANN's reservation of `internal` (2024) for inside
//! names; the services' own documentation for the rest, read 2026-11.

use std::net::{IpAddr, Ipv4Addr};

use super::embedding::{addresses_in, xip_short};
use super::{AddressClass, is_metadata_name};

/// What a name alone says about where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It is a cloud provider's name for its metadata endpoint.
    Metadata,
    /// It is this host: by every system's hosts file, or by a public record that points to loopback.
    ThisHost,
    /// Only an inside resolver answers for it: a single label, or an ending for private use.
    Internal,
    /// A wildcard DNS service answers with this address, which is written in the name. Of several, of
    /// which such a service may give any, it is the one of the worst class.
    Embedded(IpAddr),
    /// A service for testing answers for it: it tells whoever set it up that it was called (out-of-band
    /// testing, OAST), or sends the caller on to wherever the name says (rebinding, redirection).
    Callback,
}

impl Naming {
    /// Of a name in lower case without a trailing dot; `None` where it says nothing.
    pub fn of(name: &str) -> Option<Self> {
        if is_metadata_name(name) {
            return Some(Self::Metadata);
        }
        if is_local_name(name) {
            return Some(Self::ThisHost);
        }
        let worst = || addresses_in(name).max_by_key(|&address| AddressClass::of(address));
        match domain_of(name) {
            Some(Domain::Loopback) => Some(Self::ThisHost),
            Some(Domain::Wildcard) => worst().or_else(|| xip_short(name)).map(Self::Embedded),
            Some(Domain::Callback) => Some(worst().map_or(Self::Callback, Self::Embedded)),
            Some(Domain::Inside) => Some(Self::Internal),
            None => is_single_label(name).then_some(Self::Internal),
        }
    }

    /// The address that it leads to, where the name tells.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::ThisHost => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Self::Embedded(address) => Some(address),
            Self::Metadata | Self::Internal | Self::Callback => None,
        }
    }
}

/// Whether hosts files of common systems give a name (any case) to this host, or RFC 6761 §6.3 does.
pub fn is_local_name(name: &str) -> bool {
    let below_localhost = name.len().checked_sub(".localhost".len()).and_then(|at| name.get(at..));
    below_localhost.is_some_and(|end| end.eq_ignore_ascii_case(".localhost"))
        || LOCAL_NAMES.iter().any(|local| local.eq_ignore_ascii_case(name))
}

/// The domain of [`DOMAINS`] that a name is or lies below. No one of them lies below another.
fn domain_of(name: &str) -> Option<Domain> {
    let below_dots = name.match_indices('.').map(|(dot, _)| &name[dot + 1..]);
    std::iter::once(name).chain(below_dots).find_map(|suffix| {
        // Most are told from most by their lengths alone.
        let (_, domain) = DOMAINS.iter().find(|(domain, _)| *domain == suffix)?;
        Some(*domain)
    })
}

/// Digits alone are a number, and a letter is needed for a name that somebody gave.
fn is_single_label(name: &str) -> bool {
    !name.contains('.') && name.bytes().any(|b| b.is_ascii_alphabetic())
}

#[rustfmt::skip]
const LOCAL_NAMES: &[&str] = &[
    "localhost", "localhost4", "localhost6", "localhost4.localdomain4", "localhost6.localdomain6", "ip6-localhost",
    "ip6-loopback", "ipv6-localhost", "ipv6-loopback", "localhost.localdomain",
];

/// What answers for the names of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Domain {
    /// No public resolver.
    Inside,
    /// Loopback, for every name.
    Loopback,
    /// The address that is written in the name.
    Wildcard,
    /// A service of out-of-band tests (called back), or of rebinding and redirection (another address at every
    /// look-up, or sent on). What developers use as well to look at their own webhooks (webhook.site, tunnels) is
    /// not among them.
    Callback,
}

#[rustfmt::skip]
const DOMAINS: &[(&str, Domain)] = {
    use Domain::{Callback, Inside, Loopback, Wildcard};
    &[
        ("consul", Inside), ("corp", Inside), ("docker", Inside), ("home", Inside), ("home.arpa", Inside),
        ("internal", Inside), ("intra", Inside), ("intranet", Inside), ("kubernetes.default", Inside),
        ("lan", Inside), ("local", Inside), ("localdomain", Inside), ("localnet", Inside), ("private", Inside),
        ("svc", Inside),
        ("bugbounty.dod.network", Loopback), ("ddev.site", Loopback), ("fuf.me", Loopback),
        ("lacolhost.com", Loopback), ("lndo.site", Loopback), ("localh.st", Loopback), ("localho.st", Loopback),
        ("localhost.direct", Loopback), ("localhost.domaincontrol.com", Loopback), ("localtest.me", Loopback),
        ("lvh.me", Loopback), ("vcap.me", Loopback),
        ("backname.io", Wildcard), ("ip.addr.tools", Wildcard), ("nip.io", Wildcard), ("sslip.io", Wildcard),
        ("traefik.me", Wildcard), ("xip.io", Wildcard),
        ("1u.ms", Callback), ("burpcollaborator.net", Callback), ("bxss.me", Callback),
        ("canarytokens.com", Callback), ("ceye.io", Callback), ("dns.outbound.watchtowr.com", Callback),
        ("dnsbin.zhack.ca", Callback), ("dnslog.cn", Callback), ("interact.sh", Callback),
        ("interactsh.com", Callback), ("localdomain.pw", Callback), ("nicob.net", Callback), ("oast.fun", Callback),
        ("oast.live", Callback), ("oast.me", Callback), ("oast.online", Callback), ("oast.pro", Callback),
        ("oast.site", Callback), ("oastify.com", Callback), ("oob.li", Callback), ("r3dir.me", Callback),
        ("rbndr.us", Callback), ("rebind.it", Callback), ("rebind.network", Callback), ("requestrepo.com", Callback),
        ("test-services.akto.io", Callback), ("tukk.in", Callback), ("xss.ht", Callback),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn embeds(name: &str, address: &str) {
        assert_eq!(Naming::of(name), Some(Naming::Embedded(address.parse().unwrap())), "{name}");
    }

    #[test]
    fn names_say_where_they_lead() {
        for (name, expected) in [
            ("metadata.google.internal", Some(Naming::Metadata)),
            ("api.localhost", Some(Naming::ThisHost)),
            ("customer1.localtest.me", Some(Naming::ThisHost)),
            ("billing", Some(Naming::Internal)),
            ("db.prod.svc.cluster.local", Some(Naming::Internal)),
            ("host.docker.internal", Some(Naming::Internal)),
            ("x.oastify.com", Some(Naming::Callback)),
            ("example.com", None),
            ("nip.io", None),
            ("notnip.io", None),
            ("myinternal", Some(Naming::Internal)),
            ("my-internal.example", None),
            ("8080", None),
        ] {
            assert_eq!(Naming::of(name), expected, "{name}");
        }
    }

    #[test]
    fn some_names_tell_their_address() {
        let address = |name| Naming::of(name).and_then(Naming::address).map(|address| address.to_string());
        assert_eq!(address("a.localtest.me").as_deref(), Some("127.0.0.1"));
        assert_eq!(address("www.169-254-169-254.nip.io").as_deref(), Some("169.254.169.254"));
        for name in ["nip.io", "a.nip.io", "evilnip.io", "10.20.0.5.example", "billing.internal"] {
            assert_eq!(address(name), None, "{name}");
        }
    }

    #[test]
    fn no_domain_lies_below_another() {
        for (domain, kind) in DOMAINS {
            assert_eq!(domain_of(domain), Some(*kind), "{domain}");
            let above = domain.match_indices('.').map(|(dot, _)| &domain[dot + 1..]);
            assert_eq!(above.filter_map(domain_of).count(), 0, "{domain}");
        }
    }

    #[test]
    fn wildcard_services_answer_with_what_the_name_holds() {
        embeds("app.10.0.0.1.nip.io", "10.0.0.1");
        embeds("magic-127-0-0-1.sslip.io", "127.0.0.1");
        embeds("7f000001.nip.io", "127.0.0.1");
        embeds("make-127-0-0-1-rr.1u.ms", "127.0.0.1");
        embeds("08080808.a9fea9fe.rbndr.us", "169.254.169.254");
        embeds("fd00-ec2--254.sslip.io", "fd00:ec2::254");
        embeds("www.example.org.1ynrnhl.xip.io", "169.254.169.254");
        assert_eq!(Naming::of("www.nip.io"), None);
    }
}
