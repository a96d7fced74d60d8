//! The queue from the doors to the engine: one order for all events of a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use parking_lot::Mutex;
use sortie_model::event::{Event, What};
use sortie_model::{Micros, Reference, ServiceName};

/// Where doors put events. Cheap to clone; never blocks: what does not fit is dropped and counted.
#[derive(Clone, Debug)]
pub struct EventQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ordered: Mutex<Ordered>,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Ordered {
    first: u64,
    next: u64,
    sender: SyncSender<Event>,
}

impl EventQueue {
    /// A queue of at most `capacity` events, whose first event has the number `first`.
    pub fn new(first: u64, capacity: usize) -> (Self, Receiver<Event>) {
        let (sender, receiver) = sync_channel(capacity);
        let ordered = Mutex::new(Ordered { first, next: first, sender });
        (Self(Arc::new(Shared { ordered, dropped: AtomicU64::new(0) })), receiver)
    }

    /// Numbers an event and puts it into the queue. `make` gets the event's reference, which is what
    /// the request or dial that it reports is called by.
    pub fn push<T>(&self, at: Micros, service: Option<&ServiceName>, make: impl FnOnce(Reference) -> (What, T)) -> T {
        let mut ordered = self.0.ordered.lock();
        let number = ordered.next;
        ordered.next += 1;
        let (what, result) = make(Reference::local(number));
        let event = Event { number, at, service: service.cloned(), what };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = ordered.sender.try_send(event) {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    /// Events that were numbered so far, the dropped ones among them.
    pub fn pushed(&self) -> u64 {
        let ordered = self.0.ordered.lock();
        ordered.next - ordered.first
    }

    /// Events that were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}
