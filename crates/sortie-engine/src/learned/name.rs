//! What the service's names resolved to.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::{AddressBook, AddressClass, Micros, limits};

/// Addresses remembered of one name.
const ADDRESSES: usize = 16;
/// Services that resolve `10-20-0-5.<suffix>` or `10.20.0.5.<suffix>` to the address itself.
const EMBEDDING: [&str; 5] = ["nip.io", "sslip.io", "xip.io", "traefik.me", "backname.io"];
/// Names that anybody may use for loopback.
const LOOPBACK: [&str; 4] = ["localtest.me", "lvh.me", "vcap.me", "lacolhost.com"];

/// What is learned of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameStats {
    /// Addresses that it resolved to.
    pub addresses: SmallVec<[IpAddr; 4]>,
    /// When last.
    pub last: Micros,
}

impl NameStats {
    /// Whether it was seen lately enough to be believed.
    pub fn is_fresh(&self, now: Micros) -> bool {
        now < self.last.plus(limits::NAME_MICROS)
    }

    /// The worst class of its addresses.
    pub fn class(&self, book: &AddressBook) -> AddressClass {
        self.addresses.iter().map(|&address| book.class_of(address)).max().unwrap_or(AddressClass::Public)
    }

    pub(crate) fn learn(&mut self, addresses: &[IpAddr], now: Micros) {
        if !self.is_fresh(now) {
            self.addresses.clear();
        }
        for address in addresses {
            if !self.addresses.contains(address) {
                if self.addresses.len() == ADDRESSES {
                    self.addresses.remove(0);
                }
                self.addresses.push(*address);
            }
        }
        self.last = now;
    }
}

/// The address that a name of a wildcard-DNS service embeds.
pub(super) fn embedded_address(name: &str) -> Option<IpAddr> {
    let below = |suffix: &&&str| name.strip_suffix(**suffix).is_some_and(|head| head.is_empty() || head.ends_with('.'));
    if LOOPBACK.iter().any(|suffix| below(&suffix)) {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let suffix = EMBEDDING.iter().find(below)?;
    let head = name.strip_suffix(*suffix)?.strip_suffix('.')?;
    let dotted = |text: &str| text.parse::<Ipv4Addr>().ok();
    let labels: Vec<&str> = head.split('.').collect();
    let last_label = labels.last()?;
    let dashed = last_label.rsplitn(5, '-').take(4).collect::<Vec<_>>();
    let by_dashes = (dashed.len() == 4).then(|| dashed.iter().rev().copied().collect::<Vec<_>>().join("."));
    let by_dots = labels.len().checked_sub(4).map(|start| labels[start..].join("."));
    let by_hex =
        (last_label.len() == 8).then(|| u32::from_str_radix(last_label, 16).ok()).flatten().map(Ipv4Addr::from);
    by_dashes.as_deref().and_then(dotted).or_else(|| by_dots.as_deref().and_then(dotted)).or(by_hex).map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_address_inside_a_name() {
        let metadata: IpAddr = "169.254.169.254".parse().unwrap();
        for name in [
            "169.254.169.254.nip.io",
            "169-254-169-254.sslip.io",
            "www.169-254-169-254.nip.io",
            "app-169-254-169-254.nip.io",
            "a9fea9fe.nip.io",
        ] {
            assert_eq!(embedded_address(name), Some(metadata), "{name}");
        }
        assert_eq!(embedded_address("a.localtest.me"), Some("127.0.0.1".parse().unwrap()));
        for name in ["nip.io", "10.20.0.5.example", "evilnip.io", "a.nip.io"] {
            assert_eq!(embedded_address(name), None, "{name}");
        }
    }
}
