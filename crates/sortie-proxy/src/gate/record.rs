//! What comes of a dial.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;
use sortie_engine::inflight::hop_after;
use sortie_engine::returned::AnswerPrints;
use sortie_model::event::{DialProgressed, Dialled, Outcome, RedirectTarget, What};
use sortie_model::{Micros, Reference};

use super::watch::Watch;
use super::{Gate, redirect};

/// Reports how a dial goes. Dropped without [`DialRecord::ended`], it reports what was last known.
#[derive(Debug)]
pub struct DialRecord {
    pub(super) gate: Arc<Gate>,
    pub(super) at: Micros,
    pub(super) dialled: Arc<Dialled>,
    pub(super) base: Option<String>,
    pub(super) watches: SmallVec<[Arc<Watch>; 1]>,
    pub(super) outcome: Outcome,
    pub(super) address: Option<IpAddr>,
    pub(super) status: Option<u16>,
    pub(super) took: u64,
    pub(super) is_over: bool,
}

impl DialRecord {
    /// The dial's reference.
    pub fn reference(&self) -> Reference {
        self.dialled.dial.dial
    }

    /// The dial came to nothing.
    pub fn failed(mut self, outcome: Outcome, address: Option<IpAddr>) {
        if !self.is_over {
            self.gate.counters.dials_failed.increment();
        }
        self.outcome = outcome;
        self.address = address.or(self.address);
        self.took = self.elapsed();
        self.report(0, 0, None, true);
    }

    /// A connection was opened, or reused.
    pub fn connected(&mut self, address: IpAddr) {
        self.address = Some(address);
        // A request is soon answered; a tunnel may live for hours, and is reported at once.
        if self.dialled.dial.request.is_none() {
            self.took = self.elapsed();
            self.report(0, 0, None, false);
        }
    }

    /// The head of the answer was read, with all its `Location` fields. A redirect counts as a hop
    /// before this returns.
    pub fn answered<'a>(&mut self, status: u16, locations: impl IntoIterator<Item = &'a [u8]>) {
        if self.is_over {
            return;
        }
        self.outcome = Outcome::Answered;
        self.status = Some(status);
        self.took = self.elapsed();
        if !(300..400).contains(&status) {
            return;
        }
        let Some(base) = self.base.as_deref() else { return };
        let targets = redirect::targets(base, locations, &self.gate.settings.key);
        if targets.hides_some {
            let now = self.gate.clock.now();
            self.gate.table.lock().inflight.redirected_out_of_sight(now, &self.dialled.verdict);
        }
        // The likeliest is told last: the last one is what people see.
        for target in targets.seen.into_iter().rev() {
            self.report(0, 0, Some(target), false);
        }
    }

    /// Bytes of the answer's body to keep for fingerprints; 0 means none.
    pub fn fingerprints(&self) -> usize {
        if self.watches.is_empty() { 0 } else { self.gate.settings.response_bytes }
    }

    /// The kept prefix of the answer's body, before its last byte is forwarded.
    pub fn answer_prefix(&mut self, content_encoding: Option<&str>, bytes: &[u8]) {
        if self.watches.is_empty() {
            return;
        }
        // A destination that echoes what it was asked for has returned nothing.
        let known: SmallVec<[&[u8]; 1]> = self.base.as_deref().map(str::as_bytes).into_iter().collect();
        let prints = AnswerPrints::of_unknown(bytes, content_encoding, &known);
        let is_denied = self.gate.policy.load().denies(self.dialled.dial.class);
        for watch in std::mem::take(&mut self.watches) {
            watch.add(self.dialled.dial.dial, prints.clone(), is_denied);
        }
    }

    /// The dial is over.
    pub fn ended(mut self, bytes_in: u64, bytes_out: u64) {
        self.report(bytes_in, bytes_out, None, true);
    }

    fn elapsed(&self) -> u64 {
        self.gate.clock.now().0.saturating_sub(self.at.0)
    }

    fn report(&mut self, bytes_in: u64, bytes_out: u64, location: Option<RedirectTarget>, ended: bool) {
        if self.is_over {
            return;
        }
        self.is_over = ended;
        let gate = &self.gate;
        let now = gate.clock.now();
        let dial = &self.dialled.dial;
        let mut table = gate.table.lock();
        if let Some(target) = &location {
            table.inflight.redirected(hop_after(now, dial, &self.dialled.verdict, target.clone()));
        }
        if ended {
            table.inflight.dial_ended(now, dial.dial);
        }
        let progressed = DialProgressed {
            dial: dial.dial,
            outcome: self.outcome,
            address: self.address,
            status: self.status,
            bytes_in,
            bytes_out,
            took: self.took,
            location,
            ended,
        };
        gate.queue.push(now, Some(&gate.settings.name), |_| (What::DialProgressed(Box::new(progressed)), ()));
    }
}

impl Drop for DialRecord {
    fn drop(&mut self) {
        self.report(0, 0, None, true);
    }
}
