//! The engine's thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use sortie_engine::step::{Fact, State};
use sortie_model::Finding;
use sortie_model::event::{Event, What};
use sortie_model::ids::FindingId;
use sortie_store::error::StoreError;
use sortie_store::record::meta::Meta;

use super::{Parts, lines, policies};
use crate::admin::wire::TailLine;
use crate::alerts;

/// A round takes at most so many events, or waits so long for the first.
const ROUND_EVENTS: usize = 1_000;
const ROUND_TIME: Duration = Duration::from_millis(50);
/// How long a round gathers after its first event. A thread that waits for each event must be woken
/// for each, which costs the doors more than all that they do with it; and the journal is written,
/// and the snapshot published, once per round.
const GATHER: Duration = Duration::from_millis(5);
/// A tick is told in rounds with events, and this often without.
const QUIET_TICK: Duration = Duration::from_secs(1);
/// How often the state is kept as a checkpoint, where it changed.
const CHECKPOINT: Duration = Duration::from_mins(2);
/// How often old findings and events are let go.
const RETENTION: Duration = Duration::from_mins(10);

pub(super) fn run(parts: Parts) {
    let now = Instant::now();
    let mut engine = Engine {
        waiting: BTreeMap::new(),
        ticked: now,
        checkpointed: now,
        covered: parts.state.last,
        retained: now,
        parts,
    };
    while engine.round() {}
    engine.drain();
    engine.checkpoint();
}

struct Engine {
    parts: Parts,
    /// Findings that are not in the index yet.
    waiting: BTreeMap<FindingId, Finding>,
    ticked: Instant,
    checkpointed: Instant,
    /// Number of the last event of the newest checkpoint.
    covered: u64,
    retained: Instant,
}

impl Engine {
    /// Takes in what has come; false when it is to stop.
    fn round(&mut self) -> bool {
        let batch = self.collect();
        let is_connected = !(batch.is_empty() && self.parts.told.is_to_stop());
        self.take_in(&batch);
        // A tick is an event too: it must not call for the next one.
        let something_happened = batch.iter().any(|event| event.what != What::Tick);
        if self.ticked.elapsed() >= if something_happened { ROUND_TIME } else { QUIET_TICK } {
            self.tick();
        }
        if self.checkpointed.elapsed() >= CHECKPOINT {
            self.checkpoint();
        }
        if self.retained.elapsed() >= RETENTION {
            self.retain();
        }
        is_connected
    }

    fn collect(&self) -> Vec<Event> {
        let mut batch = Vec::new();
        match self.parts.events.recv_timeout(ROUND_TIME) {
            Ok(event) => batch.push(event),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return batch,
        }
        std::thread::sleep(GATHER);
        while batch.len() < ROUND_EVENTS
            && let Ok(event) = self.parts.events.try_recv()
        {
            batch.push(event);
        }
        batch
    }

    /// Journal, engine, index, snapshot: nothing is told to anybody before it is kept.
    fn take_in(&mut self, batch: &[Event]) {
        if !batch.is_empty() {
            let kept = self.parts.journal.append(batch).and_then(|()| self.parts.journal.flush());
            let policies = policies(&self.parts.gates);
            for event in batch {
                for fact in self.parts.state.step(event, &policies) {
                    self.note(fact);
                }
            }
            publish(&self.parts.state, &self.parts.gates);
            if self.parts.told.is_followed() {
                batch.iter().filter_map(lines::line_of).for_each(|line| self.parts.told.tell(line));
            }
            self.report(kept);
        }
        if !self.waiting.is_empty() {
            let indexed = self.index();
            self.report(indexed);
        }
        self.parts.told.round(batch.len(), self.parts.journal.counters(), self.parts.clock.now());
    }

    fn note(&mut self, fact: Fact) {
        match fact {
            Fact::Finding(finding) => {
                self.waiting.insert(finding.id.clone(), *finding);
            }
            Fact::SinkProven { service, sink } => {
                tracing::info!(%service, place = %sink.place, "a place is proven to dial what it is told");
            }
        }
    }

    /// Puts the changed findings into the index, with the alerts that they call for, as one
    /// transaction; then tells whoever listens.
    fn index(&mut self) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let mut batch = self.parts.index.begin()?;
        for finding in self.waiting.values() {
            batch.put(finding)?;
            alerts::enqueue(&mut batch, &self.parts.alerts, finding, now)?;
        }
        batch.set_meta(Meta::LastEvent, self.parts.state.last)?;
        batch.commit()?;
        for (_, finding) in std::mem::take(&mut self.waiting) {
            self.parts.told.tell(TailLine::Finding(Box::new(finding)));
        }
        Ok(())
    }

    fn tick(&mut self) {
        self.ticked = Instant::now();
        self.parts.queue.push(self.parts.clock.now(), None, |_| (What::Tick, ()));
        for gate in self.parts.gates.values() {
            gate.tick();
        }
    }

    fn drain(&mut self) {
        loop {
            let batch: Vec<Event> = self.parts.events.try_iter().take(ROUND_EVENTS).collect();
            self.take_in(&batch);
            if batch.is_empty() {
                break;
            }
        }
    }

    fn checkpoint(&mut self) {
        self.checkpointed = Instant::now();
        if self.covered == self.parts.state.last {
            return;
        }
        let saved = super::recover::encode(&self.parts.state).map_err(|error| error.to_string()).and_then(|state| {
            let event = self.parts.state.last;
            self.parts
                .journal
                .sync()
                .and_then(|()| self.parts.checkpoints.save(event, &state))
                .map_err(|e| e.to_string())
        });
        match saved {
            Ok(()) => self.covered = self.parts.state.last,
            Err(error) => tracing::warn!("no checkpoint: {error}"),
        }
    }

    fn retain(&mut self) {
        self.retained = Instant::now();
        let now = self.parts.clock.now();
        let events = self.parts.journal.retain(now).map(|_| ());
        let findings = self.parts.index.retain(now, &self.parts.retention).map(|_| ());
        self.report(events.and(findings));
    }

    fn report(&self, outcome: Result<(), StoreError>) {
        self.parts.told.trouble(outcome.err().map(|error| error.to_string()));
    }
}

/// Hands every gate a snapshot: persistent maps, so a handful of reference counts.
fn publish(state: &State, gates: &super::Gates) {
    for (name, gate) in gates {
        if let Some(learned) = state.learned(name)
            && learned.epoch != gate.learned().epoch
        {
            gate.publish(Arc::new(learned.clone()));
        }
    }
}
