//! How long each phase of an exchange may last.

use std::time::Duration;

/// The bounds on waiting, one per phase. Those called *idle* count from the last byte that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first byte of a request's head to its last: 30 s.
    pub head: Duration,
    /// Idle in the body of a request: 60 s.
    pub body_idle: Duration,
    /// Idle between two requests on a connection: 75 s.
    pub keep_alive: Duration,
    /// Idle while the client does not take what is written to it: 60 s.
    pub write_idle: Duration,
    /// To open a connection to the other side: 5 s.
    pub connect: Duration,
    /// From the request sent to the head of its answer, counted anew while the request's body moves:
    /// 60 s.
    pub answer_head: Duration,
    /// Idle in the body of an answer: 60 s.
    pub answer_idle: Duration,
    /// Idle on a connection that left HTTP, in both directions: 1 h.
    pub upgrade_idle: Duration,
    /// How long an idle connection to a back end is kept: 4 s, below the 5 s after which Node closes
    /// one, so that few requests meet a connection that closes at that moment.
    pub pool_idle: Duration,
    /// How long a client may go on sending after its request was refused, so that it can read why:
    /// 5 s.
    pub linger: Duration,
    /// How long exchanges in progress may go on after shutdown was asked for: 30 s.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            body_idle: Duration::from_mins(1),
            keep_alive: Duration::from_secs(75),
            write_idle: Duration::from_mins(1),
            connect: Duration::from_secs(5),
            answer_head: Duration::from_mins(1),
            answer_idle: Duration::from_mins(1),
            upgrade_idle: Duration::from_hours(1),
            pool_idle: Duration::from_secs(4),
            linger: Duration::from_secs(5),
            drain: Duration::from_secs(30),
        }
    }
}
