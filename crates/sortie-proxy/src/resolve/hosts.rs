//! The hosts file, as glibc's `files` service reads it for `getaddrinfo(3)`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;
use sortie_model::Host;

use super::order;

/// Names and their addresses, in the order in which they are tried.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    by_name: HashMap<Box<str>, Arc<[IpAddr]>>,
}

impl Hosts {
    /// Reads `address name alias…` lines. A line whose address does not read is passed over, as is
    /// everything after `#`.
    pub(super) fn parse(text: &str) -> Self {
        let mut by_name: HashMap<Box<str>, SmallVec<[IpAddr; 2]>> = HashMap::new();
        for line in text.lines() {
            let line = line.split_once('#').map_or(line, |(before, _comment)| before);
            let mut words = line.split_whitespace();
            let Some(address) = words.next().and_then(|word| word.parse().ok()) else { continue };
            let Some(address) = Host::ip(address).as_ip() else { continue };
            for name in words {
                let addresses = by_name.entry(name.to_ascii_lowercase().into()).or_default();
                if !addresses.contains(&address) && addresses.len() < super::ADDRESSES {
                    addresses.push(address);
                }
            }
        }
        let ordered = by_name.into_iter().map(|(name, addresses)| (name, order::ordered(&addresses)));
        Self { by_name: ordered.collect() }
    }

    /// The addresses of a name in lower case; all lines that hold it count.
    pub(super) fn lookup(&self, name: &str) -> Option<&Arc<[IpAddr]>> {
        self.by_name.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hosts: &Hosts, name: &str) -> Vec<String> {
        let mut found: Vec<String> =
            hosts.lookup(name).into_iter().flat_map(|a| a.iter()).map(IpAddr::to_string).collect();
        found.sort(); // the order of two families depends on this machine's routes
        found
    }

    #[test]
    fn reads_aliases_comments_and_repeated_names() {
        let hosts = Hosts::parse("127.0.0.1\tlocalhost Alias # not me\n::1 localhost\n#10.0.0.1 off\n10.0.0.2\n");
        assert_eq!(found(&hosts, "localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(found(&hosts, "alias"), ["127.0.0.1"]);
        for absent in ["off", "not", "me", "10.0.0.2"] {
            assert_eq!(hosts.lookup(absent), None, "{absent}");
        }
    }

    #[test]
    fn passes_over_what_is_no_address() {
        let hosts = Hosts::parse("127.1 short\nfe80::1%lo0 zoned\n::ffff:10.0.0.1 mapped\n");
        assert_eq!(hosts.lookup("short"), None);
        assert_eq!(hosts.lookup("zoned"), None);
        assert_eq!(found(&hosts, "mapped"), ["10.0.0.1"]);
    }
}
