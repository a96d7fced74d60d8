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
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { wall: Micros(since_epoch.as_micros() as u64), start: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Micros {
        self.wall.plus(self.start.elapsed().as_micros() as u64)
    }
}
