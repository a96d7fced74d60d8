//! Questions to the name servers.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolverConfig;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use smallvec::SmallVec;
use sortie_model::Host;

use super::ResolveError;
use super::conf::ResolvConf;

/// A client of the configured name servers.
pub(super) struct Dns {
    client: TokioResolver,
}

/// All addresses of a name, and for how long they hold.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) addresses: SmallVec<[IpAddr; 4]>,
    pub(super) ttl: Duration,
}

impl Dns {
    /// `None` where the client cannot be made; every question then fails.
    pub(super) fn new(conf: &ResolvConf) -> Option<Self> {
        let config = ResolverConfig::from_name_servers(conf.name_servers.clone());
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        match builder.with_options(conf.client_options()).build() {
            Ok(client) => Some(Self { client }),
            Err(error) => {
                tracing::warn!(%error, "no name server can be asked");
                None
            }
        }
    }

    /// Asks for both families at once. One family is enough for an answer, but both are waited
    /// for, because every address is to be judged.
    pub(super) async fn ask(&self, qualified: &str) -> Result<Answer, ResolveError> {
        let mut name = Name::from_ascii(qualified).map_err(|_| ResolveError::NoSuchName)?;
        name.set_fqdn(true);
        let (v4, v6) =
            tokio::join!(self.client.lookup(name.clone(), RecordType::A), self.client.lookup(name, RecordType::AAAA));
        merge(&v4.map_err(|error| classify(&error)), &v6.map_err(|error| classify(&error)))
    }
}

fn merge(v4: &Result<Lookup, ResolveError>, v6: &Result<Lookup, ResolveError>) -> Result<Answer, ResolveError> {
    let failure = match (v4, v6) {
        (Err(one), Err(other)) => (*one).max(*other),
        (Err(one), Ok(_)) | (Ok(_), Err(one)) => *one,
        (Ok(_), Ok(_)) => ResolveError::NoAddress,
    };
    let mut answer = Answer { addresses: SmallVec::new(), ttl: Duration::MAX };
    for record in [v4, v6].into_iter().flatten().flat_map(Lookup::answers) {
        answer.ttl = answer.ttl.min(Duration::from_secs(record.ttl.into()));
        let Some(address) = record.data.ip_addr().and_then(|address| Host::ip(address).as_ip()) else { continue };
        if !answer.addresses.contains(&address) && answer.addresses.len() < super::ADDRESSES {
            answer.addresses.push(address);
        }
    }
    if answer.addresses.is_empty() { Err(failure) } else { Ok(answer) }
}

fn classify(error: &NetError) -> ResolveError {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => ResolveError::NoSuchName,
            ResponseCode::NoError => ResolveError::NoAddress,
            _ => ResolveError::ServerFailed,
        },
        NetError::Timeout => ResolveError::TimedOut,
        _ => ResolveError::ServerFailed,
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::net::NoRecords;
    use hickory_resolver::proto::op::Query;

    use super::*;

    #[test]
    fn tells_failures_apart() {
        let none = |code| NetError::from(NoRecords::new(Query::default(), code));
        assert_eq!(classify(&none(ResponseCode::NXDomain)), ResolveError::NoSuchName);
        assert_eq!(classify(&none(ResponseCode::NoError)), ResolveError::NoAddress);
        assert_eq!(classify(&NetError::Timeout), ResolveError::TimedOut);
        assert_eq!(
            classify(&NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail))),
            ResolveError::ServerFailed
        );
    }

    #[test]
    fn a_failure_of_the_server_outweighs_an_absent_record() {
        let merged = merge(&Err(ResolveError::NoAddress), &Err(ResolveError::ServerFailed));
        assert_eq!(merged.unwrap_err(), ResolveError::ServerFailed);
        let merged = merge(&Err(ResolveError::NoAddress), &Err(ResolveError::NoSuchName));
        assert_eq!(merged.unwrap_err(), ResolveError::NoAddress);
    }
}
