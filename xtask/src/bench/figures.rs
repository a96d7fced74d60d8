//! What the programs of the crate `sortie-bench` print.

use serde::{Deserialize, Serialize};

/// One load on one contender.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Figures {
    pub(super) count: u64,
    pub(super) refused: u64,
    pub(super) seconds: f64,
    pub(super) per_second: f64,
    pub(super) cpu_seconds: f64,
    pub(super) cpu_per_100k: f64,
    pub(super) latency: Latency,
}

/// Latencies in milliseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
}

/// The engine and the journal without doors.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Engine {
    pub(super) exchanges: usize,
    pub(super) events: usize,
    pub(super) dials: usize,
    pub(super) batch: usize,
    pub(super) rounds: Vec<EngineRound>,
}

/// One round of it; rates per second of CPU time.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct EngineRound {
    pub(super) events_per_s: f64,
    pub(super) exchange_us: f64,
    pub(super) of_it_journal_us: f64,
    pub(super) journal_bytes_per_exchange: f64,
    pub(super) facts: usize,
}

/// A figure over all rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    /// `None` of nothing.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
        Some(Self { median, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]), Some(Spread { median: 2.5, min: 1.0, max: 4.0 }));
        assert_eq!(Spread::of([]), None);
    }
}
