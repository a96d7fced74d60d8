//! What is learned of one service.
//!
//! [`Learned`] is the snapshot that decisions read: its maps are persistent, so publishing one is a
//! handful of reference counts. Only [`crate::learn`] writes here.

mod credential;
mod destination;
mod endpoint;
mod name;
mod room;
mod sink;

use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::privacy::Digest;
use sortie_model::{AddressBook, AddressClass, Destination, Endpoint, Host, Manner, Micros, Nature, Place, limits};

pub use credential::CredentialStats;
pub(crate) use destination::NOVEL_PATH;
pub use destination::{Caller, DestinationStats, HostStats};
pub use endpoint::EndpointStats;
pub use name::NameStats;
pub use sink::{Missing, Proof, Sink};

/// Names kept of one address.
const NAMES_OF_ADDRESS: usize = 8;

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

    /// The sink that proves a place for a host, for a candidate of a manner and nature: the one of that
    /// manner, else, in a place whose name or type speaks of destinations, one of another manner. What
    /// stands there is an order however it is written, unless the service is known to ignore it so.
    pub fn proving_sink(&self, place: &Place, manner: Manner, nature: Nature, host: &Host) -> Option<&Arc<Sink>> {
        let of_manner = self.sink(place, manner);
        if let Some(sink) = of_manner.filter(|sink| sink.is_proven_for(host)) {
            return Some(sink);
        }
        if nature != Nature::Named || of_manner.is_some_and(|sink| sink.is_ignored()) {
            return None;
        }
        self.sinks_at(place).find(|sink| sink.nature == Nature::Named && sink.is_proven_for(host))
    }

    /// The statistics of a place in every manner.
    fn sinks_at<'a>(&'a self, place: &Place) -> impl Iterator<Item = &'a Arc<Sink>> {
        let place = place.clone();
        let first = SinkKey { place: place.clone(), manner: Manner::FIRST };
        self.sinks.range(first..).take_while(move |(key, _)| key.place == place).map(|(_, sink)| sink)
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

/// Entries are made where they are missing, in the place of what is worth least where a table is
/// full: nothing that a client sends can keep something of the service's own out.
impl Learned {
    pub(crate) fn sink_mut(&mut self, key: &SinkKey, nature: Nature, first: Micros) -> &mut Sink {
        if !self.sinks.contains_key(key) {
            room::make_room(&mut self.sinks, limits::SINKS, |_, sink| (sink.is_proven(), sink.obeyed, sink.offers));
        }
        Arc::make_mut(self.sinks.entry(key.clone()).or_insert_with(|| Arc::new(Sink::new(nature, first))))
    }

    pub(crate) fn endpoint_mut(&mut self, endpoint: &Endpoint, first: Micros) -> &mut EndpointStats {
        if !self.endpoints.contains_key(endpoint) {
            room::make_room(&mut self.endpoints, limits::ENDPOINTS, |_, stats| (stats.exchanges, stats.first));
            self.endpoints.insert(endpoint.clone(), Arc::new(EndpointStats::new(first)));
        }
        Arc::make_mut(self.endpoints.get_mut(endpoint).expect("it is there, or was just made"))
    }

    pub(crate) fn destination_mut(
        &mut self,
        destination: &Destination,
        class: AddressClass,
        first: Micros,
    ) -> &mut DestinationStats {
        if !self.destinations.contains_key(destination) {
            room::make_room(&mut self.destinations, limits::DESTINATIONS, |_, stats| {
                (stats.own_class.is_some(), stats.last)
            });
        }
        let stats = self.destinations.entry(destination.clone());
        Arc::make_mut(stats.or_insert_with(|| Arc::new(DestinationStats::new(first, class))))
    }

    pub(crate) fn host_mut(&mut self, host: &Host) -> &mut HostStats {
        if !self.hosts.contains_key(host) {
            let destinations = &self.destinations;
            let is_own = |host: &Host, stats: &HostStats| {
                let mut ports = stats.ports.iter();
                ports.any(|&port| {
                    let destination = Destination::new(host.clone(), port);
                    destinations.get(&destination).is_some_and(|stats| stats.own_class.is_some())
                })
            };
            room::make_room(&mut self.hosts, limits::DESTINATIONS, |host, stats| {
                (is_own(host, stats), stats.offers.len())
            });
        }
        Arc::make_mut(self.hosts.entry(host.clone()).or_default())
    }

    pub(crate) fn name_mut(&mut self, name: &Arc<str>, last: Micros) -> &mut NameStats {
        if !self.names.contains_key(name) {
            let gone = room::make_room(&mut self.names, limits::NAMES, |_, stats| stats.last);
            if !gone.is_empty() {
                // The reverse table is small beside the names; it is made anew from what is left.
                self.named = OrdMap::new();
                let known: Vec<_> =
                    self.names.iter().map(|(name, stats)| (Arc::clone(name), Arc::clone(stats))).collect();
                for (name, stats) in &known {
                    self.note_addresses(name, &stats.addresses);
                }
            }
        }
        let stats = self.names.entry(Arc::clone(name));
        Arc::make_mut(stats.or_insert_with(|| Arc::new(NameStats { addresses: SmallVec::new(), last })))
    }

    pub(crate) fn note_addresses(&mut self, name: &Arc<str>, addresses: &[IpAddr]) {
        for address in addresses {
            let names = self.named.entry(*address).or_default();
            if !names.contains(name) {
                // The newest few are enough to explain a dial by its address.
                if names.len() == NAMES_OF_ADDRESS {
                    names.remove(0);
                }
                names.push(Arc::clone(name));
            }
        }
    }

    pub(crate) fn credential_mut(&mut self, digest: Digest, header: &str, first: Micros) -> &mut CredentialStats {
        if !self.credentials.contains_key(&digest) {
            room::make_room(&mut self.credentials, limits::CREDENTIALS, |_, stats| (stats.is_internal, stats.first));
        }
        let stats = self.credentials.entry(digest).or_insert_with(|| {
            let header = header.into();
            Arc::new(CredentialStats { header, own_destinations: Vec::new(), is_internal: false, first })
        });
        Arc::make_mut(stats)
    }
}
