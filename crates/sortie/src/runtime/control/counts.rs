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
/// Offers in a row after which it is worth a line that none was obeyed where others were before.
const SILENT: u64 = 4;

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

/// What one place offered and obeyed, in all manners of writing.
#[derive(Default)]
struct Tally {
    offers: u64,
    obeyed: u64,
    /// The shortest silence of the manners that were obeyed: one that is still obeyed speaks for the place.
    silence: Option<u64>,
}

/// Places for destinations of which none was ever dialled, and places that obeyed and fell silent.
pub(super) fn unfollowed(learned: &Learned) -> Vec<Unfollowed> {
    let mut places: BTreeMap<&Place, Tally> = BTreeMap::new();
    for (key, sink) in learned.sinks.iter().filter(|(_, sink)| sink.nature == Nature::Named || sink.obeyed > 0) {
        let tally = places.entry(&key.place).or_default();
        tally.offers += sink.offers;
        tally.obeyed += sink.obeyed;
        if sink.obeyed > 0 {
            tally.silence = Some(tally.silence.map_or(sink.unfollowed, |known| known.min(sink.unfollowed)));
        }
    }
    let told = |(place, tally): (&Place, Tally)| {
        let (offers, least) = match tally.silence {
            Some(silence) => (silence, SILENT),
            None => (tally.offers, UNFOLLOWED),
        };
        (offers >= least).then(|| Unfollowed { at: scope_of(place).to_string(), offers, obeyed: tally.obeyed })
    };
    let mut unfollowed: Vec<Unfollowed> = places.into_iter().filter_map(told).collect();
    // Those first that did otherwise before.
    unfollowed.sort_by_key(|place| std::cmp::Reverse((place.obeyed > 0, place.offers)));
    unfollowed.truncate(LISTED);
    unfollowed
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sortie_engine::learned::{Sink, SinkKey};
    use sortie_model::{Manner, Micros};

    use super::*;

    #[test]
    fn places_that_fell_silent_are_told_before_those_that_never_obeyed() {
        let mut learned = Learned::default();
        let mut add = |template: &str, offers, obeyed, unfollowed| {
            let place = Place::new(&Arc::from(template), Arc::from("url"));
            let mut sink = Sink::new(Nature::Named, Micros(0));
            (sink.offers, sink.obeyed, sink.unfollowed) = (offers, obeyed, unfollowed);
            learned.sinks.insert(SinkKey { place, manner: Manner::FIRST }, Arc::new(sink));
        };
        add("/v1/hooks", 16, 12, 4);
        add("/v1/preview", 16, 12, 3);
        add("/v1/probe", 30, 0, 0);
        add("/v1/new", 2, 0, 0);
        let told: Vec<_> = unfollowed(&learned).into_iter().map(|place| (place.offers, place.obeyed)).collect();
        assert_eq!(told, [(4, 12), (30, 0)]);
    }
}
