//! The small internet of the tests: who is where.

use std::net::Ipv4Addr;

/// The cloud's metadata service.
pub const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// `billing.internal`, which the back end calls of its own accord.
pub const BILLING: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 5);
/// `admin.internal`, which it never calls of its own accord.
pub const ADMIN: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 6);
/// The attacker's own host, which redirects.
pub const EVIL: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
/// Customers' public hosts.
pub const PARTNERS: [Ipv4Addr; 3] =
    [Ipv4Addr::new(203, 0, 113, 10), Ipv4Addr::new(203, 0, 113, 11), Ipv4Addr::new(203, 0, 113, 12)];

/// All of them.
pub const ADDRESSES: [Ipv4Addr; 7] = [METADATA, BILLING, ADMIN, EVIL, PARTNERS[0], PARTNERS[1], PARTNERS[2]];

/// Names of customers' public hosts.
pub const PARTNER_NAMES: [&str; 12] = [
    "hooks.partner.example",
    "img.acme.example",
    "www.globex.example",
    "api.initech.example",
    "feeds.hooli.example",
    "cdn.umbrella.example",
    "shop.vandelay.example",
    "in.stark.example",
    "static.wayne.example",
    "www.tyrell.example",
    "files.cyberdyne.example",
    "media.wonka.example",
];

/// The attacker's host's name.
pub const EVIL_NAME: &str = "cdn.evil.example";
/// The attacker's names for other people's addresses.
pub const ALIASES: [(&str, Ipv4Addr); 3] =
    [("meta.evil.example", METADATA), ("adm.evil.example", ADMIN), ("loop.evil.example", Ipv4Addr::LOCALHOST)];

/// See [`BILLING`].
pub const BILLING_NAME: &str = "billing.internal";
/// See [`ADMIN`].
pub const ADMIN_NAME: &str = "admin.internal";

/// Which hosts a namespace has.
#[derive(Clone, Copy, Debug)]
pub struct Hosts {
    /// Addresses that its loopback device gets beside 127.0.0.1.
    pub addresses: &'static [Ipv4Addr],
    /// Lines of its hosts file beside `localhost`.
    pub file: &'static str,
}

/// The hosts of this page: their names come from DNS.
pub const HOSTS: Hosts = Hosts { addresses: &ADDRESSES, file: "" };

/// The address of a name, if it exists.
pub fn resolve(name: &str) -> Option<Ipv4Addr> {
    match name {
        EVIL_NAME => Some(EVIL),
        BILLING_NAME => Some(BILLING),
        ADMIN_NAME => Some(ADMIN),
        "localhost" => Some(Ipv4Addr::LOCALHOST),
        _ => {
            let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, address)| *address);
            let partner = PARTNER_NAMES.iter().position(|partner| *partner == name);
            alias.or_else(|| partner.map(|i| PARTNERS[i % PARTNERS.len()]))
        }
    }
}
