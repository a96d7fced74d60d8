//! Idle connections to an inbound door's back end.

use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use parking_lot::Mutex;
use tokio::time::Instant;

/// Connections that are kept.
const IDLE: usize = 512;
/// Connections that are looked at for one that is free.
const TRIES: usize = 8;

/// Idle connections of one door to its one upstream, so that no request can ride a wrong one. The
/// newest is used first: the others may then grow old and go.
#[derive(Debug)]
pub struct Pool<B> {
    /// In the order in which they became idle.
    idle: Mutex<Vec<Idle<B>>>,
    longest: Duration,
}

#[derive(Debug)]
struct Idle<B> {
    sender: SendRequest<B>,
    since: Instant,
}

impl<B> Pool<B> {
    /// An empty pool; connections are kept for `longest`.
    pub fn new(longest: Duration) -> Self {
        Self { idle: Mutex::new(Vec::new()), longest }
    }

    /// The connection that became idle last and can take a request.
    pub fn take(&self) -> Option<SendRequest<B>> {
        let now = Instant::now();
        let mut idle = self.idle.lock();
        let mut at = idle.len();
        for _ in 0..TRIES {
            at = at.checked_sub(1)?;
            let one = &idle[at];
            if one.sender.is_closed() || now.duration_since(one.since) > self.longest {
                drop(idle.remove(at));
            } else if one.sender.is_ready() {
                return Some(idle.remove(at).sender);
            }
            // Else it is still busy with the end of its last exchange.
        }
        None
    }

    /// Keeps a connection whose exchange is over, unless it is closed or there are too many.
    pub fn put(&self, sender: SendRequest<B>) {
        if sender.is_closed() {
            return;
        }
        let since = Instant::now();
        let mut idle = self.idle.lock();
        if idle.len() < IDLE {
            idle.push(Idle { sender, since });
        }
    }

    /// Lets go of connections that are closed or were idle too long. To be called about once a
    /// second.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.idle.lock().retain(|one| !one.sender.is_closed() && now.duration_since(one.since) <= self.longest);
    }
}
