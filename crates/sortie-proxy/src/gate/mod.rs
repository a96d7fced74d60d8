//! The joint between the doors and the engine, one per service.
//!
//! The doors ask here; the answer is synchronous and bounded. Whatever is asked is also told to the
//! engine as an event, in the same order in which the table in flight was changed. A full queue, a
//! slow engine or a dead store change no answer: the gate decides by the snapshot it has.

mod actors;
mod back_end;
mod counters;
mod fields;
mod files;
mod inbound;
mod listeners;
mod outbound;
mod queue;
mod record;
mod targets;
#[cfg(test)]
mod tests;
mod ticket;
mod watch;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use parking_lot::{Mutex, MutexGuard};
use sortie_engine::attribution::proven_by;
use sortie_engine::inflight::InFlight;
use sortie_engine::learned::Learned;
use sortie_model::policy::Scope;
use sortie_model::{Endpoint, Key, Micros, Policy, Reference, ServiceName, limits};

pub use back_end::{BackEnd, Failing};
pub use counters::{Counter, Counters, Gauge};
pub(crate) use fields::{Fields, fields};
pub use inbound::{Admission, InboundHead, Refusal};
pub use listeners::OwnListeners;
pub use outbound::{DialDenied, Judged, OutboundDial, VisibleRequest};
pub use queue::EventQueue;
pub use record::{AnswerPrefix, DialRecord};
pub use ticket::{InboundBody, Reading, Ticket};

use crate::clock::Clock;
use actors::AcceptedTokens;
use watch::Watch;

/// Requests that a tick closes before it lets the doors have the table: some tens of microseconds.
const CLOSED_AT_A_STRETCH: usize = 32;

/// What a gate is made of.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// The service.
    pub name: ServiceName,
    /// The key of digests.
    pub key: Key,
    /// Bytes of a request body that are inspected.
    pub inspect_bytes: usize,
    /// Bytes of a response's or an answer's body that are compared, at most
    /// [`limits::INSPECT_RESPONSE_BYTES`].
    pub response_bytes: usize,
    /// Other limits of single endpoints, the most specific first.
    pub inspect_endpoints: Vec<(Scope, usize)>,
    /// Virtual hosts that make endpoints of their own, in lower case; with any port, where they have none.
    pub hosts: Vec<Arc<str>>,
    /// Sortie's own listeners.
    pub listeners: OwnListeners,
}

impl GateSettings {
    /// Settings with all defaults.
    pub fn new(name: ServiceName, key: Key) -> Self {
        Self {
            name,
            key,
            inspect_bytes: limits::INSPECT_REQUEST_BYTES,
            response_bytes: limits::INSPECT_RESPONSE_BYTES,
            inspect_endpoints: Vec::new(),
            hosts: Vec::new(),
            listeners: OwnListeners::default(),
        }
    }

    /// Bytes of a request body that are inspected at an endpoint.
    fn inspect_bytes_at(&self, endpoint: &Endpoint) -> usize {
        let mut endpoints = self.inspect_endpoints.iter();
        endpoints.find(|(scope, _)| scope.covers(endpoint, None)).map_or(self.inspect_bytes, |&(_, bytes)| bytes)
    }
}

/// One protected service as its doors see it.
#[derive(Debug)]
pub struct Gate {
    settings: GateSettings,
    clock: Clock,
    queue: EventQueue,
    policy: ArcSwap<Policy>,
    policy_version: AtomicU64,
    learned: ArcSwap<Learned>,
    table: Mutex<Table>,
    /// How many watches the table holds.
    watched: AtomicUsize,
    tokens: AcceptedTokens,
    off: AtomicBool,
    counters: Counters,
    back_end: BackEnd,
}

/// What both doors change, under one lock.
#[derive(Debug, Default)]
struct Table {
    inflight: InFlight,
    /// Of requests that dials may have been ordered by.
    watches: HashMap<Reference, Arc<Watch>, foldhash::fast::RandomState>,
}

impl Table {
    /// The watch of a request, as long as it is in flight.
    fn watch(&mut self, request: Reference) -> Option<Arc<Watch>> {
        let is_in_flight = self.inflight.request(request).is_some_and(|live| live.ended.is_none());
        is_in_flight.then(|| Arc::clone(self.watches.entry(request).or_default()))
    }

    /// Whether it is full in some way, also without the requests that are over.
    fn is_full(
        &mut self,
        is_full: impl Fn(&InFlight) -> bool,
        now: Micros,
        (learned, policy): (&Learned, &Policy),
    ) -> bool {
        is_full(&self.inflight) && {
            self.inflight.expire(now, proven_by(learned, policy));
            is_full(&self.inflight)
        }
    }
}

impl Gate {
    /// A gate with nothing learned yet.
    pub fn new(settings: GateSettings, clock: Clock, queue: EventQueue, policy: Arc<Policy>) -> Arc<Self> {
        Arc::new(Self {
            settings,
            clock,
            queue,
            policy: ArcSwap::new(policy),
            policy_version: AtomicU64::new(0),
            learned: ArcSwap::default(),
            table: Mutex::default(),
            watched: AtomicUsize::new(0),
            tokens: AcceptedTokens::default(),
            off: AtomicBool::new(false),
            counters: Counters::default(),
            back_end: BackEnd::default(),
        })
    }

    /// A gate for tests: the given policy, nothing learned, and the events it tells.
    pub fn for_tests(policy: Policy) -> (Arc<Self>, std::sync::mpsc::Receiver<sortie_model::Event>) {
        let (queue, events) = EventQueue::new(1, 65_536);
        let settings = GateSettings::new(ServiceName::from("test"), Key::new(&[7; Key::LENGTH]));
        (Self::new(settings, Clock::start(), queue, Arc::new(policy)), events)
    }

    /// The service.
    pub fn name(&self) -> &ServiceName {
        &self.settings.name
    }

    /// What was counted since the start.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether the service is passed through without a look.
    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Acquire)
    }

    /// Switches pass-through on or off. Takes effect with the next request and dial, whatever the
    /// engine or the store are doing.
    pub fn set_off(&self, off: bool) {
        self.off.store(off, Ordering::Release);
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// Puts another policy in force, from the next request and dial on.
    pub fn set_policy(&self, policy: Arc<Policy>) {
        self.policy.store(policy);
        self.policy_version.fetch_add(1, Ordering::AcqRel);
    }

    /// Takes over a new snapshot of what is learned.
    pub fn publish(&self, learned: Arc<Learned>) {
        self.learned.store(learned);
    }

    /// The snapshot that decisions rest on.
    pub fn learned(&self) -> Arc<Learned> {
        self.learned.load_full()
    }

    /// Fills the table with what is remembered from before the start.
    pub fn restore(&self, inflight: InFlight) {
        self.table.lock().inflight = inflight;
    }

    /// Replaces the table by the one that the events have made. `make` runs under the table's lock, so
    /// nothing of this service is numbered until the new one stands.
    pub fn take_over(&self, make: impl FnOnce() -> InFlight) {
        let mut table = self.table.lock();
        table.inflight = make();
    }

    /// Lets go of what explains nothing any more. To be called some twenty times a second, by the
    /// doors' side: where the engine stands still, the table must not fill.
    pub fn tick(&self) {
        let now = self.clock.now();
        let (learned, policy) = (self.learned.load(), self.policy.load());
        let is_proven = proven_by(&learned, &policy);
        loop {
            let mut table = self.table.lock();
            let over = std::iter::from_fn(|| table.inflight.close_next(now, &is_proven));
            let over: Vec<_> = over.take(CLOSED_AT_A_STRETCH).collect();
            if over.len() < CLOSED_AT_A_STRETCH {
                table.inflight.expire(now, is_proven);
                return;
            }
            // Whoever waits comes first. What was closed is dropped without the lock.
            MutexGuard::unlock_fair(table);
        }
    }

    /// The moment, by the clock of the events.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Number of requests in flight.
    pub fn in_flight(&self) -> usize {
        self.table.lock().inflight.open()
    }

    /// Number of requests in flight or just ended, and of candidates that may still be obeyed.
    pub fn sizes(&self) -> (usize, usize) {
        self.table.lock().inflight.sizes()
    }
}
