//! Learning: what events teach. The only writer of [`Learned`].

mod close;
mod dial;

use std::sync::Arc;

use sortie_model::{Destination, Endpoint, Micros, limits};

use crate::learned::{EndpointStats, Learned};

pub(crate) use close::{ClosedRequest, learn_closed};
pub(crate) use dial::{DialLesson, learn_dial};

/// Learns that the process started.
pub(crate) fn learn_start(learned: &mut Learned, at: Micros) {
    learned.since.get_or_insert(at);
    learned.starts += 1;
    learned.epoch += 1;
}

/// Learns that an endpoint got a request.
pub(crate) fn learn_request(learned: &mut Learned, at: Micros, endpoint: &Endpoint) {
    learned.since.get_or_insert(at);
    learned.exchanges += 1;
    learned.epoch += 1;
    if let Some(stats) = endpoint_mut(learned, at, endpoint) {
        stats.exchanges += 1;
    }
}

/// The operator struck a destination: it is no longer the service's own.
pub(crate) fn strike(learned: &mut Learned, destination: &Destination) {
    if let Some(stats) = learned.destinations.get_mut(destination) {
        let stats = Arc::make_mut(stats);
        *stats = crate::learned::DestinationStats::new(stats.first, stats.class);
        learned.epoch += 1;
    }
}

fn endpoint_mut<'a>(learned: &'a mut Learned, at: Micros, endpoint: &Endpoint) -> Option<&'a mut EndpointStats> {
    if !learned.endpoints.contains_key(endpoint) {
        if learned.endpoints.len() >= limits::ENDPOINTS {
            return None;
        }
        learned.endpoints.insert(endpoint.clone(), Arc::new(EndpointStats::new(at)));
    }
    learned.endpoints.get_mut(endpoint).map(Arc::make_mut)
}
