//! What the doors count, for `status` and `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one service since the process started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections that clients have open.
    pub inbound_connections: Gauge,
    /// Connections that the back end has open.
    pub outbound_connections: Gauge,
    /// Requests that came in.
    pub requests: Counter,
    /// Requests that carried a candidate (other than `Host` and the like).
    pub requests_with_candidates: Counter,
    /// Such candidates.
    pub candidates: Counter,
    /// Requests that the inbound door refused.
    pub requests_refused: Counter,
    /// Requests that the mode let in although a rule refuses them.
    pub requests_would_refuse: Counter,
    /// Requests whose inspection was cut.
    pub wildcards: Counter,
    /// Bytes of request bodies that went on.
    pub bytes: Counter,
    /// Those of them that were not inspected.
    pub bytes_uninspected: Counter,
    /// Dials that were judged ordered with probability 0.5 or more.
    pub dials_ordered: Counter,
    /// Dials whose request was visible.
    pub dials_visible: Counter,
    /// Dials inside TLS.
    pub dials_tls: Counter,
    /// Dials in other tunnels.
    pub dials_opaque: Counter,
    /// Dials that were refused.
    pub dials_denied: Counter,
    /// Dials that the mode let pass although a rule forbids them.
    pub dials_would_deny: Counter,
    /// Dials that came to nothing: the name did not resolve, or no connection was made.
    pub dials_failed: Counter,
    /// Times that an analysis failed and its request counted as not inspected.
    pub analysis_failures: Counter,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `count`.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Sets the number.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
