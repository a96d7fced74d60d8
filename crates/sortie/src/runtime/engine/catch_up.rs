//! Learning what the journal holds behind the newest checkpoint.
//!
//! Seconds of events, as a rule; the whole journal where no checkpoint can be used. The doors may
//! stand already: what they tell meanwhile goes into the journal, behind what is still to be read,
//! and so is learned in its turn.

use std::time::{Duration, Instant};

use sortie_model::Event;
use sortie_store::error::StoreError;
use sortie_store::journal::Reader;

use super::{Engine, ROUND_EVENTS, policies};
use crate::runtime::trouble::Part;

/// How often it is said how far it is.
const SAY: Duration = Duration::from_secs(2);

/// How far the reading is.
struct Progress {
    /// Number of the first event that was read.
    first: Option<u64>,
    said: Instant,
}

impl Engine {
    /// Reads on to the end of the journal, then hands the gates their tables. False where it was told
    /// to stop before.
    pub(super) fn catch_up(&mut self) -> bool {
        let mut progress = Progress { first: None, said: Instant::now() };
        loop {
            let before = self.parts.state.last;
            let read = self.read_on(&mut progress);
            let (is_over, is_stuck) = (read.as_ref().is_ok_and(|&is_over| is_over), read.is_err());
            if is_stuck {
                self.parts.told.troubles().note(Part::Journal, read.map(|_| ()));
            }
            if is_over {
                return false;
            }
            let last = self.parts.state.last;
            if is_stuck || last == before || self.parts.journal.last().is_none_or(|end| end <= last) {
                break;
            }
        }
        self.drain();
        self.hand_over();
        self.parts.told.catch_up(None);
        true
    }

    /// Reads what is on the disk now. True where it was told to stop.
    fn read_on(&mut self, progress: &mut Progress) -> Result<bool, StoreError> {
        let mut events = Reader::new(&self.parts.layout).events_from(self.parts.state.last + 1)?;
        loop {
            let policies = policies(&self.parts.gates);
            let mut read = 0;
            for event in events.by_ref().take(ROUND_EVENTS) {
                read += 1;
                match event {
                    Ok(event) => {
                        progress.first.get_or_insert(event.number);
                        self.learn_one(&event, &policies);
                    }
                    Err(error @ StoreError::Damaged { .. }) => {
                        tracing::warn!("events are missing and are passed over: {error}");
                        self.parts.told.unreadable();
                    }
                    Err(error) => return Err(error),
                }
            }
            self.meanwhile(progress);
            if self.parts.told.is_to_stop() || read < ROUND_EVENTS {
                return Ok(self.parts.told.is_to_stop());
            }
        }
    }

    /// What else is to be done while the journal is read: keep what the doors tell, and what is found.
    fn meanwhile(&mut self, progress: &mut Progress) {
        let told: Vec<Event> = self.parts.events.try_iter().collect();
        if !told.is_empty() {
            self.write(&told);
        }
        super::publish(&self.parts.state, &self.parts.gates);
        self.keep_due();
        self.housekeeping();
        let (last, end) = (self.parts.state.last, self.parts.journal.last().unwrap_or(0));
        self.parts.told.catch_up(Some(end.saturating_sub(last)));
        self.parts.told.round(told.len(), self.parts.journal.counters(), self.parts.clock.now());
        if let Some(first) = progress.first
            && progress.said.elapsed() >= SAY
        {
            progress.said = Instant::now();
            let percent = (last - first) * 100 / (end - first).max(1);
            tracing::info!("reading the journal: {percent} %, event {last} of {end}");
        }
    }

    /// Gives each gate the table that the events have made. Nothing of a service is numbered while its
    /// table is locked, so with the rest of the queue the two are the same.
    fn hand_over(&mut self) {
        for (name, gate) in self.parts.gates.clone() {
            let mut rest = Vec::new();
            gate.take_over(|| {
                rest.extend(self.parts.events.try_iter());
                self.learn(&rest);
                self.parts.state.inflight(&name).cloned().unwrap_or_default()
            });
            // The disk may hang: not under the lock.
            self.write(&rest);
            self.parts.told.round(rest.len(), self.parts.journal.counters(), self.parts.clock.now());
        }
        super::publish(&self.parts.state, &self.parts.gates);
    }
}
