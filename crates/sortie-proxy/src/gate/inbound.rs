//! What the inbound door asks.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use smallvec::SmallVec;
use sortie_engine::attribution::proven_by;
use sortie_engine::decide::{Admission as Decide, template_of};
use sortie_engine::extract::{self, Extraction, Head};
use sortie_model::event::{Cut, Refused, RequestBegan, What};
use sortie_model::ids::RequestId;
use sortie_model::path::redact;
use sortie_model::{Candidate, Endpoint, Host, Method, Nature, Policy, Reference, Rule, limits};

use super::actors::token_of;
use super::files::Files;
use super::ticket::{Active, Ticket};
use super::{Fields, Gate};

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
    /// Whether the connection is to leave HTTP.
    pub asks_upgrade: bool,
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
    /// 403; where the inspection was cut 413, or 415 where the format or coding is the reason.
    pub status: u16,
    /// The request's reference.
    pub reference: Reference,
}

impl Gate {
    /// Judges the head of a request, enters its candidates into the table, and tells the engine.
    pub fn admit(self: &Arc<Self>, head: &InboundHead<'_>) -> Admission {
        if self.is_off() {
            return Admission::Pass(Ticket { active: None });
        }
        let now = self.clock.now();
        let key = &self.settings.key;
        let token = token_of(head.fields, key);
        let actor = self.tokens.actor(token, head.client);
        let (learned, policy) = (self.learned.load(), self.policy.load());
        let endpoint = Endpoint {
            method: Method::parse(head.method),
            host: self.settings.hosts.iter().find(|host| is_host(host, head.host)).cloned(),
            template: template_of(&guarded_templates(head.target), &learned, &policy),
        };
        let decide = Decide::new(&learned, &policy, &endpoint, actor, now);
        let sinks = decide.sinks();
        let fields = telling_fields(head, &policy);
        let read = Head { target: head.target, fields: &fields, sinks: &sinks };
        let found = self.guarded(|| extract::from_head(&read, key));
        let own_host = Host::parse(host_of(head.host));
        let candidates: Vec<Arc<Candidate>> =
            found.candidates.into_iter().filter(|c| is_telling(c, &own_host, &policy)).map(Arc::new).collect();
        self.counters.requests.increment();
        let has_carried = self.count_candidates(&candidates, false);

        let inspect_bytes = self.settings.inspect_bytes_at(&endpoint);
        let is_too_long = head.content_length.is_some_and(|length| length > inspect_bytes as u64);
        let hold = head.has_body && decide.holds();

        let numbered = candidates.len() as u16;
        // The table is locked for as short as can be: what can be made before is made before.
        let refused = decide.of_candidates(&candidates, 0);
        let mut began = Box::new(RequestBegan {
            request: Reference::local(0),
            endpoint: endpoint.clone(),
            actor,
            path: redact(head.target).into(),
            request_id: request_id_of(head.fields),
            candidates,
            cut: None,
            goes_on: head.has_body || head.asks_upgrade,
            names_file: !found.files.is_empty(),
            refused: None,
        });
        let mut table = self.table.lock();
        // What the table has no room for may be an order as much as what was not read.
        let has_no_room = table.is_full(|inflight| inflight.is_full(decide.has_sink()), now, (&learned, &policy));
        let cut = if has_no_room { Some(Cut::TableFull) } else { found.cut };
        let refused = refused
            .or_else(|| decide.of_cut(cut))
            // What is known to be cut is refused before a byte of it was read.
            .or_else(|| decide.of_cut(is_too_long.then_some(Cut::Bytes)).filter(Refused::is_enforced));
        let is_refused = refused.is_some_and(|refused| refused.is_enforced());
        let reference = self.queue.push(now, Some(&self.settings.name), |reference| {
            (began.request, began.cut, began.refused) = (reference, cut, refused);
            if !is_refused {
                table.inflight.begin(now, &began, proven_by(&learned, &policy));
            }
            (What::RequestBegan(began), reference)
        });
        drop(table);
        if refused.is_some_and(|refused| !refused.is_enforced()) {
            self.counters.requests_would_refuse.increment();
        }
        if cut.is_some() {
            self.counters.wildcards.increment();
        }
        if let Some(refused) = refused.filter(Refused::is_enforced) {
            return Admission::Refuse(self.refusal(reference, refused, cut));
        }
        let files = Files::of_head(found.files, reference, learned.endpoints.get(&endpoint).map(|stats| &**stats));
        let active = Active {
            gate: Arc::clone(self),
            reference,
            files,
            endpoint,
            actor,
            token,
            watch: None,
            hold,
            inspects: head.has_body,
            inspect_bytes,
            inspected_to: None,
            is_wildcard: cut.is_some(),
            worked: 0,
            numbered,
            sinks,
            has_carried,
            own_host,
            behind_head: Vec::new(),
            returned: Vec::new(),
            unanswered: None,
        };
        Admission::Pass(Ticket { active: Some(Box::new(active)) })
    }

    pub(super) fn refusal(&self, reference: Reference, refused: Refused, cut: Option<Cut>) -> Refusal {
        self.counters.requests_refused.increment();
        let status = match (refused.rule, cut) {
            (Rule::CutInspection, Some(Cut::Format | Cut::Codec)) => 415,
            (Rule::CutInspection, _) => 413,
            _ => 403,
        };
        Refusal { status, reference }
    }

    /// Counts candidates that say something, and their request once. Returns whether it was counted.
    pub(super) fn count_candidates(&self, candidates: &[Arc<Candidate>], is_counted: bool) -> bool {
        let telling = candidates.iter().filter(|candidate| candidate.nature != Nature::Ambient).count() as u64;
        self.counters.candidates.add(telling);
        if telling > 0 && !is_counted {
            self.counters.requests_with_candidates.increment();
        }
        telling > 0 || is_counted
    }

    /// Analysis must never take a request down: where it fails, the request counts as not inspected.
    pub(super) fn guarded(&self, extract: impl FnOnce() -> Extraction) -> Extraction {
        catch_unwind(AssertUnwindSafe(extract)).unwrap_or_else(|_| {
            self.counters.analysis_failures.increment();
            Extraction { cut: Some(Cut::Codec), work: limits::EXTRACTION_WORK, ..Extraction::default() }
        })
    }
}

/// Whether a candidate says anything. Every request names its own host in `Host`, and most do in
/// `Origin` and `Referer`: that counts only where the operator says that it is dialled.
pub(super) fn is_telling(candidate: &Candidate, own_host: &Host, policy: &Policy) -> bool {
    candidate.nature != Nature::Ambient
        || candidate.host != *own_host
        || policy.proven.iter().any(|scope| scope.parameter.as_ref() == Some(&candidate.parameter))
}

/// The fields that are searched for candidates. A plain `Host` names nothing but the request's own
/// host, see [`is_telling`].
fn telling_fields<'a>(head: &InboundHead<'a>, policy: &Policy) -> Fields<'a> {
    let is_proven = || policy.proven.iter().any(|scope| scope.parameter.as_deref() == Some("header:host"));
    let is_silent = is_plain(host_of(head.host)) && !is_proven();
    head.fields.iter().filter(|(name, _)| !(is_silent && *name == "host")).copied().collect()
}

/// Whether a host is written so that there is one reading of it: an address as addresses are written, or
/// a name in small letters that no parser takes for one.
fn is_plain(host: &str) -> bool {
    if host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_word = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word && host.starts_with(|first: char| first.is_ascii_lowercase()) && host.bytes().all(is_plain)
}

/// Whether a `Host` field names a virtual host: with any port, unless the virtual host has one.
fn is_host(host: &str, field: &str) -> bool {
    host.eq_ignore_ascii_case(field) || host.eq_ignore_ascii_case(host_of(field))
}

/// The host of a `Host` field, without its port.
fn host_of(field: &str) -> &str {
    match field.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => field,
    }
}

fn guarded_templates(target: &str) -> SmallVec<[String; 1]> {
    catch_unwind(|| extract::templates(target)).unwrap_or_default()
}

fn request_id_of(fields: &[(&str, &[u8])]) -> Option<RequestId> {
    let (_, value) = fields.iter().find(|(name, _)| *name == "x-request-id")?;
    RequestId::parse(std::str::from_utf8(value).ok()?)
}
