//! Sinks as operators see them.

use std::sync::Arc;

use sortie_engine::learned::{Missing, Proof, Sink, SinkKey};
use sortie_model::candidate::Manner;
use sortie_model::policy::Scope;
use sortie_model::{Endpoint, Method, Mode, Place, Policy, ServiceName};

use crate::admin::wire::{ProvenBy, SinkView};

pub(super) fn proof_of(key: &SinkKey, sink: &Sink, policy: &Policy) -> Option<ProvenBy> {
    let is_by_operator = policy
        .proven
        .iter()
        .any(|scope| scope.template == key.place.template && scope.parameter.as_ref() == Some(&key.place.parameter));
    match sink.proof {
        _ if is_by_operator => Some(ProvenBy::Operator),
        Some(Proof::Destinations) => Some(ProvenBy::Traffic),
        Some(Proof::Narrow) => Some(ProvenBy::Narrow),
        Some(Proof::Mentions) => Some(ProvenBy::Mentions),
        None => None,
    }
}

pub(super) fn sink_view(service: &ServiceName, key: &SinkKey, sink: &Sink, policy: &Policy) -> SinkView {
    let proven = proof_of(key, sink, policy);
    let lacks = match sink.missing() {
        Some(Missing::Destinations { have, need }) => vec![format!("{have} of {need} destinations")],
        Some(Missing::HonourRate(rho, need)) => vec![format!("it obeys too rarely: {rho:.2} of {need:.2}")],
        Some(Missing::Actors { have, need }) => vec![format!("{have} of {need} senders")],
        Some(Missing::Operator) => vec!["only the operator proves such a place".to_owned()],
        None => Vec::new(),
    };
    SinkView {
        service: service.to_string(),
        at: scope_of(&key.place).to_string(),
        manner: manner_words(key.manner),
        proven,
        lacks: if proven.is_some() { Vec::new() } else { lacks },
        rho: sink.rho_so_far(),
        obeyed: sink.obeyed,
        offers: sink.offers.max(sink.obeyed),
        destinations: sink.destinations().len() as u64,
        actors: u64::from(sink.actor_count),
        mode: mode_at_place(policy, &key.place),
    }
}

pub(super) fn scope_of(place: &Place) -> Scope {
    Scope { method: None, template: Arc::clone(&place.template), parameter: Some(Arc::clone(&place.parameter)) }
}

fn manner_words(manner: Manner) -> String {
    let decodings: Vec<&str> = manner.decodings.iter().map(sortie_model::Decoding::as_str).collect();
    if decodings.is_empty() {
        manner.kind.as_str().to_owned()
    } else {
        format!("{} ({})", manner.kind.as_str(), decodings.join(", "))
    }
}

fn mode_at_place(policy: &Policy, place: &Place) -> Mode {
    let endpoint = Endpoint { method: Method::Post, host: None, template: Arc::clone(&place.template) };
    policy.mode_at(&endpoint, Some(place))
}
