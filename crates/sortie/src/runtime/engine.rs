//! The engine's thread.

use std::collections::BTreeMap;
use std::sync::Arc;
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

/// Events of one round, at most.
const ROUND_EVENTS: usize = 1_000;
/// How long the thread rests between rounds, unless more waits than it took.
const PAUSE: Duration = Duration::from_millis(10);
/// How often a tick is told while something happens.
const BUSY_TICK: Duration = Duration::from_millis(50);
/// And this often while nothing does.
const QUIET_TICK: Duration = Duration::from_secs(1);
/// How often the state is kept as a checkpoint, where it changed.
const CHECKPOINT: Duration = Duration::from_mins(2);
/// How often old findings and events are let go.
const RETENTION: Duration = Duration::from_mins(10);

pub(super) fn run(parts: Parts) {
    let now = Instant::now();
    let mut engine = Engine {
        waiting: BTreeMap::new(),
        is_behind: false,
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
    /// Whether more waited than the last round took.
    is_behind: bool,
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
        if self.ticked.elapsed() >= if something_happened { BUSY_TICK } else { QUIET_TICK } {
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

    /// What has come since the last round. The thread looks by itself, after a rest, instead of being
    /// woken: a wake-up for each event would cost a door more than all the rest, and the journal is
    /// written and the snapshot published once per round.
    fn collect(&mut self) -> Vec<Event> {
        if !self.is_behind {
            std::thread::sleep(PAUSE);
        }
        let batch: Vec<Event> = self.parts.events.try_iter().take(ROUND_EVENTS).collect();
        self.is_behind = batch.len() == ROUND_EVENTS;
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
