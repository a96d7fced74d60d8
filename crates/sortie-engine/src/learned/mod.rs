//! What is learned of one service.
//!
//! [`Learned`] is the snapshot that decisions read: its maps are persistent, so publishing one is a
//! handful of reference counts. Only [`crate::learn`] writes here.

mod credential;
mod destination;
mod endpoint;
mod matches;
mod name;
mod names;
mod room;
mod sink;

use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::address::Naming;
use sortie_model::privacy::Digest;
use sortie_model::{
    AddressBook, AddressClass, CandidateKind, Containers, Destination, Endpoint, Host, Manner, Micros, Nature, Place,
    limits,
};

pub use credential::CredentialStats;
pub(crate) use destination::NOVEL_PATH;
pub use destination::{Caller, DestinationStats, HostStats};
pub use endpoint::EndpointStats;
pub use name::NameStats;
pub use names::Names;
pub(crate) use sink::REJECTED_PRIOR;
pub use sink::{Missing, Proof, Sink};

/// What a sink's statistics are kept under: rates hold per manner of writing.
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
    /// When the last dial passed the door, refused or not.
    pub last_dial: Option<Micros>,
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
    pub names: Names,
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
    /// manner, else one of another manner where the candidate is the whole value. What stands there is an
    /// order however it is written, unless the service is known to ignore it so, or completes it: see
    /// [`Learned::completes`].
    pub fn proving_sink(&self, place: &Place, manner: Manner, nature: Nature, host: &Host) -> Option<&Arc<Sink>> {
        let of_manner = self.sink(place, manner);
        if let Some(sink) = of_manner.filter(|sink| sink.is_proven_for(host)) {
            return Some(sink);
        }
        if !nature.is_eligible() || of_manner.is_some_and(|sink| sink.is_ignored()) || self.completes(place, host) {
            return None;
        }
        self.sinks_at(place).map(|(_, sink)| sink).find(|sink| sink.is_proven_for(host))
    }

    /// Whether a name is a label at a place where labels are known to be completed: `localhost` is a tenant there as
    /// `acme` is.
    pub(crate) fn completes(&self, place: &Place, host: &Host) -> bool {
        let is_of_labels =
            |(manner, sink): (Manner, &Arc<Sink>)| manner.kind == CandidateKind::Label && sink.is_proven();
        host.as_name().is_some_and(|name| !name.contains('.')) && self.sinks_at(place).any(is_of_labels)
    }

    /// The statistics of a place in every manner.
    fn sinks_at<'a>(&'a self, place: &Place) -> impl Iterator<Item = (Manner, &'a Arc<Sink>)> {
        let place = place.clone();
        let first = SinkKey { place: place.clone(), manner: Manner::FIRST };
        self.sinks.range(first..).take_while(move |(key, _)| key.place == place).map(|(key, sink)| (key.manner, sink))
    }

    /// Whether a template has a sink that its own traffic proved.
    pub fn has_proven_sink(&self, template: &str) -> bool {
        self.sink_templates.contains_key(template)
    }

    /// The parameters of a template's sinks that its own traffic proved, each with the containers in which it was
    /// obeyed in whatever manner; one that is proven in several manners comes as often.
    pub fn proven_parameters<'a>(&'a self, template: &'a str) -> impl Iterator<Item = (&'a Arc<str>, Containers)> {
        let all = self.sink_templates.get_key_value(template).into_iter().flat_map(|(template, _)| {
            let first = Place { template: Arc::clone(template), parameter: Arc::from("") };
            self.sinks.range(SinkKey { place: first, manner: Manner::FIRST }..)
        });
        let proven = all
            .take_while(move |(key, _)| *key.place.template == *template)
            .filter(|(_, sink)| sink.is_refused_at_inbound());
        proven.map(|(key, _)| {
            let obeyed_in = self.sinks_at(&key.place).map(|(_, sink)| sink.obeyed_in());
            (&key.place.parameter, obeyed_in.fold(Containers::NONE, Containers::or))
        })
    }

    /// The classes of a host as far as they are known without asking a resolver: by literal address, by
    /// the operator's patterns, by an address that the name embeds, by the memory of what the
    /// service's names resolved to.
    pub fn known_classes(&self, host: &Host, book: &AddressBook, now: Micros) -> SmallVec<[AddressClass; 4]> {
        let remembered = self.remembered_addresses(host, now).map(|address| book.class_of(address));
        let by_itself = match host {
            Host::Ip(address) => Some(book.class_of(*address)),
            Host::Name(name) => book.class_of_name(name),
        };
        remembered.chain(by_itself).collect()
    }

    /// The addresses of a host as far as they are known in the same way.
    pub fn known_addresses(&self, host: &Host, now: Micros) -> SmallVec<[IpAddr; 4]> {
        let by_itself = match host {
            Host::Ip(address) => Some(*address),
            Host::Name(name) => Naming::of(name).and_then(Naming::address),
        };
        self.remembered_addresses(host, now).chain(by_itself).collect()
    }

    fn remembered_addresses(&self, host: &Host, now: Micros) -> impl Iterator<Item = IpAddr> {
        let stats = host.as_name().and_then(|name| self.names.get(name));
        stats.into_iter().flat_map(move |stats| stats.fresh(now))
    }
}

/// Entries are made where they are missing, in the place of what is worth least where a table is
/// full: nothing that a client sends can keep something of the service's own out.
impl Learned {
    pub(crate) fn sink_mut(&mut self, key: &SinkKey, nature: Nature, first: Micros) -> &mut Sink {
        let worth = |_: &SinkKey, sink: &Sink| (sink.is_proven(), sink.obeyed, sink.offers);
        room::entry(&mut self.sinks, key, limits::SINKS, worth, || Sink::new(nature, first))
    }

    pub(crate) fn endpoint_mut(&mut self, endpoint: &Endpoint, first: Micros) -> &mut EndpointStats {
        let worth = |_: &Endpoint, stats: &EndpointStats| (stats.exchanges, stats.first);
        room::entry(&mut self.endpoints, endpoint, limits::ENDPOINTS, worth, || EndpointStats::new(first))
    }

    pub(crate) fn destination_mut(
        &mut self,
        destination: &Destination,
        class: AddressClass,
        first: Micros,
    ) -> &mut DestinationStats {
        let worth = |_: &Destination, stats: &DestinationStats| (stats.own_class.is_some(), stats.last);
        let new = || DestinationStats::new(first, class);
        room::entry(&mut self.destinations, destination, limits::DESTINATIONS, worth, new)
    }

    pub(crate) fn host_mut(&mut self, host: &Host) -> &mut HostStats {
        let destinations = &self.destinations;
        let worth = |host: &Host, stats: &HostStats| (is_own(destinations, host, stats), stats.offers.len());
        room::entry(&mut self.hosts, host, limits::DESTINATIONS, worth, HostStats::default)
    }

    pub(crate) fn learn_name(&mut self, name: &Arc<str>, addresses: &[IpAddr], now: Micros) {
        let (hosts, destinations) = (&self.hosts, &self.destinations);
        self.names.learn(name, addresses, now, |name| {
            let host = Host::Name(Arc::clone(name));
            hosts.get(&host).is_some_and(|stats| is_own(destinations, &host, stats))
        });
    }

    pub(crate) fn credential_mut(&mut self, digest: Digest, header: &str, first: Micros) -> &mut CredentialStats {
        let worth = |_: &Digest, stats: &CredentialStats| (stats.is_internal, stats.first);
        room::entry(&mut self.credentials, &digest, limits::CREDENTIALS, worth, || {
            let header = header.into();
            CredentialStats { header, own_destinations: Vec::new(), is_internal: false, first }
        })
    }
}

/// Whether there is own evidence for a host at some port.
fn is_own(destinations: &OrdMap<Destination, Arc<DestinationStats>>, host: &Host, stats: &HostStats) -> bool {
    stats.ports.iter().any(|&port| {
        let destination = Destination::new(host.clone(), port);
        destinations.get(&destination).is_some_and(|stats| stats.own_class.is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_clients_order_push_out_none_of_the_services_own() {
        let mut learned = Learned::default();
        let name: Arc<str> = "billing.internal".into();
        let host = Host::Name(Arc::clone(&name));
        learned.host_mut(&host).add_port(8443);
        let destination = Destination::new(host.clone(), 8443);
        learned.destination_mut(&destination, AddressClass::Private, Micros(0)).own_class = Some(AddressClass::Private);
        learned.learn_name(&name, &["10.20.0.5".parse().unwrap()], Micros(0));
        for n in 1..=limits::NAMES as u64 + 10 {
            learned.learn_name(&format!("h{n}.example").into(), &["192.0.2.1".parse().unwrap()], Micros(n));
        }
        let book = AddressBook::default();
        let classes = learned.known_classes(&host, &book, Micros(limits::NAMES as u64));
        assert_eq!(classes.as_slice(), [AddressClass::Private]);
    }
}
