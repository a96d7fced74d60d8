//! `resolv.conf(5)`, within the bounds that glibc sets.

use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::system_conf::parse_resolv_conf;

/// Name servers that are asked, as glibc's `MAXNS`.
const NAME_SERVERS: usize = 3;
/// Search domains that are tried. glibc has no bound since 2.26; this one is far above practice.
const SEARCH: usize = 32;
/// Bounds that glibc sets on the options (`RES_MAXNDOTS`, `RES_MAXRETRANS`, `RES_MAXRETRY`).
const MAX_NDOTS: usize = 15;
const MAX_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_ATTEMPTS: usize = 5;
/// The server that is asked when the file names none.
const FALLBACK: &str = "nameserver 127.0.0.1\n";

/// Where names are asked, and with which endings.
#[derive(Clone, Debug)]
pub(super) struct ResolvConf {
    /// Servers in the order of the file.
    pub(super) name_servers: Vec<NameServerConfig>,
    /// Endings in the order in which they are tried, without dots at either end; an empty one is
    /// the root.
    pub(super) search: Vec<Box<str>>,
    /// Dots from which on a name is asked as it is before endings are tried.
    pub(super) ndots: usize,
    /// How long one server is waited for.
    pub(super) timeout: Duration,
    /// How often the servers are gone through.
    pub(super) attempts: usize,
    /// Whether answers longer than 512 bytes may come by datagram (RFC 6891).
    pub(super) edns0: bool,
}

impl ResolvConf {
    /// Reads the file's text. Lines that do not read are passed over.
    pub(super) fn parse(text: &str) -> Self {
        let parsed = parse_resolv_conf(text).or_else(|_| parse_resolv_conf(format!("{text}\n{FALLBACK}")));
        // A search domain that is no name fails the whole file above; the servers matter more.
        let parsed = parsed.or_else(|_| parse_resolv_conf(without_search(text)));
        let (config, options) = match parsed {
            Ok(parsed) => parsed,
            Err(_) => parse_resolv_conf(FALLBACK).expect("a literal that reads"),
        };
        let (domain, search, mut name_servers) = config.into_parts();
        name_servers.truncate(NAME_SERVERS);
        let search = if search.is_empty() { domain.into_iter().collect() } else { search };
        let bare = |name: hickory_resolver::proto::rr::Name| name.to_ascii().trim_end_matches('.').into();
        Self {
            name_servers,
            search: search.into_iter().take(SEARCH).map(bare).collect(),
            ndots: options.ndots.min(MAX_NDOTS),
            timeout: options.timeout.clamp(Duration::from_secs(1), MAX_TIMEOUT),
            attempts: options.attempts.clamp(1, MAX_ATTEMPTS),
            edns0: options.edns0,
        }
    }

    /// The options of a client that asks like glibc: the servers one after the other in their
    /// order. Caching is not its business.
    pub(super) fn client_options(&self) -> ResolverOpts {
        let mut options = ResolverOpts::default();
        options.timeout = self.timeout;
        options.attempts = self.attempts - 1; // retries after the first
        options.edns0 = self.edns0;
        options.cache_size = 0;
        options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
        options.num_concurrent_reqs = 1;
        options.server_ordering_strategy = hickory_resolver::config::ServerOrderingStrategy::UserProvidedOrder;
        options
    }
}

fn without_search(text: &str) -> String {
    let is_search = |line: &&str| line.trim_start().starts_with("search") || line.trim_start().starts_with("domain");
    let kept = text.lines().filter(|line| !is_search(line));
    kept.chain([FALLBACK]).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_servers_search_and_options() {
        let conf = ResolvConf::parse(
            "nameserver 10.0.0.53\nnameserver fd00::53\nsearch svc.Cluster.local corp.example.\noptions ndots:5 timeout:2 attempts:3\n",
        );
        assert_eq!(conf.name_servers.len(), 2);
        assert_eq!(conf.search.len(), 2);
        assert!(conf.search[0].eq_ignore_ascii_case("svc.cluster.local"));
        assert_eq!(&*conf.search[1], "corp.example");
        assert_eq!((conf.ndots, conf.timeout, conf.attempts), (5, Duration::from_secs(2), 3));
    }

    #[test]
    fn keeps_within_the_bounds_of_glibc() {
        let servers = "nameserver 10.0.0.1\n".repeat(8);
        let conf = ResolvConf::parse(&format!("{servers}options ndots:99 timeout:99 attempts:99\n"));
        assert_eq!(conf.name_servers.len(), NAME_SERVERS);
        assert_eq!((conf.ndots, conf.timeout, conf.attempts), (MAX_NDOTS, MAX_TIMEOUT, MAX_ATTEMPTS));
    }

    #[test]
    fn asks_this_host_when_no_server_is_named() {
        for text in ["", "search a.example\n", "nonsense\n"] {
            let conf = ResolvConf::parse(text);
            assert_eq!(conf.name_servers[0].ip, std::net::Ipv4Addr::LOCALHOST, "{text:?}");
        }
    }
}
