//! What comes of a dial.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;
use sortie_engine::extract::{self, Body};
use sortie_engine::returned::AnswerPrints;
use sortie_model::event::{DialProgressed, Dialled, Outcome, What};
use sortie_model::{Destination, Host, Micros, Reference};

use super::Gate;
use super::targets::{self, Targets};
use super::watch::Watch;

/// Probability of an order from which a dial's answer is searched.
const ORDERED: f64 = 0.5;

/// The prefix of an answer's body, with what its head says of it.
#[derive(Clone, Copy, Debug)]
pub struct AnswerPrefix<'a> {
    /// `Content-Type` as sent.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding` as sent.
    pub content_encoding: Option<&'a str>,
    /// The prefix.
    pub bytes: &'a [u8],
    /// Whether this is the whole body.
    pub complete: bool,
}

impl<'a> AnswerPrefix<'a> {
    fn searched(&self) -> Body<'a> {
        let Self { content_type, content_encoding, bytes, complete } = *self;
        Body { content_type, content_encoding, bytes, complete, sinks: &[] }
    }
}

/// Reports how a dial goes. Dropped without [`DialRecord::ended`], it reports what was last known.
#[derive(Debug)]
pub struct DialRecord {
    pub(super) gate: Arc<Gate>,
    pub(super) at: Micros,
    pub(super) dialled: Arc<Dialled>,
    /// Target of the request, where it can be seen.
    pub(super) target: Option<Box<str>>,
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
        self.report(0, 0, Targets::default(), true);
    }

    /// A connection was opened, or reused.
    pub fn connected(&mut self, address: IpAddr) {
        self.address = Some(address);
        // A request is soon answered; a tunnel may live for hours, and is reported at once.
        if self.dialled.dial.request.is_none() {
            self.took = self.elapsed();
            self.report(0, 0, Targets::default(), false);
        }
    }

    /// The head of the answer was read, with all its fields, names in lower case. Where it leads counts as
    /// hops before this returns.
    pub fn answered<'a>(&mut self, status: u16, fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        if self.is_over {
            return;
        }
        self.outcome = Outcome::Answered;
        self.status = Some(status);
        self.took = self.elapsed();
        let Some(target) = self.target.as_deref() else { return };
        let base = || url(&self.dialled.dial.destination, target);
        let Gate { settings, table, clock, .. } = &*self.gate;
        let targets = targets::of_head(base, status, fields, self.reads_content(), &settings.key);
        if self.reads_content() && settings.response_bytes > 0 {
            let Dialled { dial, verdict } = &*self.dialled;
            table.lock().inflight.answer_unread(clock.now(), dial.dial, verdict);
        }
        self.leads(targets);
    }

    /// Bytes of the answer's body to keep, to be fingerprinted and searched; 0 means none.
    pub fn answer_bytes(&self) -> usize {
        let is_kept = !self.watches.is_empty() || self.reads_content();
        if is_kept { self.gate.settings.response_bytes } else { 0 }
    }

    /// The kept prefix of the answer's body, before its last byte is forwarded.
    pub fn answer_body(&mut self, body: &AnswerPrefix<'_>) {
        self.watch(body);
        if self.reads_content() {
            self.read(body);
        }
    }

    /// Whether what the answer names is looked for: of an order it is whatever its sender likes.
    fn reads_content(&self) -> bool {
        !self.is_over && self.dialled.verdict.p_ordered >= ORDERED
    }

    fn watch(&mut self, body: &AnswerPrefix<'_>) {
        if self.watches.is_empty() {
            return;
        }
        // A destination that echoes what it was asked for has returned nothing.
        let asked = self.target.as_deref().map(|target| url(&self.dialled.dial.destination, target));
        let known: SmallVec<[&[u8]; 1]> = asked.as_deref().map(str::as_bytes).into_iter().collect();
        let prints = AnswerPrints::of_unknown(body.bytes, body.content_encoding, &known);
        let is_denied = self.gate.policy.load().denies(self.dialled.dial.class);
        for watch in std::mem::take(&mut self.watches) {
            watch.add(self.dialled.dial.dial, prints.clone(), is_denied);
        }
    }

    fn read(&mut self, body: &AnswerPrefix<'_>) {
        let gate = Arc::clone(&self.gate);
        let key = &gate.settings.key;
        let found = gate.guarded(|| extract::from_answer(&body.searched(), key));
        let (learned, policy) = (gate.learned.load(), gate.policy.load());
        let now = gate.clock.now();
        let is_denied = |host: &Host| {
            let classes = learned.known_classes(host, &policy.addresses, now);
            policy.telling_class(classes).is_some_and(|class| policy.denies(class))
        };
        self.leads(targets::of_body(&found, is_denied, key));
        gate.table.lock().inflight.answer_read(now, self.reference());
    }

    /// The answer leads there.
    fn leads(&mut self, targets: Targets) {
        if !targets.seen.is_empty() || targets.hides_some {
            self.report(0, 0, targets, false);
        }
    }

    /// The dial is over.
    pub fn ended(mut self, bytes_in: u64, bytes_out: u64) {
        self.report(bytes_in, bytes_out, Targets::default(), true);
    }

    fn elapsed(&self) -> u64 {
        self.gate.clock.now().0.saturating_sub(self.at.0)
    }

    fn report(&mut self, bytes_in: u64, bytes_out: u64, targets: Targets, ended: bool) {
        if self.is_over {
            return;
        }
        self.is_over = ended;
        let gate = &self.gate;
        let now = gate.clock.now();
        let Dialled { dial, verdict } = &*self.dialled;
        let Targets { seen, hides_some } = targets;
        let mut table = gate.table.lock();
        table.inflight.answered(now, dial.dial, verdict, &seen, hides_some);
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
            targets: seen,
            hides_targets: hides_some,
            ended,
        };
        gate.queue.push(now, Some(&gate.settings.name), |_| (What::DialProgressed(Box::new(progressed)), ()));
    }
}

/// The URL that was asked for, against which its answer's references are resolved.
fn url(destination: &Destination, target: &str) -> String {
    format!("http://{destination}{target}")
}

impl Drop for DialRecord {
    fn drop(&mut self) {
        self.report(0, 0, Targets::default(), true);
    }
}
