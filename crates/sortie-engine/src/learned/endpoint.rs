//! Endpoints: how many requests they had.

use serde::{Deserialize, Serialize};
use sortie_model::Micros;

/// Exchanges after which an endpoint is settled, and the age.
const SETTLED_EXCHANGES: u64 = 40;
const SETTLED_MICROS: u64 = 7 * Micros::DAY;

/// What is learned of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointStats {
    /// Its first request.
    pub first: Micros,
    /// Requests so far.
    pub exchanges: u64,
    /// Requests that are over and no longer explain anything.
    pub closed: u64,
}

impl EndpointStats {
    /// An endpoint at its first request.
    pub fn new(first: Micros) -> Self {
        Self { first, exchanges: 0, closed: 0 }
    }

    /// Whether the endpoint still counts as cold for the rule `cold_start: exact`.
    pub fn is_cold(&self, now: Micros) -> bool {
        self.exchanges < SETTLED_EXCHANGES || now < self.first.plus(SETTLED_MICROS)
    }

    /// Whether so few requests are over that the service's own rate stands in for the endpoint's.
    pub fn is_new(&self) -> bool {
        self.closed < SETTLED_EXCHANGES
    }
}
