//! A request that was admitted, until it is over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;
use sortie_engine::attribution::proven_by;
use sortie_engine::decide::Admission as Decide;
use sortie_engine::extract::{self, Body};
use sortie_model::event::{Cut, Refused, RequestEnded, RequestInspected, Returned, What};
use sortie_model::{Actor, Candidate, Endpoint, Reference};

use super::actors::Token;
use super::inbound::Refusal;
use super::watch::Watch;
use super::{Gate, Table};

/// A request that was admitted. Dropping it without [`Ticket::end`] reports an exchange that broke
/// off.
#[derive(Debug)]
pub struct Ticket {
    pub(super) active: Option<Box<Active>>,
}

#[derive(Debug)]
pub(super) struct Active {
    pub(super) gate: Arc<Gate>,
    pub(super) reference: Reference,
    pub(super) endpoint: Endpoint,
    pub(super) actor: Actor,
    pub(super) token: Option<Token>,
    /// Once it is known that an answer may come back.
    pub(super) watch: Option<Arc<Watch>>,
    pub(super) hold: bool,
    pub(super) inspects: bool,
    pub(super) inspect_bytes: usize,
    pub(super) content_length: Option<u64>,
    /// Candidates found so far, in head and body.
    pub(super) numbered: u16,
    /// Parameters of its endpoint's proven sinks.
    pub(super) sinks: SmallVec<[Arc<str>; 2]>,
    /// Whether the request is counted among those that carry a candidate.
    pub(super) has_carried: bool,
    /// Candidates of the body found so far, to insert only new ones when a longer prefix is read.
    pub(super) of_body: Vec<Arc<Candidate>>,
    pub(super) returned: Vec<Returned>,
}

/// Whether a status says that the back end took the request as it was.
fn is_accepted(status: u16) -> bool {
    (100..400).contains(&status)
}

/// Whether a status says that the back end took the request's token as it was: who is not logged in is
/// often redirected to where one logs in.
fn is_token_accepted(status: u16) -> bool {
    matches!(status, 200..300 | 304)
}

impl Ticket {
    /// The request's reference; `None` while the service is passed through.
    pub fn reference(&self) -> Option<Reference> {
        self.active.as_ref().map(|active| active.reference)
    }

    /// Bytes of the body to buffer for inspection; 0 means none.
    pub fn inspect_limit(&self) -> usize {
        self.active.as_ref().filter(|active| active.inspects).map_or(0, |active| active.inspect_bytes)
    }

    /// Whether the inspected prefix is to be held back until it was judged.
    pub fn hold(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.hold)
    }

    /// Inspects the prefix of the body read so far, before its last byte is forwarded. May be called
    /// again with a longer prefix; `complete` says that this is the whole body, `last` that no
    /// further call follows.
    pub fn inspect(
        &mut self,
        content_type: Option<&str>,
        content_encoding: Option<&str>,
        bytes: &[u8],
        complete: bool,
        last: bool,
    ) -> Result<(), Refusal> {
        match &mut self.active {
            Some(active) => {
                let sinks = active.sinks.clone();
                active.inspect(&Body { content_type, content_encoding, bytes, complete, sinks: &sinks }, last)
            }
            None => Ok(()),
        }
    }

    /// The connection was upgraded: what follows is not inspected.
    pub fn upgraded(&mut self) {
        let Some(active) = &mut self.active else { return };
        let gate = &active.gate;
        gate.counters.wildcards.increment();
        gate.tell_inspected(active.reference, Vec::new(), Some(Cut::Upgrade), None);
        active.inspects = false;
    }

    /// The response begins. A status of success says that the back end accepted the request's token;
    /// where a cookie renews it, both are one actor.
    pub fn answered<'a>(&mut self, status: u16, set_cookies: impl Iterator<Item = &'a [u8]>) {
        let Some(active) = &self.active else { return };
        let Some(token) = active.token.filter(|_| is_token_accepted(status)) else { return };
        active.gate.tokens.accept(token, active.actor.address, active.gate.clock.now());
        for set_cookie in set_cookies {
            active.gate.tokens.renewed(token, set_cookie, &active.gate.settings.key);
        }
    }

    /// Bytes of the response to keep, because an answer may come back in it; 0 means none.
    pub fn watches(&mut self) -> usize {
        let Some(active) = &mut self.active else { return 0 };
        let gate = &active.gate;
        if gate.watched.load(Ordering::Acquire) > 0 {
            active.watch = gate.table.lock().watches.get(&active.reference).cloned();
        }
        if active.watch.is_some() { gate.settings.response_bytes } else { 0 }
    }

    /// The kept prefix of the response's body, given once before [`Ticket::end`].
    pub fn response_prefix(&mut self, content_type: Option<&str>, content_encoding: Option<&str>, bytes: &[u8]) {
        let Some(active) = &mut self.active else { return };
        let Some(watch) = &active.watch else { return };
        let found = catch_unwind(AssertUnwindSafe(|| watch.find(bytes, content_type, content_encoding)));
        match found {
            Ok(returned) => active.returned = returned,
            Err(_) => active.gate.counters.analysis_failures.increment(),
        }
    }

    /// The exchange is over. `status` is `None` where it broke off before a response; `bytes` counts
    /// the response's body.
    pub fn end(mut self, status: Option<u16>, bytes: u64) {
        if let Some(active) = self.active.take() {
            active.end(status, bytes);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(active) = self.active.take() {
            active.end(None, 0);
        }
    }
}

impl Active {
    fn inspect(&mut self, body: &Body<'_>, last: bool) -> Result<(), Refusal> {
        if !self.inspects {
            return Ok(());
        }
        let gate = Arc::clone(&self.gate);
        let found = gate.guarded(|| extract::from_body(body, &gate.settings.key));
        let fresh = self.fresh(found.candidates);
        let (learned, policy) = (gate.learned.load(), gate.policy.load());
        let now = gate.clock.now();
        let decide = Decide { learned: &learned, policy: &policy, endpoint: &self.endpoint, actor: self.actor, now };
        let cut = found.cut.filter(|cut| decide.counts(*cut)).or((last && !body.complete).then_some(Cut::Bytes));
        let refused =
            decide.of_candidates(&fresh, self.numbered).or_else(|| if last { decide.of_cut(cut) } else { None });
        self.has_carried = gate.count_candidates(&fresh, self.has_carried);
        if last && cut.is_some() {
            gate.counters.wildcards.increment();
            let length = self.content_length.unwrap_or(body.bytes.len() as u64);
            gate.counters.bytes_uninspected.add(length.saturating_sub(body.bytes.len() as u64));
        }
        self.numbered += fresh.len() as u16;
        let enforced = refused.filter(Refused::is_enforced);
        // Most bodies hold nothing, and then there is nothing to tell.
        if !fresh.is_empty() || refused.is_some() || (last && cut.is_some()) {
            gate.tell_inspected(self.reference, fresh, if last { cut } else { None }, refused);
        }
        self.inspects = !last;
        match enforced {
            Some(refused) => {
                self.inspects = false;
                Err(gate.refusal(self.reference, refused, cut))
            }
            None => {
                if refused.is_some() {
                    gate.counters.requests_would_refuse.increment();
                }
                Ok(())
            }
        }
    }

    /// Those candidates of a longer prefix that the shorter one did not have.
    fn fresh(&mut self, found: Vec<Candidate>) -> Vec<Arc<Candidate>> {
        let fresh: Vec<Arc<Candidate>> = found
            .into_iter()
            .filter(|candidate| !self.of_body.iter().any(|known| **known == *candidate))
            .map(Arc::new)
            .collect();
        self.of_body.extend(fresh.iter().cloned());
        fresh
    }

    fn end(self, status: Option<u16>, bytes: u64) {
        let gate = &self.gate;
        let accepted = status.is_some_and(is_accepted);
        let now = gate.clock.now();
        let returned = self.returned;
        let ended = Box::new(RequestEnded { request: self.reference, status, bytes, accepted, returned });
        let mut table = gate.table.lock();
        gate.unwatch(&mut table, self.reference);
        table.inflight.end(now, self.reference, status);
        gate.queue.push(now, Some(&gate.settings.name), |_| (What::RequestEnded(ended), ()));
    }
}

impl Gate {
    /// A request is over, or refused: nothing can come back to it.
    fn unwatch(&self, table: &mut Table, request: Reference) {
        if table.watches.remove(&request).is_some() {
            self.watched.store(table.watches.len(), Ordering::Release);
        }
    }

    fn tell_inspected(
        &self,
        request: Reference,
        candidates: Vec<Arc<Candidate>>,
        cut: Option<Cut>,
        refused: Option<Refused>,
    ) {
        let now = self.clock.now();
        let (learned, policy) = (self.learned.load(), self.policy.load());
        let inspected = Box::new(RequestInspected { request, candidates, cut, refused });
        let mut table = self.table.lock();
        if refused.is_some_and(|refused| refused.is_enforced()) {
            table.inflight.forget(request);
            self.unwatch(&mut table, request);
        } else {
            if cut.is_some() {
                table.inflight.wildcard(now, request);
            }
            table.inflight.add_candidates(request, &inspected.candidates, proven_by(&learned, &policy));
        }
        self.queue.push(now, Some(&self.settings.name), |_| (What::RequestInspected(inspected), ()));
    }
}
