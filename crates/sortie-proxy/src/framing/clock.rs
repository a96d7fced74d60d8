//! The clocks of a stream: how long it may stand still, by phase.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use crate::timeouts::Timeouts;

/// Ticks per shortest bound; a bound is kept to one tick's precision, never early.
const TICKS: u32 = 8;
const SHORTEST_TICK: Duration = Duration::from_millis(5);
const LONGEST_TICK: Duration = Duration::from_secs(5);

/// For what of the client the door waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The next request.
    Idle,
    /// The rest of a head: bounded as a whole, so that a byte now and then does not help.
    Head,
    /// More of a body.
    Body,
}

/// Counts ticks in which nothing moved. One timer per connection that is set anew only when it
/// fires, so that a busy connection pays nothing for it.
#[derive(Debug)]
pub(super) struct StallClock {
    tick: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    limits: Limits,
    wait: Wait,
    read: Side,
    write: Side,
}

#[derive(Debug)]
struct Limits {
    idle: u32,
    head: u32,
    body: u32,
    write: u32,
}

/// One direction.
#[derive(Debug, Default)]
struct Side {
    waits: bool,
    quiet: u32,
}

impl StallClock {
    pub(super) fn new(timeouts: &Timeouts) -> Self {
        let bounds = [timeouts.keep_alive, timeouts.head, timeouts.body_idle, timeouts.write_idle];
        let shortest = bounds.into_iter().min().unwrap_or(LONGEST_TICK);
        let tick = (shortest / TICKS).clamp(SHORTEST_TICK, LONGEST_TICK);
        // One more than fits: the tick in which the wait began does not count as whole.
        let ticks = |bound: Duration| (bound.as_nanos() / tick.as_nanos()).saturating_add(1).min(1 << 30) as u32;
        let [idle, head, body, write] = bounds.map(ticks);
        Self {
            tick,
            timer: None,
            limits: Limits { idle, head, body, write },
            wait: Wait::Idle,
            read: Side::default(),
            write: Side::default(),
        }
    }

    /// Bytes came. `passed`: something of them could go on.
    pub(super) fn read_moved(&mut self, passed: bool) {
        self.read.waits = false;
        if passed || self.wait != Wait::Head {
            self.read.quiet = 0;
        }
    }

    /// Bytes went out.
    pub(super) fn write_moved(&mut self) {
        self.write = Side::default();
    }

    /// The door waits for bytes; says whether that has lasted too long.
    pub(super) fn read_waits(&mut self, cx: &mut Context<'_>, wait: Wait) -> bool {
        if wait != self.wait {
            self.wait = wait;
            self.read.quiet = 0;
        }
        self.read.waits = true;
        self.advance(cx);
        let limit = match wait {
            Wait::Idle => self.limits.idle,
            Wait::Head => self.limits.head,
            Wait::Body => self.limits.body,
        };
        self.read.quiet >= limit
    }

    /// The door waits to be rid of bytes; says whether that has lasted too long.
    pub(super) fn write_waits(&mut self, cx: &mut Context<'_>) -> bool {
        self.write.waits = true;
        self.advance(cx);
        self.write.quiet >= self.limits.write
    }

    fn advance(&mut self, cx: &mut Context<'_>) {
        let tick = self.tick;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(tick)));
        while let Poll::Ready(()) = timer.as_mut().poll(cx) {
            timer.as_mut().reset(Instant::now() + tick);
            self.read.count();
            self.write.count();
        }
    }
}

impl Side {
    fn count(&mut self) {
        if self.waits {
            self.quiet = self.quiet.saturating_add(1);
        }
    }
}
