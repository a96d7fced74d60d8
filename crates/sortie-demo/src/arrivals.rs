//! What reached the world's hosts: the truth that findings are measured against.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::Site;

/// Arrivals that are noted; a world that is left running notes no more than these.
const NOTED: usize = 10_000;

/// A request that reached a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The host.
    pub site: Site,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
}

/// The list of all arrivals, shared by all hosts.
#[derive(Clone, Debug, Default)]
pub struct Arrivals(Arc<Mutex<Vec<Arrival>>>);

impl Arrivals {
    pub(crate) fn note(&self, arrival: Arrival) {
        let mut arrivals = self.0.lock();
        if arrivals.len() < NOTED {
            arrivals.push(arrival);
        }
    }

    /// How many there are, to ask later what came [`since`](Self::since).
    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// What came after the first `count`.
    pub fn since(&self, count: usize) -> Vec<Arrival> {
        self.0.lock().iter().skip(count).cloned().collect()
    }
}
