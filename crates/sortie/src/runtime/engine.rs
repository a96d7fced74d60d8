//! The engine's thread.

mod catch_up;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sortie_engine::step::{Fact, State};
use sortie_model::event::{Event, What};
use sortie_model::ids::FindingId;
use sortie_model::{Policy, ServiceName};
use sortie_store::error::StoreError;

use super::lines::Lines;
use super::trouble::Part;
use super::unkept::Unkept;
use super::{Parts, policies};
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
/// Work after which a checkpoint is due anyway: a start has to do it again before it knows as much.
const WORK_LOST: Duration = Duration::from_secs(2);
/// But what keeping it takes is at most one part in so many.
const KEEPING_SHARE: u32 = 10;
/// How often old findings and events are let go.
const RETENTION: Duration = Duration::from_mins(10);

pub(super) fn run(parts: Parts) {
    let mut engine = Engine::new(parts);
    if engine.catch_up() {
        while engine.round() {}
        engine.drain();
    }
    engine.checkpoint();
}

type Policies = BTreeMap<ServiceName, Arc<Policy>>;
/// How an event is taken in.
type Step = fn(&mut State, &Event, &Policies) -> Vec<Fact>;

struct Engine {
    parts: Parts,
    /// The engine's own, but for tests of what happens where it fails.
    step: Step,
    /// Findings that are not in the index yet.
    unkept: Unkept,
    lines: Lines,
    /// Whether more waited than the last round took.
    is_behind: bool,
    ticked: Instant,
    checkpointed: Instant,
    /// How long the work since then took, and how long keeping the checkpoint.
    worked: Duration,
    keeping: Duration,
    /// Number of the last event of the newest checkpoint.
    covered: u64,
    retained: Instant,
}

impl Engine {
    fn new(parts: Parts) -> Self {
        let now = Instant::now();
        Self {
            step: State::step,
            unkept: Unkept::default(),
            lines: Lines::default(),
            is_behind: false,
            ticked: now,
            checkpointed: now,
            worked: Duration::ZERO,
            keeping: Duration::ZERO,
            covered: parts.state.last,
            retained: now,
            parts,
        }
    }

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
        self.housekeeping();
        is_connected
    }

    /// What is done now and then.
    fn housekeeping(&mut self) {
        let is_much = self.worked >= WORK_LOST.max(self.keeping * KEEPING_SHARE);
        if is_much || self.checkpointed.elapsed() >= CHECKPOINT {
            self.checkpoint();
        }
        if self.retained.elapsed() >= RETENTION {
            self.retain();
        }
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
            self.write(batch);
            self.learn(batch);
            publish(&self.parts.state, &self.parts.gates);
            if self.parts.told.is_followed() {
                let lines = batch.iter().filter_map(|event| self.lines.line_of(event));
                lines.for_each(|line| self.parts.told.tell(line));
            }
        }
        self.keep_due();
        self.parts.told.round(batch.len(), self.parts.journal.counters(), self.parts.clock.now());
    }

    fn write(&mut self, batch: &[Event]) {
        let kept = self.parts.journal.append(batch).and_then(|()| self.parts.journal.flush());
        self.parts.told.troubles().note(Part::Journal, kept);
    }

    fn learn(&mut self, batch: &[Event]) {
        let began = Instant::now();
        let policies = policies(&self.parts.gates);
        for event in batch {
            self.learn_one(event, &policies);
        }
        self.worked += began.elapsed();
    }

    /// What is more than the engine can take is passed over: one bad event must neither take the doors
    /// down nor keep them down.
    fn learn_one(&mut self, event: &Event, policies: &Policies) {
        let (step, state) = (self.step, &mut self.parts.state);
        let Ok(facts) = catch_unwind(AssertUnwindSafe(|| step(state, event, policies))) else {
            tracing::error!("event {} is more than the engine can take and is passed over", event.number);
            self.parts.told.passed_over();
            return;
        };
        for fact in facts {
            self.note(fact);
        }
    }

    fn keep_due(&mut self) {
        let due = self.unkept.due(Instant::now());
        if !due.is_empty() {
            self.keep(&due);
        }
    }

    fn note(&mut self, fact: Fact) {
        match fact {
            Fact::Finding(finding) => {
                let let_go = self.unkept.add(*finding);
                self.parts.told.let_go(let_go);
            }
            Fact::SinkProven { service, sink } => {
                tracing::info!(%service, place = %sink.place, "a place is proven to dial what it is told");
            }
        }
    }

    /// Puts findings into the index, and then tells whoever listens. Where it fails they wait.
    fn keep(&mut self, ids: &[FindingId]) {
        let indexed = self.index(ids);
        if let Ok(is_alert) = indexed {
            for finding in self.unkept.keep(ids, Instant::now()) {
                self.parts.told.tell(TailLine::Finding(Box::new(finding)));
            }
            if is_alert {
                self.parts.alerting.wake();
            }
        }
        self.parts.told.troubles().note(Part::Index, indexed.map(|_| ()));
    }

    /// The findings with the alerts that they call for, as one transaction; says whether there is any.
    fn index(&mut self, ids: &[FindingId]) -> Result<bool, StoreError> {
        let (now, alerts) = (self.parts.clock.now(), self.parts.alerting.alerts());
        let mut batch = self.parts.index.begin()?;
        let mut is_alert = false;
        for finding in ids.iter().filter_map(|id| self.unkept.get(id)) {
            match batch.put(finding) {
                Ok(_) => is_alert |= alerts::enqueue(&mut batch, &alerts, finding, now)?,
                // It will never be readable, and must not keep the others out.
                Err(error @ StoreError::Record { .. }) => tracing::error!("a finding is not kept: {error}"),
                Err(error) => return Err(error),
            }
        }
        batch.set_last_event(self.parts.state.last)?;
        batch.commit()?;
        Ok(is_alert)
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

    /// Keeps the state, so that a start goes on from here. What it covers is not told again by a
    /// replay, so every finding must be in the index first.
    fn checkpoint(&mut self) {
        self.checkpointed = Instant::now();
        self.worked = Duration::ZERO;
        if self.covered == self.parts.state.last {
            return;
        }
        if !self.unkept.is_empty() {
            self.keep(&self.unkept.all());
        }
        if !self.unkept.is_empty() {
            return; // the index's trouble is told
        }
        let saved = self.save();
        if saved.is_ok() {
            self.covered = self.parts.state.last;
        }
        self.keeping = self.checkpointed.elapsed();
        self.parts.told.troubles().note(Part::Checkpoint, saved);
    }

    fn save(&mut self) -> Result<(), SaveError> {
        let state = super::recover::encode(&self.parts.state)?;
        self.parts.journal.sync()?;
        self.parts.checkpoints.save(self.parts.state.last, &state)?;
        Ok(())
    }

    fn retain(&mut self) {
        self.retained = Instant::now();
        let now = self.parts.clock.now();
        let events = self.parts.journal.retain(now).map(|_| ());
        let findings = self.parts.index.retain(now, &self.parts.retention).map(|_| ());
        self.parts.told.troubles().note(Part::Retention, events.and(findings));
    }
}

/// The engine's state was not kept.
#[derive(Debug, thiserror::Error)]
enum SaveError {
    #[error("the state does not encode: {0}")]
    Encode(#[from] postcard::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
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

#[cfg(test)]
mod tests;
