//! Learning: what events teach. The only writer of [`Learned`].

mod close;
mod dial;

use std::sync::Arc;

use sortie_model::file::FilesSeen;
use sortie_model::{Destination, Endpoint, Micros};

use crate::learned::Learned;

pub(crate) use close::{ClosedRequest, learn_closed};
pub(crate) use dial::{DialLesson, learn_connected, learn_dial};

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
    learned.endpoint_mut(endpoint, at).exchanges += 1;
}

/// Learns what an endpoint's answers show of files as a rule.
pub(crate) fn learn_files(learned: &mut Learned, at: Micros, endpoint: &Endpoint, files: &FilesSeen) {
    if let FilesSeen::AsARule(marks) = files {
        learned.endpoint_mut(endpoint, at).look(*marks);
        learned.epoch += 1;
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
