//! When to try a delivery again.

use sortie_model::Micros;

/// How long to wait after each failure, and when to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Microseconds after the first failure; every further failure doubles it.
    pub first: u64,
    /// Microseconds that it never exceeds.
    pub cap: u64,
    /// Attempts after which the alert is given up. The finding stays.
    pub attempts: u32,
}

impl Default for Schedule {
    /// After 5 s, 10 s, 20 s … 1 h; given up after 60 attempts: more than a day, so a target that
    /// is down for a night still hears of it.
    fn default() -> Self {
        Self { first: 5 * Micros::SECOND, cap: 3600 * Micros::SECOND, attempts: 60 }
    }
}

impl Schedule {
    /// Microseconds to wait after `failed` attempts; `None` to give up.
    ///
    /// The wait lies between half of the schedule's and all of it, always at the same point for
    /// the same `id` and attempt: alerts that failed together do not come back together.
    pub fn wait(&self, failed: u32, id: &str) -> Option<u64> {
        if failed >= self.attempts {
            return None;
        }
        let doublings = failed.saturating_sub(1).min(63);
        let longest = (u128::from(self.first) << doublings).min(u128::from(self.cap)) as u64;
        let half = longest / 2;
        let spread = longest - half + 1;
        Some(half + scatter(id, failed) % spread)
    }
}

/// FNV-1a over id and attempt, with a final mix (splitmix64) because `%` looks at all bits.
fn scatter(id: &str, attempt: u32) -> u64 {
    let bytes = id.bytes().chain(attempt.to_le_bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_within_its_bounds(first in 0_u64..1 << 40, cap in 0_u64..1 << 50, failed in 0_u32..100, id: String) {
            let schedule = Schedule { first, cap, attempts: 90 };
            let wait = schedule.wait(failed, &id);
            prop_assert_eq!(wait, schedule.wait(failed, &id));
            prop_assert_eq!(wait.is_none(), failed >= 90);
            prop_assert!(wait.unwrap_or(0) <= cap);
        }
    }

    #[test]
    fn doubles_up_to_the_cap() {
        let schedule = Schedule { first: 1000, cap: 6000, attempts: 10 };
        for (failed, longest) in [(1, 1000), (2, 2000), (3, 4000), (4, 6000), (9, 6000)] {
            let wait = schedule.wait(failed, "F-1/high").unwrap();
            assert!((longest / 2..=longest).contains(&wait), "{failed}: {wait}");
        }
        assert_eq!(schedule.wait(10, "F-1/high"), None);
    }

    #[test]
    fn alerts_that_fail_together_are_spread() {
        let schedule = Schedule::default();
        let waits: std::collections::BTreeSet<_> = (0..100).map(|i| schedule.wait(1, &format!("F-{i}"))).collect();
        assert!(waits.len() > 90, "{}", waits.len());
    }

    #[test]
    fn the_default_outlasts_a_day() {
        let schedule = Schedule::default();
        for id in ["F-00000001/high", "F-7K2M9QPX/critical", ""] {
            let total: u64 = (1..schedule.attempts).filter_map(|failed| schedule.wait(failed, id)).sum();
            assert!(total > Micros::DAY, "{id}: {total}");
        }
    }
}
