//! What one measurement gives.

use std::time::Duration;

use serde::Serialize;

/// One load on one contender.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Requests (or tunnels) within the window.
    pub count: u64,
    /// Those of them that the contender refused.
    pub refused: u64,
    /// The window in seconds.
    pub seconds: f64,
    /// Requests (or tunnels) per second.
    pub per_second: f64,
    /// CPU seconds of the contender's processes within the window.
    pub cpu_seconds: f64,
    /// CPU seconds per 100,000 requests (or tunnels).
    pub cpu_per_100k: f64,
    /// Latencies.
    pub latency: Latency,
}

/// Latencies in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Half of them were faster.
    pub p50: f64,
    /// 1 in 100 was slower.
    pub p99: f64,
    /// 1 in 1,000 was slower.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// What one connection, or all of them, noted within a window.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// In microseconds, of refused requests too.
    pub latencies: Vec<u32>,
    /// Refused requests.
    pub refused: u64,
}

impl Noted {
    /// Takes over what another connection noted.
    pub fn add(&mut self, mut other: Self) {
        self.latencies.append(&mut other.latencies);
        self.refused += other.refused;
    }
}

impl Figures {
    /// From what was noted within a window, and the CPU time used in it.
    pub fn new(noted: Noted, window: Duration, cpu: Duration) -> Self {
        let Noted { mut latencies, refused } = noted;
        latencies.sort_unstable();
        let count = latencies.len() as u64;
        let per_request = if count == 0 { 0.0 } else { cpu.as_secs_f64() / count as f64 };
        Self {
            count,
            refused,
            seconds: window.as_secs_f64(),
            per_second: count as f64 / window.as_secs_f64(),
            cpu_seconds: cpu.as_secs_f64(),
            cpu_per_100k: per_request * 100_000.0,
            latency: Latency::of_sorted(&latencies),
        }
    }
}

impl Latency {
    fn of_sorted(micros: &[u32]) -> Self {
        let at = |share: f64| {
            // Nearest rank: the smallest value that is not below `share` of them.
            let rank = (share * micros.len() as f64).ceil() as usize;
            micros.get(rank.saturating_sub(1)).map_or(0.0, |&value| f64::from(value) / 1_000.0)
        };
        Self { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        let figures = Figures::new(
            Noted { latencies: (1..=1_000).rev().collect(), refused: 3 },
            Duration::from_secs(2),
            Duration::from_millis(50),
        );
        assert_eq!(figures.latency, Latency { p50: 0.5, p99: 0.99, p999: 0.999, max: 1.0 });
        assert_eq!((figures.per_second, figures.cpu_per_100k, figures.refused), (500.0, 5.0, 3));
    }

    #[test]
    fn nothing_measured_is_nothing() {
        let figures = Figures::new(Noted::default(), Duration::from_secs(1), Duration::ZERO);
        assert_eq!((figures.count, figures.cpu_per_100k, figures.latency.max), (0, 0.0, 0.0));
    }
}
