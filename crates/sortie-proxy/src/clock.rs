//! The clock of the doors: wall time read once, monotonic since then.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sortie_model::Micros;

/// Wall time at the start of the process plus monotonic time since then, so that events never go
/// backwards.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Micros,
    start: Instant,
}

impl Clock {
    /// Reads the wall clock once.
    pub fn start() -> Self {
        Self::start_after(Micros(0))
    }

    /// Reads the wall clock once. Where it was set back behind the last event of an earlier process,
    /// time goes on from there.
    pub fn start_after(last: Micros) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Micros(since_epoch.as_micros() as u64);
        Self { wall: wall.max(last.plus(1)), start: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Micros {
        self.wall.plus(self.start.elapsed().as_micros() as u64)
    }
}
