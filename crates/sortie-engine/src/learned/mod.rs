//! What is learned of one service.
//!
//! [`Learned`] is the snapshot that decisions read: its maps are persistent, so publishing one is a
//! handful of reference counts. Only [`crate::learn`] writes here.

mod credential;
mod destination;
mod endpoint;
mod name;
mod sink;

use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::privacy::Digest;
use sortie_model::{AddressBook, AddressClass, Destination, Endpoint, Host, Manner, Micros, Place};

pub use credential::CredentialStats;
pub(crate) use destination::NOVEL_PATH;
pub use destination::{Caller, DestinationStats, HostStats};
pub use endpoint::EndpointStats;
pub use name::NameStats;
pub use sink::{Missing, Proof, Sink};

/// What a sink's statistics are kept under: proof holds per manner of writing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SinkKey {
    /// The place.
    pub place: Place,
    /// Form and decodings.
    pub manner: Manner,
}

/// All that is learned of one service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Grows with every event that was learned from.
    pub epoch: u64,
    /// Time of the first event.
    pub since: Option<Micros>,
    /// Process starts seen.
    pub starts: u32,
    /// Requests seen.
    pub exchanges: u64,
    /// Dials that were let through, and the sum of their own shares.
    pub own_dials: f64,
    /// Honour rates and proof, per place and manner.
    pub sinks: OrdMap<SinkKey, Arc<Sink>>,
    /// Templates that have a proven sink.
    pub sink_templates: OrdMap<Arc<str>, u32>,
    /// Requests per endpoint.
    pub endpoints: OrdMap<Endpoint, Arc<EndpointStats>>,
    /// Dials per destination.
    pub destinations: OrdMap<Destination, Arc<DestinationStats>>,
    /// What is kept per host over all of its ports.
    pub hosts: OrdMap<Host, Arc<HostStats>>,
    /// What the service's names resolved to.
    pub names: OrdMap<Arc<str>, Arc<NameStats>>,
    /// The same by address.
    pub named: OrdMap<IpAddr, SmallVec<[Arc<str>; 1]>>,
    /// Where credentials go in own dials.
    pub credentials: OrdMap<Digest, Arc<CredentialStats>>,
}

impl Learned {
    /// Seconds since the first event.
    pub fn age(&self, now: Micros) -> f64 {
        self.since.map_or(0.0, |since| now.seconds_since(since))
    }

    /// The statistics of a place and manner.
    pub fn sink(&self, place: &Place, manner: Manner) -> Option<&Arc<Sink>> {
        self.sinks.get(&SinkKey { place: place.clone(), manner })
    }

    /// Whether a template has a sink that its own traffic proved.
    pub fn has_proven_sink(&self, template: &str) -> bool {
        self.sink_templates.contains_key(template)
    }

    /// The class of a host as far as it is known without asking a resolver: by literal address, by
    /// the operator's patterns, by an address that the name embeds, by the memory of what the
    /// service's names resolved to.
    pub fn known_class(&self, host: &Host, book: &AddressBook, now: Micros) -> Option<AddressClass> {
        match host {
            Host::Ip(address) => Some(book.class_of(*address)),
            Host::Name(name) => {
                let remembered =
                    self.names.get(name).filter(|stats| stats.is_fresh(now)).map(|stats| stats.class(book));
                let embedded = name::embedded_address(name).map(|address| book.class_of(address));
                book.class_of_name(name).into_iter().chain(remembered).chain(embedded).max()
            }
        }
    }

    /// Names that resolved to an address, for dials that show nothing but the address.
    pub fn names_of(&self, address: IpAddr) -> &[Arc<str>] {
        self.named.get(&address).map_or(&[], |names| names)
    }
}
