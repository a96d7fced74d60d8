//! Names that say where they lead, without asking a resolver.
//!
//! Sources: RFC 6761, RFC 6762, RFC 8375 and ICANN's reservation of `internal` (2024) for inside
//! names; the services' own documentation for the rest, read 2026-11.

use std::net::IpAddr;

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
        if is_local_name(name) || LOOPBACK_SERVICES.iter().any(|service| is_at_or_below(name, service)) {
            return Some(Self::ThisHost);
        }
        if WILDCARD_SERVICES.iter().any(|service| is_at_or_below(name, service)) {
            let worst = addresses_in(name).max_by_key(|&address| AddressClass::of(address));
            return worst.or_else(|| xip_short(name)).map(Self::Embedded);
        }
        if CALLBACK_SERVICES.iter().any(|service| is_at_or_below(name, service)) {
            let worst = addresses_in(name).max_by_key(|&address| AddressClass::of(address));
            return Some(worst.map_or(Self::Callback, Self::Embedded));
        }
        (is_single_label(name) || INSIDE_ENDINGS.iter().any(|ending| is_at_or_below(name, ending)))
            .then_some(Self::Internal)
    }
}

/// Whether hosts files of common systems give a name (any case) to this host, or RFC 6761 §6.3 does.
pub fn is_local_name(name: &str) -> bool {
    let below_localhost = name.len().checked_sub(".localhost".len()).and_then(|at| name.get(at..));
    below_localhost.is_some_and(|end| end.eq_ignore_ascii_case(".localhost"))
        || LOCAL_NAMES.iter().any(|local| local.eq_ignore_ascii_case(name))
}

fn is_at_or_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|head| head.is_empty() || head.ends_with('.'))
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

/// Endings that no public resolver answers for.
#[rustfmt::skip]
const INSIDE_ENDINGS: &[&str] = &[
    "internal", "local", "localdomain", "lan", "home", "home.arpa", "corp", "intranet", "private", "svc", "consul",
    "docker", "intra", "localnet", "kubernetes.default",
];

/// Domains whose every name points to loopback.
#[rustfmt::skip]
const LOOPBACK_SERVICES: &[&str] = &[
    "localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "localh.st", "localho.st", "fuf.me", "lndo.site",
    "ddev.site", "localhost.direct", "localhost.domaincontrol.com", "bugbounty.dod.network",
];

/// Domains whose names are answered with the address that is written in them.
const WILDCARD_SERVICES: &[&str] = &["nip.io", "sslip.io", "xip.io", "traefik.me", "backname.io", "ip.addr.tools"];

/// Domains of out-of-band tests, rebinding and redirection. What developers use as well to look at
/// their own webhooks (webhook.site, tunnels) is not among them.
#[rustfmt::skip]
const CALLBACK_SERVICES: &[&str] = &[
    // Called back.
    "burpcollaborator.net", "oastify.com", "interact.sh", "interactsh.com", "oast.pro", "oast.live", "oast.site",
    "oast.online", "oast.fun", "oast.me", "dnslog.cn", "ceye.io", "bxss.me", "xss.ht", "dnsbin.zhack.ca", "tukk.in",
    "requestrepo.com", "canarytokens.com", "oob.li", "dns.outbound.watchtowr.com",
    // Answered with another address at every look-up, or sent on.
    "test-services.akto.io", "1u.ms", "rbndr.us", "rebind.network", "rebind.it", "localdomain.pw", "r3dir.me", "nicob.net",
];

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
