//! Names to addresses, as the program behind the door would resolve them itself.
//!
//! The order is that of glibc with `hosts: files dns`: a literal in any notation of `inet_aton(3)`
//! or RFC 4291 is an address; then the hosts file; then the name servers of `resolv.conf(5)` with
//! its search list and `ndots`. `localhost` and names below it are this host even where no file
//! says so (RFC 6761 §6.3). Both files are read again when they change.
//!
//! Not followed: other services of `nsswitch.conf(5)` (mDNS, LDAP), `RES_OPTIONS` and `LOCALDOMAIN`
//! of the environment, and the rotation of servers.

mod cache;
mod conf;
mod dns;
mod hosts;
mod order;
mod search;
mod watch;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use smallvec::SmallVec;
use sortie_model::Host;
use sortie_model::event::Outcome;

use cache::{Cache, Resolved};
use conf::ResolvConf;
use dns::Dns;
use hosts::Hosts;
use watch::Watched;

/// Addresses of one answer that are kept; more are neither judged nor dialled.
const ADDRESSES: usize = 16;
/// Characters of a name, and of one label (RFC 1035 §2.3.4).
const NAME_LENGTH: usize = 253;
const LABEL_LENGTH: usize = 63;
/// How long a resolution may take in all, search list and retries together.
const DEADLINE: Duration = Duration::from_secs(15);

/// Resolves names; shared by all services of a process.
pub struct Resolver {
    hosts: Watched<Hosts>,
    conf: Watched<ResolvConf>,
    dns: Mutex<Client>,
    cache: Cache,
}

/// The client and the configuration that it was made of.
struct Client {
    conf: Arc<ResolvConf>,
    dns: Option<Arc<Dns>>,
}

/// A name did not resolve. The order is that in which one of them stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ResolveError {
    /// The name does not exist, or is none.
    #[error("no such name")]
    NoSuchName,
    /// The name exists and has no address.
    #[error("the name has no address")]
    NoAddress,
    /// A name server failed, refused, or could not be reached.
    #[error("the name server failed")]
    ServerFailed,
    /// No name server answered in time.
    #[error("no name server answered in time")]
    TimedOut,
}

impl ResolveError {
    /// The word of the record.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::NoSuchName | Self::NoAddress => Outcome::NameNotFound,
            Self::ServerFailed | Self::TimedOut => Outcome::ResolveFailed,
        }
    }
}

impl Resolver {
    /// A resolver of this host: `/etc/hosts` and `/etc/resolv.conf`.
    pub fn of_system() -> Self {
        Self::with_files("/etc/hosts".into(), "/etc/resolv.conf".into())
    }

    /// A resolver with other files.
    pub fn with_files(hosts: PathBuf, resolv_conf: PathBuf) -> Self {
        let conf = Watched::new(resolv_conf, ResolvConf::parse);
        let client = Client::new(conf.get());
        Self { hosts: Watched::new(hosts, Hosts::parse), conf, dns: Mutex::new(client), cache: Cache::default() }
    }

    /// All addresses of a host as it was asked for, in the order in which to try them; never empty.
    /// A trailing dot keeps the search list out.
    ///
    /// # Errors
    /// Tells apart what the program's own resolver would: see [`ResolveError`].
    pub async fn resolve(&self, asked: &str) -> Result<SmallVec<[IpAddr; 4]>, ResolveError> {
        if let Host::Ip(address) = Host::parse(asked) {
            return Ok(SmallVec::from_slice(&[address]));
        }
        if !is_name(asked) {
            return Err(ResolveError::NoSuchName);
        }
        let name = asked.to_ascii_lowercase();
        self.resolve_name(&name).await.map(|addresses| SmallVec::from_slice(&addresses))
    }

    async fn resolve_name(&self, name: &str) -> Resolved {
        if let Some(addresses) = self.hosts.get().lookup(name) {
            return Ok(Arc::clone(addresses));
        }
        if is_localhost(name) {
            return Ok(Arc::from([IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)]));
        }
        let (conf, dns) = self.client();
        if let Some(resolved) = self.cache.get(name) {
            return resolved;
        }
        let dns = dns.ok_or(ResolveError::ServerFailed)?;
        let searched = tokio::time::timeout(DEADLINE, ask_in_turn(&dns, name, &conf)).await;
        let answer = searched.unwrap_or(Err(ResolveError::TimedOut));
        let ttl = answer.as_ref().map_or(Duration::ZERO, |answer| answer.ttl);
        let resolved = answer.map(|answer| order::ordered(&answer.addresses));
        self.cache.put(name, &resolved, ttl);
        resolved
    }

    /// The client of the present configuration; made anew, and the cache emptied, after a change.
    fn client(&self) -> (Arc<ResolvConf>, Option<Arc<Dns>>) {
        let conf = self.conf.get();
        let mut client = self.dns.lock();
        if !Arc::ptr_eq(&client.conf, &conf) {
            *client = Client::new(conf);
            self.cache.clear();
        }
        (Arc::clone(&client.conf), client.dns.clone())
    }
}

impl Client {
    fn new(conf: Arc<ResolvConf>) -> Self {
        let dns = Dns::new(&conf).map(Arc::new);
        Self { conf, dns }
    }
}

/// Goes through the search list until a name has addresses. What stands for the whole is, as in
/// glibc, the answer for the name itself where that was asked first, else that some name has no
/// address, else that the server failed for one. A silent server ends the search.
async fn ask_in_turn(dns: &Dns, asked: &str, conf: &ResolvConf) -> Result<dns::Answer, ResolveError> {
    let names = search::names(asked, conf.ndots, &conf.search);
    let mut failures: SmallVec<[ResolveError; 4]> = SmallVec::new();
    for name in names.iter().filter(|name| name.len() <= NAME_LENGTH) {
        match dns.ask(name).await {
            Ok(answer) => return Ok(answer),
            Err(ResolveError::TimedOut) => return Err(ResolveError::TimedOut),
            Err(error) => failures.push(error),
        }
    }
    let itself_first = names.first().is_some_and(|name| name == asked.trim_end_matches('.'));
    let told = [ResolveError::NoAddress, ResolveError::ServerFailed].into_iter().find(|error| failures.contains(error));
    let first = failures.first().copied().filter(|_| itself_first);
    Err(first.or(told).unwrap_or(ResolveError::NoSuchName))
}

/// Whether a text can be asked for at all: letters, digits, `-`, `_`, in labels that fit.
fn is_name(text: &str) -> bool {
    let bare = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=LABEL_LENGTH).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    bare.len() <= NAME_LENGTH && bare.split('.').all(is_label)
}

fn is_localhost(name: &str) -> bool {
    let bare = name.strip_suffix('.').unwrap_or(name);
    bare == "localhost" || bare.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resolver whose only name server is a port that nobody listens on.
    fn without_servers(hosts: &str) -> Resolver {
        let folder = std::env::temp_dir().join(format!("sortie-resolve-{}-{}", std::process::id(), hosts.len()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("hosts"), hosts).unwrap();
        std::fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
        let resolver = Resolver::with_files(folder.join("hosts"), folder.join("resolv.conf"));
        std::fs::remove_dir_all(&folder).unwrap();
        resolver
    }

    async fn resolved(resolver: &Resolver, asked: &str) -> Vec<String> {
        let addresses = resolver.resolve(asked).await.unwrap_or_else(|error| panic!("{asked}: {error}"));
        addresses.iter().map(IpAddr::to_string).collect()
    }

    #[tokio::test]
    async fn literals_are_addresses_in_every_notation() {
        let resolver = without_servers("");
        for asked in ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]"] {
            assert_eq!(resolved(&resolver, asked).await, ["127.0.0.1"], "{asked}");
        }
        assert_eq!(resolved(&resolver, "[fe80::1%eth0]").await, ["fe80::1"]);
    }

    #[tokio::test]
    async fn the_hosts_file_comes_first() {
        let resolver = without_servers("10.1.2.3 Billing billing.internal\n");
        assert_eq!(resolved(&resolver, "BILLING").await, ["10.1.2.3"]);
        assert_eq!(resolved(&resolver, "billing.internal").await, ["10.1.2.3"]);
    }

    #[tokio::test]
    async fn localhost_is_this_host_without_a_file() {
        let resolver = without_servers("# nothing\n");
        assert_eq!(resolved(&resolver, "localhost").await, ["::1", "127.0.0.1"]);
        assert_eq!(resolved(&resolver, "app.localhost.").await, ["::1", "127.0.0.1"]);
    }

    #[tokio::test]
    async fn what_is_no_name_is_not_asked() {
        let resolver = without_servers("");
        let long = format!("{}.example", "a".repeat(64));
        let longer = "a.".repeat(130);
        for asked in ["", ".", "a..b", "a b", "a/b", "xn--ü", &long, &longer] {
            assert_eq!(resolver.resolve(asked).await, Err(ResolveError::NoSuchName), "{asked}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_any_text_without_panic(text in ".*") {
            let _ = is_name(&text);
        }
    }
}
