//! Delay kernels: how long after its request an order is obeyed.
//!
//! One kernel covers everything from the immediate fetch to the webhook that fires the next day:
//! a stored order is a sink with a long kernel, not another mechanism.

use serde::{Deserialize, Serialize};
use sortie_model::Micros;

/// Number of bins. Bin 0 is `[0, 1 ms)`, bin i is `[1.68^(i-1), 1.68^i)` ms, so the last one ends
/// near 8 hours.
const BINS: usize = 34;
const FACTOR: f64 = 1.68;
const FIRST_MICROS: f64 = 1000.0;
/// Weight of the prior, in observations.
const PRIOR_WEIGHT: f64 = 6.0;
/// Bins up to about 40 ms have prior mass 1, later ones 0.2: most orders are obeyed at once.
const PROMPT_BINS: usize = 8;
const LATE_MASS: f64 = 0.2;
/// Counts are halved at this weight, so that a kernel follows a release.
const HALVE_AT: f64 = 400.0;
/// Weight from which a kernel says something about delays that it never saw.
const KNOWN_AT: f64 = 3.0;
/// Weight of delays from which such delays are known.
const SEEN_AT: f64 = 0.5;
/// How many bins later than the latest known delay an order may still be obeyed: 13 times as late.
const REACH_BINS: usize = 5;

/// A histogram of delays over logarithmic bins with a Dirichlet prior.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    counts: Box<[f32]>,
    total: f64,
}

impl Default for Kernel {
    fn default() -> Self {
        Self { counts: vec![0.0; BINS].into_boxed_slice(), total: 0.0 }
    }
}

impl Kernel {
    /// Learns a delay, in microseconds, with a weight from 0 to 1. The weight is shared between the bins
    /// whose centres are nearest (linear binning: Jones & Lotwick 1984, "A Remark on Algorithm AS 176"):
    /// a place that is obeyed after a little more than 1 ms is at times obeyed after a little less.
    pub fn learn(&mut self, delay: u64, weight: f64) {
        let (bin, beyond) = nearest_bins(delay);
        self.counts[bin] += (weight * (1.0 - beyond)) as f32;
        self.counts[(bin + 1).min(BINS - 1)] += (weight * beyond) as f32;
        self.total += weight;
        if self.total >= HALVE_AT {
            self.counts.iter_mut().for_each(|count| *count *= 0.5);
            self.total *= 0.5;
        }
    }

    /// Probability density per second at a delay in microseconds. Beyond the last bin the density
    /// falls with the delay.
    pub fn density(&self, delay: u64) -> f64 {
        let bin = bin_of(delay);
        let (start, end) = bounds(bin);
        let density = self.mass(bin) / ((end - start) / Micros::SECOND as f64);
        if (delay as f64) < end { density } else { density * end / delay as f64 }
    }

    /// Probability that the delay is shorter than `delay` microseconds.
    pub fn cumulative(&self, delay: u64) -> f64 {
        let bin = bin_of(delay);
        let (start, end) = bounds(bin);
        let within = ((delay as f64 - start) / (end - start)).min(1.0);
        let before: f64 = (0..bin).map(|earlier| self.mass(earlier)).sum();
        (before + within * self.mass(bin)).min(1.0)
    }

    /// Whether enough is known to say which delays are unlikely.
    pub fn is_known(&self) -> bool {
        self.total >= KNOWN_AT
    }

    /// Whether a delay is far beyond all that is known, and enough is known to say so.
    pub fn is_beyond(&self, delay: u64) -> bool {
        let first = bin_of(delay).saturating_sub(REACH_BINS);
        let seen: f32 = self.counts[first..].iter().sum();
        self.is_known() && f64::from(seen) < SEEN_AT
    }

    fn mass(&self, bin: usize) -> f64 {
        (prior(bin) + f64::from(self.counts[bin])) / (PRIOR_WEIGHT + self.total)
    }
}

/// The kernel before anything is learned.
pub fn prior_kernel() -> &'static Kernel {
    static PRIOR: std::sync::LazyLock<Kernel> = std::sync::LazyLock::new(Kernel::default);
    &PRIOR
}

fn prior(bin: usize) -> f64 {
    let total = PROMPT_BINS as f64 + (BINS - PROMPT_BINS) as f64 * LATE_MASS;
    let mass = if bin < PROMPT_BINS { 1.0 } else { LATE_MASS };
    PRIOR_WEIGHT * mass / total
}

fn bin_of(delay: u64) -> usize {
    if delay < FIRST_MICROS as u64 {
        return 0;
    }
    let bin = 1 + ((delay as f64 / FIRST_MICROS).ln() / FACTOR.ln()) as usize;
    bin.min(BINS - 1)
}

/// The bin whose centre, in the logarithm, is the last before a delay, and how far the delay lies
/// between that centre and the next, from 0 to 1.
fn nearest_bins(delay: u64) -> (usize, f64) {
    let position = 0.5 + (delay as f64 / FIRST_MICROS).ln() / FACTOR.ln();
    if position <= 0.0 {
        return (0, 0.0);
    }
    let bin = (position as usize).min(BINS - 1);
    (bin, (position - bin as f64).min(1.0))
}

/// Where a bin begins and ends, in microseconds.
fn bounds(bin: usize) -> (f64, f64) {
    static EDGES: std::sync::LazyLock<[f64; BINS + 1]> = std::sync::LazyLock::new(|| {
        let mut next = FIRST_MICROS / FACTOR;
        std::array::from_fn(|edge| {
            next *= FACTOR;
            if edge == 0 { 0.0 } else { next / FACTOR }
        })
    });
    (EDGES[bin], EDGES[bin + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_sum_to_one() {
        let mut kernel = Kernel::default();
        for delay in [10, 2_000, 50_000, 3_000_000_000] {
            kernel.learn(delay, 1.0);
        }
        let sum: f64 = (0..BINS).map(|bin| kernel.mass(bin)).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        assert!((kernel.cumulative(u64::MAX) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn follows_what_it_learned() {
        let mut kernel = Kernel::default();
        let before = kernel.density(100_000);
        for _ in 0..50 {
            kernel.learn(100_000, 1.0);
        }
        assert!(kernel.density(100_000) > 10.0 * before);
        assert!(kernel.cumulative(50_000) < 0.1 && kernel.cumulative(200_000) > 0.9);
    }

    #[test]
    fn delays_beyond_are_those_far_later_than_the_known_ones() {
        let mut kernel = Kernel::default();
        kernel.learn(20_000, 1.0);
        assert!(!kernel.is_beyond(150_000_000), "too little is known");
        for _ in 0..4 {
            kernel.learn(20_000, 1.0);
        }
        assert!(!kernel.is_beyond(100_000) && kernel.is_beyond(1_000_000) && kernel.is_beyond(u64::MAX));
        kernel.learn(60_000_000, 1.0);
        assert!(!kernel.is_beyond(150_000_000) && kernel.is_beyond(3_600_000_000));
    }

    #[test]
    fn a_delay_just_beyond_an_edge_is_as_likely_as_one_before_it() {
        let mut kernel = Kernel::default();
        for _ in 0..50 {
            kernel.learn(1_050, 1.0);
        }
        assert!(kernel.density(990) > 0.3 * kernel.density(1_010));
        assert!(kernel.density(3_500) < 0.1 * kernel.density(1_010));
        assert_eq!(nearest_bins(0), (0, 0.0));
        assert_eq!(nearest_bins(u64::MAX), (BINS - 1, 1.0));
        let (bin, beyond) = nearest_bins(1_000);
        assert!(bin == 0 && (beyond - 0.5).abs() < 1e-9);
    }

    #[test]
    fn edges_belong_to_one_bin() {
        assert_eq!(bin_of(0), 0);
        assert_eq!(bin_of(999), 0);
        assert_eq!(bin_of(1000), 1);
        assert_eq!(bin_of(u64::MAX), BINS - 1);
        for bin in 1..BINS {
            let (start, end) = bounds(bin);
            assert!(start < end && (bounds(bin - 1).1 - start).abs() < 1e-6);
            assert_eq!(bin_of(start.midpoint(end) as u64), bin);
        }
    }
}
