//! What a request teaches when it is over.

use std::sync::Arc;

use smallvec::SmallVec;
use sortie_model::{Candidate, Destination, Micros, Nature, Place};

use crate::inflight::{Closed, Offer, Progress};
use crate::learned::{Learned, SinkKey};

/// A request that is over, and whether its offers count as votes.
pub(crate) struct ClosedRequest<'a> {
    /// The request.
    pub(crate) closed: &'a Closed,
    /// When its time was over.
    pub(crate) at: Micros,
}

/// Learns honour rates: each candidate is a vote for or against its place, by how far it was obeyed.
pub(crate) fn learn_closed(learned: &mut Learned, request: &ClosedRequest<'_>) {
    let ClosedRequest { closed, at } = *request;
    let live = &closed.live;
    learned.endpoint_mut(&live.endpoint, at).closed += 1;
    for host in &live.hosts {
        leave_out(learned, host, live);
    }
    for Offer { candidate, obeyed, progress } in &closed.offers {
        // Ambient candidates come with every request; where nothing obeyed them there is nothing to
        // learn that their prior does not say.
        if candidate.nature == Nature::Ambient && *obeyed < 0.01 {
            continue;
        }
        let key = key_of(candidate, &live.endpoint.template);
        let sink = learned.sink_mut(&key, candidate.nature, live.at);
        match progress {
            // Neither says anything about orders that are taken, or explains a dial.
            Progress::Rejected => {
                sink.close_rejected(live.actor.id(), *obeyed);
                continue;
            }
            Progress::Failed => {
                sink.close_failed();
                continue;
            }
            Progress::Open | Progress::Ended => sink.close(live.actor.id(), *obeyed),
        }
        // Only sinks explain dials; places that never obeyed must not take their room.
        let hosts = candidate.hosts().filter(|_| sink.obeyed > 0).collect::<SmallVec<[_; 2]>>();
        for host in hosts {
            if let Some(stats) = learned.hosts.get_mut(host) {
                let sinks = &learned.sinks;
                Arc::make_mut(stats).offered(&key, |key| sinks.get(key).is_some_and(|sink| sink.is_proven()));
            }
        }
    }
    learned.epoch += 1;
}

/// A request that named a host is left out of the count of requests that call it of their own
/// accord: its call may have been the order.
fn leave_out(learned: &mut Learned, host: &sortie_model::Host, live: &crate::inflight::LiveRequest) {
    let Learned { hosts, destinations, .. } = learned;
    let Some(stats) = hosts.get(host) else { return };
    for &port in &stats.ports {
        let destination = Destination::new(host.clone(), port);
        let Some(stats) = destinations.get(&destination) else { continue };
        let calls = stats.callers.iter().any(|caller| caller.endpoint == *live.endpoint);
        if calls
            && let Some(stats) = destinations.get_mut(&destination)
            && let Some(caller) = Arc::make_mut(stats).caller_mut(&live.endpoint)
        {
            caller.skipped += 1.0;
        }
    }
}

fn key_of(candidate: &Candidate, template: &Arc<str>) -> SinkKey {
    SinkKey { place: Place::new(template, Arc::clone(&candidate.parameter)), manner: candidate.manner }
}
