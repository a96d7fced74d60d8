//! Endpoints: how many requests they had.

use serde::{Deserialize, Serialize};
use sortie_model::Micros;
use sortie_model::file::{FileMark, FileMarks};

/// Exchanges after which an endpoint is settled, and the age.
const SETTLED_EXCHANGES: u64 = 40;
const SETTLED_MICROS: u64 = 7 * Micros::DAY;

/// Answers of an endpoint that are all looked at for contents of files; later it is some.
const LOOKED: u32 = 32;

/// What is learned of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointStats {
    /// Its first request.
    pub first: Micros,
    /// Requests so far.
    pub exchanges: u64,
    /// Requests that are over and no longer explain anything.
    pub closed: u64,
    /// Answers that were looked at for contents of files, of requests that named none.
    pub looked: u32,
    /// Marks of files that they showed.
    pub shows: FileMarks,
}

impl EndpointStats {
    /// An endpoint at its first request.
    pub fn new(first: Micros) -> Self {
        Self { first, exchanges: 0, closed: 0, looked: 0, shows: FileMarks::default() }
    }

    /// Whether the endpoint still counts as cold for the rule `cold_start: exact`.
    pub fn is_cold(&self, now: Micros) -> bool {
        self.exchanges < SETTLED_EXCHANGES || now < self.first.plus(SETTLED_MICROS)
    }

    /// Whether more of its answers are to be looked at for contents of files.
    pub fn is_to_be_looked_at(&self) -> bool {
        self.looked < LOOKED
    }

    /// Learns what an answer showed of files.
    pub(crate) fn look(&mut self, marks: FileMarks) {
        self.looked = self.looked.saturating_add(1);
        self.shows =
            FileMark::ALL.into_iter().filter(|mark| marks.contains(*mark) || self.shows.contains(*mark)).collect();
    }

    /// Whether so few requests are over that the service's own rate stands in for the endpoint's.
    pub fn is_new(&self) -> bool {
        self.closed < SETTLED_EXCHANGES
    }
}
