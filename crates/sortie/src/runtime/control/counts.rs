//! What was counted and learned, as a status shows it.

use std::collections::BTreeMap;

use sortie_engine::learned::Learned;
use sortie_model::{Nature, Place, Unanswered};
use sortie_proxy::framing::{FramingCounts, Problem};
use sortie_proxy::gate::Gate;

use super::sinks::scope_of;
use crate::admin::wire::{BackEndFailing, HiddenAt, InboundStatus, OutboundStatus, Unfollowed};

/// Places or destinations that a status lists.
const LISTED: usize = 5;
/// Offers after which it is worth a line that none was obeyed.
const UNFOLLOWED: u64 = 3;

pub(super) fn inbound_status(gate: &Gate) -> InboundStatus {
    let counters = gate.counters();
    InboundStatus {
        unanswered: unanswered(gate),
        failing: gate.back_end().failing().map(|failing| BackEndFailing {
            since: failing.since.rfc3339(),
            requests: failing.requests,
            why: failing.why.as_str().to_owned(),
        }),
        connections: counters.inbound_connections.get(),
        requests: counters.requests.get(),
        in_flight: gate.in_flight() as u64,
        carrying: counters.requests_with_candidates.get(),
        candidates: counters.candidates.get(),
        refused: counters.requests_refused.get(),
        would_refuse: counters.requests_would_refuse.get(),
        cut: counters.wildcards.get(),
        bytes: counters.bytes.get(),
        bytes_not_inspected: counters.bytes_uninspected.get(),
        ..InboundStatus::default()
    }
}

pub(super) fn outbound_status(gate: &Gate) -> OutboundStatus {
    let counters = gate.counters();
    let (visible, tls, opaque) = (counters.dials_visible.get(), counters.dials_tls.get(), counters.dials_opaque.get());
    OutboundStatus {
        locality: gate.policy().locality,
        connections: counters.outbound_connections.get(),
        dials: visible + tls + opaque,
        ordered: counters.dials_ordered.get(),
        denied: counters.dials_denied.get(),
        would_deny: counters.dials_would_deny.get(),
        failed: counters.dials_failed.get(),
        visible,
        tls,
        opaque,
        hidden: hidden(&gate.learned()),
        ..OutboundStatus::default()
    }
}

/// Requests without an answer of the back end, by kind; kinds that were not met are left out.
fn unanswered(gate: &Gate) -> BTreeMap<String, u64> {
    let kinds = Unanswered::ALL.into_iter().map(|why| (why.as_str().to_owned(), gate.back_end().unanswered(why)));
    kinds.filter(|&(_, number)| number > 0).collect()
}

/// What was refused because two parsers would read it differently, by kind; kinds that were not met
/// are left out.
pub(super) fn malformed(counts: &FramingCounts) -> BTreeMap<String, u64> {
    let kinds = Problem::ALL.into_iter().map(|problem| (problem.as_str().to_owned(), counts.refused(problem)));
    kinds.filter(|&(_, number)| number > 0).collect()
}

fn hidden(learned: &Learned) -> Vec<HiddenAt> {
    let mut hidden: Vec<HiddenAt> = learned
        .destinations
        .iter()
        .filter(|(_, stats)| stats.tls_orders > 0)
        .map(|(destination, stats)| HiddenAt { destination: destination.to_string(), dials: stats.tls_orders })
        .collect();
    hidden.sort_by_key(|at| std::cmp::Reverse(at.dials));
    hidden.truncate(LISTED);
    hidden
}

pub(super) fn unfollowed(learned: &Learned) -> Vec<Unfollowed> {
    let mut places: BTreeMap<&Place, (u64, u64)> = BTreeMap::new();
    for (key, sink) in learned.sinks.iter().filter(|(_, sink)| sink.nature == Nature::Named) {
        let (offers, obeyed) = places.entry(&key.place).or_default();
        *offers += sink.offers;
        *obeyed += sink.obeyed;
    }
    let mut unfollowed: Vec<Unfollowed> = places
        .into_iter()
        .filter(|&(_, (offers, obeyed))| obeyed == 0 && offers >= UNFOLLOWED)
        .map(|(place, (offers, _))| Unfollowed { at: scope_of(place).to_string(), offers })
        .collect();
    unfollowed.sort_by_key(|place| std::cmp::Reverse(place.offers));
    unfollowed.truncate(LISTED);
    unfollowed
}
