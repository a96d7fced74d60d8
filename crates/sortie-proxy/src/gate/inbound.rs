//! What the inbound door asks.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sortie_engine::attribution::proven_by;
use sortie_engine::decide::Admission as Decide;
use sortie_engine::extract::{self, Body, Extraction, Head};
use sortie_engine::learned::Learned;
use sortie_model::event::{Cut, Refused, RequestBegan, RequestEnded, RequestInspected, Returned, What};
use sortie_model::path::redact;
use sortie_model::{Actor, Candidate, Endpoint, Host, Method, Micros, Nature, Policy, Reference, Rule};

use super::actors::{Token, token_of};
use super::watch::Watch;
use super::{Gate, Table};

/// The head of a request, as the door read it.
#[derive(Clone, Copy, Debug)]
pub struct InboundHead<'a> {
    /// The method.
    pub method: &'a str,
    /// The origin-form target.
    pub target: &'a str,
    /// `Host`, which agrees with the authority of an absolute form.
    pub host: &'a str,
    /// Header fields, names in lower case.
    pub fields: &'a [(&'a str, &'a [u8])],
    /// The client's address, through trusted proxies only.
    pub client: IpAddr,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// Whether a body follows.
    pub has_body: bool,
}

/// Whether a request goes on.
#[derive(Debug)]
pub enum Admission {
    /// It goes on.
    Pass(Ticket),
    /// It is refused.
    Refuse(Refusal),
}

/// What a refused client is told: a status and a reference, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 403, or 413 where the inspection was cut.
    pub status: u16,
    /// The request's reference.
    pub reference: Reference,
}

/// A request that was admitted. Dropping it without [`Ticket::end`] reports an exchange that broke
/// off.
#[derive(Debug)]
pub struct Ticket {
    active: Option<Box<Active>>,
    request_id: Option<Box<str>>,
}

#[derive(Debug)]
struct Active {
    gate: Arc<Gate>,
    reference: Reference,
    endpoint: Endpoint,
    actor: Actor,
    token: Option<Token>,
    /// Once it is known that an answer may come back.
    watch: Option<Arc<Watch>>,
    hold: bool,
    inspects: bool,
    inspect_bytes: usize,
    content_length: Option<u64>,
    /// Candidates found so far, in head and body.
    numbered: u16,
    /// Whether the request is counted among those that carry a candidate.
    has_carried: bool,
    /// Candidates of the body found so far, to insert only new ones when a longer prefix is read.
    of_body: Vec<Arc<Candidate>>,
    returned: Vec<Returned>,
}

impl Gate {
    /// Judges the head of a request, enters its candidates into the table, and tells the engine.
    pub fn admit(self: &Arc<Self>, head: &InboundHead<'_>) -> Admission {
        let request_id = field(head.fields, "x-request-id").map(Box::from);
        if self.is_off() {
            return Admission::Pass(Ticket { active: None, request_id });
        }
        let now = self.clock.now();
        let key = &self.settings.key;
        let token = token_of(head.fields, key);
        let actor = self.tokens.actor(token, head.client);
        let endpoint = Endpoint {
            method: Method::parse(head.method),
            host: self.settings.hosts.iter().find(|host| host.eq_ignore_ascii_case(head.host)).cloned(),
            template: Arc::from(guarded_template(head.target)),
        };
        let found = self.guarded(|| extract::from_head(&Head { target: head.target, fields: head.fields }, key));
        let policy = self.policy.load();
        let own_host = Host::parse(host_of(head.host));
        let candidates: Vec<Arc<Candidate>> =
            found.candidates.into_iter().filter(|c| is_telling(c, &own_host, &policy)).map(Arc::new).collect();
        self.counters.requests.increment();
        let has_carried = self.count_candidates(&candidates, false);

        let learned = self.learned.load();
        let decide = Decide { learned: &learned, policy: &policy, endpoint: &endpoint, actor, now };
        let inspect_bytes = self.settings.inspect_bytes_at(&endpoint);
        let is_too_long = head.content_length.is_some_and(|length| length > inspect_bytes as u64);
        let hold = head.has_body && decide.holds();

        let numbered = candidates.len() as u16;
        let mut table = self.table.lock();
        // What the table has no room for may be an order as much as what was not read.
        let cut = found.cut.or_else(|| is_full(&mut table, now, &learned, &policy).then_some(Cut::TableFull));
        let refused = decide
            .of_candidates(&candidates, 0)
            .or_else(|| decide.of_cut(cut))
            // What is known to be cut is refused before a byte of it was read.
            .or_else(|| decide.of_cut(is_too_long.then_some(Cut::Bytes)).filter(Refused::is_enforced));
        let is_refused = refused.is_some_and(|refused| refused.is_enforced());
        let reference = self.queue.push(now, Some(&self.settings.name), |reference| {
            let began = RequestBegan {
                request: reference,
                endpoint: endpoint.clone(),
                actor,
                path: redact(head.target).into(),
                request_id: request_id.clone(),
                candidates,
                cut,
                has_body: head.has_body,
                refused,
            };
            if !is_refused {
                table.inflight.begin(now, &began, proven_by(&learned, &policy));
            }
            (What::RequestBegan(Box::new(began)), reference)
        });
        drop(table);
        self.counters.bytes.add(head.content_length.unwrap_or(0));
        if refused.is_some_and(|refused| !refused.is_enforced()) {
            self.counters.requests_would_refuse.increment();
        }
        if cut.is_some() {
            self.counters.wildcards.increment();
        }
        if let Some(refused) = refused.filter(Refused::is_enforced) {
            return Admission::Refuse(self.refusal(reference, refused));
        }
        let active = Active {
            gate: Arc::clone(self),
            reference,
            endpoint,
            actor,
            token,
            watch: None,
            hold,
            inspects: head.has_body,
            inspect_bytes,
            content_length: head.content_length,
            numbered,
            has_carried,
            of_body: Vec::new(),
            returned: Vec::new(),
        };
        Admission::Pass(Ticket { active: Some(Box::new(active)), request_id })
    }

    fn refusal(&self, reference: Reference, refused: Refused) -> Refusal {
        self.counters.requests_refused.increment();
        Refusal { status: if refused.rule == Rule::CutInspection { 413 } else { 403 }, reference }
    }

    /// Counts candidates that say something, and their request once. Returns whether it was counted.
    fn count_candidates(&self, candidates: &[Arc<Candidate>], is_counted: bool) -> bool {
        let telling = candidates.iter().filter(|candidate| candidate.nature != Nature::Ambient).count() as u64;
        self.counters.candidates.add(telling);
        if telling > 0 && !is_counted {
            self.counters.requests_with_candidates.increment();
        }
        telling > 0 || is_counted
    }

    /// Analysis must never take a request down: where it fails, the request counts as not inspected.
    fn guarded(&self, extract: impl FnOnce() -> Extraction) -> Extraction {
        catch_unwind(AssertUnwindSafe(extract)).unwrap_or_else(|_| {
            self.counters.analysis_failures.increment();
            Extraction { cut: Some(Cut::Codec), ..Extraction::default() }
        })
    }
}

/// Whether the table has no room for a request, also without those that are over.
fn is_full(table: &mut Table, now: Micros, learned: &Learned, policy: &Policy) -> bool {
    table.inflight.is_full() && {
        table.inflight.expire(now, proven_by(learned, policy));
        table.inflight.is_full()
    }
}

/// Whether a candidate says anything. Every request names its own host in `Host`, and most do in
/// `Origin` and `Referer`: that counts only where the operator says that it is dialled.
fn is_telling(candidate: &Candidate, own_host: &Host, policy: &Policy) -> bool {
    candidate.nature != Nature::Ambient
        || candidate.host != *own_host
        || policy.proven.iter().any(|scope| scope.parameter.as_ref() == Some(&candidate.parameter))
}

/// The host of a `Host` field, without its port.
fn host_of(field: &str) -> &str {
    match field.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => field,
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

fn guarded_template(target: &str) -> String {
    catch_unwind(|| extract::template(target)).unwrap_or_else(|_| "/".to_owned())
}

fn field<'a>(fields: &[(&str, &'a [u8])], name: &str) -> Option<&'a str> {
    let value = fields.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)?;
    std::str::from_utf8(value).ok().filter(|text| text.len() <= 200)
}

impl Ticket {
    /// The request's reference; `None` while the service is passed through.
    pub fn reference(&self) -> Option<Reference> {
        self.active.as_ref().map(|active| active.reference)
    }

    /// The client's `X-Request-Id`.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
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
            Some(active) => active.inspect(&Body { content_type, content_encoding, bytes, complete }, last),
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
        let cut = found.cut.or((last && !body.complete).then_some(Cut::Bytes));
        let (learned, policy) = (gate.learned.load(), gate.policy.load());
        let now = gate.clock.now();
        let decide = Decide { learned: &learned, policy: &policy, endpoint: &self.endpoint, actor: self.actor, now };
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
                Err(gate.refusal(self.reference, refused))
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
        let mut table = gate.table.lock();
        gate.unwatch(&mut table, self.reference);
        table.inflight.end(now, self.reference);
        gate.queue.push(now, Some(&gate.settings.name), |_| {
            let ended = RequestEnded { request: self.reference, status, bytes, accepted, returned: self.returned };
            (What::RequestEnded(Box::new(ended)), ())
        });
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
        let mut table = self.table.lock();
        if refused.is_some_and(|refused| refused.is_enforced()) {
            table.inflight.forget(request);
            self.unwatch(&mut table, request);
        } else {
            if cut.is_some() {
                table.inflight.wildcard(now, request);
            }
            table.inflight.add_candidates(request, &candidates, proven_by(&learned, &policy));
        }
        self.queue.push(now, Some(&self.settings.name), |_| {
            (What::RequestInspected(Box::new(RequestInspected { request, candidates, cut, refused })), ())
        });
    }
}
