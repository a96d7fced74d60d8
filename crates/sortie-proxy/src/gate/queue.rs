//! The queue from the doors to the engine: one order for all events of a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

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
    /// Events that were dropped and are not told of yet.
    untold: u64,
}

impl Ordered {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Returns false where there is no room.
    fn send(&mut self, event: Event) -> bool {
        self.sender.try_send(event).is_ok()
    }

    /// The first event that fits after others were dropped says how many: whoever reads the journal must
    /// know where it has a gap.
    fn tell_of_dropped(&mut self, at: Micros) {
        if self.untold > 0 {
            let event = Event { number: self.number(), at, service: None, what: What::Dropped { count: self.untold } };
            if self.send(event) {
                self.untold = 0;
            }
        }
    }
}

impl EventQueue {
    /// A queue of at most `capacity` events, whose first event has the number `first`.
    pub fn new(first: u64, capacity: usize) -> (Self, Receiver<Event>) {
        let (sender, receiver) = sync_channel(capacity);
        let ordered = Mutex::new(Ordered { first, next: first, sender, untold: 0 });
        (Self(Arc::new(Shared { ordered, dropped: AtomicU64::new(0) })), receiver)
    }

    /// Numbers an event and puts it into the queue. `make` gets the event's reference, which is what
    /// the request or dial that it reports is called by.
    pub fn push<T>(&self, at: Micros, service: Option<&ServiceName>, make: impl FnOnce(Reference) -> (What, T)) -> T {
        let mut ordered = self.0.ordered.lock();
        ordered.tell_of_dropped(at);
        let number = ordered.number();
        let (what, result) = make(Reference::local(number));
        let event = Event { number, at, service: service.cloned(), what };
        if !ordered.send(event) {
            ordered.untold += 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_that_fits_tells_of_those_that_did_not() {
        let (queue, events) = EventQueue::new(1, 2);
        let push = || queue.push(Micros(1), None, |_| (What::Tick, ()));
        for _ in 0..5 {
            push();
        }
        assert_eq!(queue.dropped(), 3);
        let told = |events: &Receiver<Event>| events.try_iter().map(|event| event.what).collect::<Vec<_>>();
        assert_eq!(told(&events), [What::Tick, What::Tick]);
        push();
        assert_eq!(told(&events), [What::Dropped { count: 3 }, What::Tick]);
        push();
        assert_eq!(told(&events), [What::Tick]);
    }
}
