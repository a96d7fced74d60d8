//! A request that was admitted, until it is over.

mod messages;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;
use sortie_engine::attribution::proven_by;
use sortie_engine::decide::{Admission as Decide, has_sink};
use sortie_engine::extract::{self, Body, Extraction, Head, ProvenSink};
use sortie_engine::inflight::InFlight;
use sortie_model::event::{Cut, Part, Refused, RequestEnded, RequestInspected, Returned, What};
use sortie_model::{Actor, Candidate, Endpoint, Host, Reference, Unanswered, limits};

use super::actors::Token;
use super::files::Files;
use super::inbound::{Refusal, is_telling};
use super::watch::Watch;
use super::{Gate, Table};
use crate::body::Release;
pub use messages::Reading;

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
    /// Bytes of the body that were inspected, where it was not read to its end.
    pub(super) inspected_to: Option<u64>,
    /// Whether it is known that the request may have carried anything.
    pub(super) is_wildcard: bool,
    /// Work that was done for the beginnings of the body or for messages, see [`limits::BEGINNINGS_WORK`].
    pub(super) worked: usize,
    /// Candidates found so far, in head and body.
    pub(super) numbered: u16,
    /// Its endpoint's proven sinks.
    pub(super) sinks: SmallVec<[ProvenSink; 2]>,
    /// Whether the request is counted among those that carry a candidate.
    pub(super) has_carried: bool,
    /// The host that the request itself asks for.
    pub(super) own_host: Host,
    /// Candidates behind the head found so far, to insert only new ones when a longer prefix is read.
    pub(super) behind_head: Vec<Arc<Candidate>>,
    pub(super) returned: Vec<Returned>,
    pub(super) files: Files,
    pub(super) unanswered: Option<Unanswered>,
}

/// What was read of a request's body.
#[derive(Clone, Copy, Debug)]
pub struct InboundBody<'a> {
    /// `Content-Type` as sent.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding` as sent.
    pub content_encoding: Option<&'a str>,
    /// Its first bytes.
    pub bytes: &'a [u8],
    /// Whether this is the whole body.
    pub complete: bool,
}

impl<'a> InboundBody<'a> {
    fn at(&self, sinks: &'a [ProvenSink]) -> Body<'a> {
        let Self { content_type, content_encoding, bytes, complete } = *self;
        Body { content_type, content_encoding, bytes, complete, sinks }
    }
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

    /// Inspects what was read of a body, before it is forwarded while more is to come. May be called again
    /// with a longer prefix.
    ///
    /// # Errors
    /// The request is refused.
    pub fn inspect_beginning(&mut self, body: &InboundBody<'_>) -> Result<Release, Refusal> {
        self.active.as_mut().map_or(Ok(Release::Now), |active| active.inspect_beginning(body))
    }

    /// Inspects the whole prefix of a body, before its last byte is forwarded.
    ///
    /// # Errors
    /// The request is refused.
    pub fn inspect(&mut self, body: &InboundBody<'_>) -> Result<(), Refusal> {
        self.active.as_mut().map_or(Ok(()), |active| active.inspect(body))
    }

    /// The body is over, as far as it got: so many bytes of it went on.
    pub fn body_passed(&mut self, bytes: u64) {
        let Some(active) = &self.active else { return };
        let counters = &active.gate.counters;
        counters.bytes.add(bytes);
        counters.bytes_uninspected.add(active.inspected_to.map_or(0, |inspected| bytes.saturating_sub(inspected)));
    }

    /// Inspects the fields behind a body, names in lower case, as header fields of the request: programs
    /// merge them. To be called before they are forwarded; no further inspection follows.
    ///
    /// # Errors
    /// The request is refused.
    pub fn inspect_trailers(&mut self, fields: &[(&str, &[u8])]) -> Result<(), Refusal> {
        self.active.as_mut().map_or(Ok(()), |active| active.inspect_trailers(fields))
    }

    /// The response begins. A status of success says that the back end accepted the request's token;
    /// where a cookie renews it, both are one actor.
    pub fn answered<'a>(&mut self, status: u16, set_cookies: impl Iterator<Item = &'a [u8]>) {
        let Some(active) = &self.active else { return };
        let Some(token) = active.token.filter(|_| is_token_accepted(status)) else { return };
        let gate = &active.gate;
        // One that names its actor was accepted before.
        if active.actor.token.is_none() {
            gate.tokens.accept(token, active.actor.address, gate.clock.now());
        }
        for set_cookie in set_cookies {
            gate.tokens.renewed(token, set_cookie, &gate.settings.key);
        }
    }

    /// Bytes of the response to keep, because an answer or a file may come back in it; 0 means none.
    pub fn watches(&mut self) -> usize {
        let Some(active) = &mut self.active else { return 0 };
        let gate = &active.gate;
        if gate.watched.load(Ordering::Acquire) > 0 {
            active.watch = gate.table.lock().watches.get(&active.reference).cloned();
        }
        if active.watch.is_some() || active.files.want_answer() { gate.settings.response_bytes } else { 0 }
    }

    /// The kept prefix of the response's body, given once before [`Ticket::end`].
    pub fn response_prefix(&mut self, content_type: Option<&str>, content_encoding: Option<&str>, bytes: &[u8]) {
        let Some(active) = &mut self.active else { return };
        let Active { gate, watch, returned, files, .. } = &mut **active;
        let looked = catch_unwind(AssertUnwindSafe(|| {
            files.look(bytes, content_type, content_encoding);
            if let Some(watch) = watch {
                *returned = watch.find(bytes, content_type, content_encoding);
            }
        }));
        if looked.is_err() {
            gate.counters.analysis_failures.increment();
        }
    }

    /// The back end gave no answer, and the status will be Sortie's own.
    pub fn unanswered(&mut self, why: Unanswered) {
        if let Some(active) = &mut self.active {
            active.unanswered = Some(why);
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
    /// What a body begins with. At a proven sink in `block`, what cannot be judged waits for more, or for the
    /// end: a slow client is not refused for being slow. Elsewhere it goes on, and the request is a wildcard.
    fn inspect_beginning(&mut self, body: &InboundBody<'_>) -> Result<Release, Refusal> {
        if !self.inspects {
            return Ok(Release::Now);
        }
        if self.worked >= limits::BEGINNINGS_WORK {
            return Ok(self.beginning_cut(Cut::Count));
        }
        let gate = &self.gate;
        let found = gate.guarded(|| extract::from_beginning(&body.at(&self.sinks), &gate.settings.key));
        self.worked += found.work;
        let (fresh, cut) = self.fresh(found);
        self.judge(Part::Body, fresh, None)?;
        if let Some(cut) = cut {
            return Ok(self.beginning_cut(cut));
        }
        Ok(if self.hold && self.may_end_with_an_order(body) { Release::WithMore } else { Release::Now })
    }

    /// Whether what touches the end of the beginning would be refused if the body ended there. A program
    /// that takes a piece for the whole obeys it; but it may be half of something else.
    fn may_end_with_an_order(&mut self, body: &InboundBody<'_>) -> bool {
        let gate = &self.gate;
        let ended = InboundBody { complete: true, ..*body };
        let found = gate.guarded(|| extract::from_body(&ended.at(&self.sinks), &gate.settings.key));
        self.worked += found.work;
        let candidates: Vec<_> = found.candidates.into_iter().map(Arc::new).collect();
        self.refused(&candidates, None).is_some_and(|refused| refused.is_enforced())
    }

    /// What a body begins with was not inspected.
    fn beginning_cut(&mut self, cut: Cut) -> Release {
        if self.hold {
            return Release::WithMore;
        }
        if !self.is_wildcard {
            self.becomes_wildcard();
            self.tell_cut(Part::Body, cut);
        }
        Release::Now
    }

    fn inspect(&mut self, body: &InboundBody<'_>) -> Result<(), Refusal> {
        if !self.inspects {
            return Ok(());
        }
        self.inspects = false;
        let Self { gate, files, sinks, .. } = self;
        let found = gate.guarded(|| {
            let mut found = extract::from_body(&body.at(sinks), &gate.settings.key);
            files.add_body(std::mem::take(&mut found.files), body.bytes, body.content_type, body.content_encoding);
            found
        });
        let (fresh, cut) = self.fresh(found);
        if cut.is_some() {
            self.becomes_wildcard();
            self.inspected_to = Some(body.bytes.len() as u64);
        }
        self.judge(Part::Body, fresh, cut)
    }

    fn inspect_trailers(&mut self, fields: &[(&str, &[u8])]) -> Result<(), Refusal> {
        let gate = &self.gate;
        let head = Head { target: "", fields, sinks: &self.sinks };
        let mut found = gate.guarded(|| extract::from_head(&head, &gate.settings.key));
        let policy = gate.policy.load();
        found.candidates.retain(|candidate| is_telling(candidate, &self.own_host, &policy));
        let (fresh, cut) = self.fresh(found);
        if cut.is_some() {
            self.becomes_wildcard();
        }
        self.judge(Part::Body, fresh, cut)
    }

    fn becomes_wildcard(&mut self) {
        if !self.is_wildcard {
            self.is_wildcard = true;
            self.gate.counters.wildcards.increment();
        }
    }

    /// Judges, enters and tells what was found and what was not inspected.
    fn judge(&mut self, part: Part, fresh: Vec<Arc<Candidate>>, cut: Option<Cut>) -> Result<(), Refusal> {
        // Most bodies hold nothing.
        if fresh.is_empty() && cut.is_none() {
            return Ok(());
        }
        let refused = self.refused(&fresh, cut);
        self.has_carried = self.gate.count_candidates(&fresh, self.has_carried);
        let count = fresh.len() as u16;
        let inspected = RequestInspected { request: self.reference, part, candidates: fresh, cut, refused };
        if self.gate.tell_inspected(&self.endpoint, inspected) {
            self.numbered += count;
        } else {
            self.becomes_wildcard();
        }
        match refused {
            Some(refused) if refused.is_enforced() => {
                self.inspects = false;
                Err(self.gate.refusal(self.reference, refused, cut))
            }
            Some(_) => {
                self.gate.counters.requests_would_refuse.increment();
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Tells that something of that part was not inspected.
    fn tell_cut(&self, part: Part, cut: Cut) {
        let request = self.reference;
        let inspected = RequestInspected { request, part, candidates: Vec::new(), cut: Some(cut), refused: None };
        self.gate.tell_inspected(&self.endpoint, inspected);
    }

    fn refused(&self, candidates: &[Arc<Candidate>], cut: Option<Cut>) -> Option<Refused> {
        self.decide(|decide| decide.of_candidates(candidates, self.numbered).or_else(|| decide.of_cut(cut)))
    }

    fn decide<T>(&self, ask: impl FnOnce(&Decide<'_>) -> T) -> T {
        let gate = &self.gate;
        let (learned, policy) = (gate.learned.load(), gate.policy.load());
        let now = gate.clock.now();
        ask(&Decide::new(&learned, &policy, &self.endpoint, self.actor, now))
    }

    /// Those candidates of a longer prefix that the shorter one did not have, and the cut that counts here.
    fn fresh(&mut self, found: Extraction) -> (Vec<Arc<Candidate>>, Option<Cut>) {
        let Extraction { candidates, cut, .. } = found;
        let is_known = |candidate: &Candidate| self.behind_head.iter().any(|known| **known == *candidate);
        let mut fresh: Vec<_> = candidates.into_iter().filter(|candidate| !is_known(candidate)).map(Arc::new).collect();
        let room = limits::CANDIDATES - self.behind_head.len();
        let too_many = (fresh.len() > room).then_some(Cut::Count);
        fresh.truncate(room);
        self.behind_head.extend(fresh.iter().cloned());
        (fresh, cut.filter(|cut| self.decide(|decide| decide.counts(*cut))).or(too_many))
    }

    fn end(self, status: Option<u16>, bytes: u64) {
        let gate = &self.gate;
        let accepted = status.is_some_and(is_accepted);
        let now = gate.clock.now();
        let (unanswered, returned, files) = (self.unanswered, self.returned, self.files.seen());
        let ended = RequestEnded { request: self.reference, status, unanswered, bytes, accepted, returned, files };
        let ended = Box::new(ended);
        let (learned, policy) = (gate.learned.load(), gate.policy.load());
        let is_proven = proven_by(&learned, &policy);
        let mut table = gate.table.lock();
        gate.unwatch(&mut table, self.reference);
        table.inflight.end(now, self.reference, status);
        gate.queue.push(now, Some(&gate.settings.name), |_| (What::RequestEnded(ended), ()));
        // For each that ends up to two go: so it is never long that the table is held at a stretch, as it
        // would be if all that are over were left to [`Gate::tick`].
        let over = [(); 2].map(|()| table.inflight.close_next(now, &is_proven));
        drop(table);
        drop(over);
    }
}

impl Gate {
    /// A request is over, or refused: nothing can come back to it.
    fn unwatch(&self, table: &mut Table, request: Reference) {
        if table.watches.remove(&request).is_some() {
            self.watched.store(table.watches.len(), Ordering::Release);
        }
    }

    /// Enters and tells what was found in a part of a request and what was not inspected. Returns false where the table
    /// has no room for its candidates: then they are left out, and the request may have carried anything.
    fn tell_inspected(&self, endpoint: &Endpoint, inspected: RequestInspected) -> bool {
        let now = self.clock.now();
        let (learned, policy) = (self.learned.load(), self.policy.load());
        let mut inspected = Box::new(inspected);
        let request = inspected.request;
        let mut table = self.table.lock();
        let is_refused = inspected.refused.is_some_and(|refused| refused.is_enforced());
        let has_room = is_refused
            || inspected.candidates.is_empty()
            || !table.is_full(InFlight::is_full_of_candidates, now, (&learned, &policy))
            || has_sink(&endpoint.template, &learned, &policy);
        if !has_room {
            inspected.candidates.clear();
            inspected.cut = Some(Cut::TableFull);
        }
        if is_refused {
            table.inflight.forget(request);
            self.unwatch(&mut table, request);
        } else {
            if inspected.cut.is_some() {
                table.inflight.wildcard(now, request);
            }
            let RequestInspected { part, candidates, .. } = &*inspected;
            table.inflight.add_candidates(now, request, *part, candidates, proven_by(&learned, &policy));
        }
        self.queue.push(now, Some(&self.settings.name), |_| (What::RequestInspected(inspected), ()));
        has_room
    }
}

#[cfg(test)]
mod tests;
