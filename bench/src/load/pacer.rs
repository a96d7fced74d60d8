//! Arrivals at their own times.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

/// Tells arrivals, each with the moment for which it was planned.
///
/// A thread of its own does, for the runtime's timer has a grain of a millisecond. The channel has
/// no bound, since an arrival that finds no room has to wait and not to be left out; as many as
/// there are, are planned beforehand.
pub(super) fn arrivals(rate: f64, from: Instant, to: Instant) -> (UnboundedReceiver<Instant>, JoinHandle<()>) {
    let (sender, receiver) = unbounded_channel();
    let mut gaps = Gaps { state: 0x853c_49e6_748f_ea9b, mean: 1.0 / rate };
    let thread = thread::spawn(move || {
        let mut planned = from;
        while planned < to {
            thread::sleep(planned.saturating_duration_since(Instant::now()));
            if sender.send(planned).is_err() {
                break; // the load has failed
            }
            planned += gaps.next();
        }
    });
    (receiver, thread)
}

/// Gaps of a Poisson process, the same in every run.
struct Gaps {
    state: u64,
    /// In seconds.
    mean: f64,
}

impl Gaps {
    fn next(&mut self) -> Duration {
        // xorshift64*
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        let uniform = (bits as f64 + 1.0) / (1_u64 << 53) as f64;
        Duration::from_secs_f64(-uniform.ln() * self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_those_of_a_poisson_process() {
        let mut gaps = Gaps { state: 1, mean: 0.001 };
        let all: Vec<f64> = (0..100_000).map(|_| gaps.next().as_secs_f64()).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let above = all.iter().filter(|&&gap| gap > 0.001).count() as f64 / all.len() as f64;
        assert!((mean - 0.001).abs() < 0.000_02, "{mean}");
        assert!((above - (-1.0_f64).exp()).abs() < 0.01, "{above}");
    }
}
