//! What the doors counted of late: a program that begins to go around its door is heard no more, however
//! much passed before.

use std::collections::{BTreeMap, VecDeque};

use sortie_model::ServiceName;
use sortie_proxy::gate::Gate;

use crate::admin::wire::RecentStatus;
use crate::runtime::Gates;

/// Minutes between two samples.
pub const SAMPLE_MINUTES: u64 = 1;
/// Samples that are kept: with what came since the last one they cover the window.
const SAMPLES: usize = 10;
/// Minutes that "of late" means, at most.
const WINDOW_MINUTES: u64 = SAMPLE_MINUTES * SAMPLES as u64;

/// What the doors of a service counted from the start up to one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traffic {
    requests: u64,
    candidates: u64,
    dials: u64,
}

impl Traffic {
    fn of(gate: &Gate) -> Self {
        let counters = gate.counters();
        Self {
            requests: counters.requests.get(),
            candidates: counters.candidates.get(),
            dials: counters.dials_visible.get() + counters.dials_tls.get() + counters.dials_opaque.get(),
        }
    }

    /// What was counted between `earlier` and this.
    fn since(self, earlier: Self) -> RecentStatus {
        RecentStatus {
            minutes: WINDOW_MINUTES,
            requests: self.requests - earlier.requests,
            candidates: self.candidates - earlier.candidates,
            dials: self.dials - earlier.dials,
        }
    }
}

/// A ring of samples, one in each [`SAMPLE_MINUTES`].
#[derive(Debug, Default)]
pub struct Recent(VecDeque<BTreeMap<ServiceName, Traffic>>);

impl Recent {
    pub(super) fn sample(&mut self, gates: &Gates) {
        self.push(gates.iter().map(|(name, gate)| (name.clone(), Traffic::of(gate))).collect());
    }

    fn push(&mut self, sample: BTreeMap<ServiceName, Traffic>) {
        self.0.push_back(sample);
        if self.0.len() > SAMPLES {
            self.0.pop_front();
        }
    }

    /// What a gate counted of late; everything, where it began within the window.
    pub(super) fn of(&self, name: &ServiceName, gate: &Gate) -> RecentStatus {
        self.until(name, Traffic::of(gate))
    }

    fn until(&self, name: &ServiceName, now: Traffic) -> RecentStatus {
        // At the start nothing had passed; while the ring fills, that is the oldest sample.
        let oldest = self.0.front().filter(|_| self.0.len() == SAMPLES).and_then(|sample| sample.get(name));
        now.since(oldest.copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_moves_on() {
        let shop = ServiceName::from("shop");
        let at = |minute: u64| Traffic { requests: 100 * minute, candidates: 10 * minute, dials: 1 };
        let mut recent = Recent::default();
        for minute in 1..=30 {
            let late = recent.until(&shop, at(minute));
            let (within, dials) = if minute > 10 { (10, 0) } else { (minute, 1) };
            assert_eq!((late.requests, late.candidates, late.dials), (100 * within, 10 * within, dials), "{minute}");
            recent.push([(shop.clone(), at(minute))].into());
        }
        assert_eq!(recent.0.len(), SAMPLES);
    }
}
