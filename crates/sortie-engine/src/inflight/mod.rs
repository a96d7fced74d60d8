//! The table of what may explain the next dial: requests in flight and just ended, remembered
//! candidates, where answers that were seen may lead, open windows, verdicts that stand for retries.
//!
//! One type, two owners. A door keeps one per service and changes it synchronously, so that a
//! candidate is here before the back end can obey it. The engine keeps another, changed by the same
//! calls in the order of the events, to learn from what is closed. After a restart the door's table
//! is a copy of the engine's.

mod by_name;
mod candidates;
mod hops;
mod of_host;
mod requests;
mod retries;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::event::{Carrier, Cut, Dial, HopTarget, Part, RequestBegan};
use sortie_model::verdict::{Explanation, Source, Verdict, Window};
use sortie_model::{Candidate, Endpoint, Host, Micros, Reference, limits};

pub use candidates::{CandidateId, LiveCandidate, Offer, Progress};
pub use hops::PendingHop;
pub use of_host::Pick;
pub use requests::LiveRequest;
pub use retries::RetryKey;
pub use windows::OpenWindow;

use crate::by_reference::ByReference;
use candidates::Candidates;
use hops::{Hops, hop_after};
use retries::Retries;
use windows::Windows;

/// Share of orders of proven sinks from which what a dial's answer hides may lead to what they ordered.
const HIDING_SHARE: f64 = 0.5;

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InFlight {
    requests: ByReference<LiveRequest>,
    /// How many of them have not ended.
    open: usize,
    by_endpoint: BTreeMap<Arc<Endpoint>, OfEndpoint>,
    /// Ended requests with the moment from which they explain nothing more.
    closing: VecDeque<(Micros, Reference)>,
    candidates: Candidates,
    hops: Hops,
    windows: Windows,
    retries: Retries,
}

/// Requests of one endpoint, the oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfEndpoint {
    endpoint: Arc<Endpoint>,
    requests: VecDeque<Reference>,
}

/// A request that is over, with what became of its candidates.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The request.
    pub request: Reference,
    /// What was known of it.
    pub live: Box<LiveRequest>,
    /// Its candidates.
    pub offers: Vec<Offer>,
}

impl InFlight {
    /// A request's head was read. Its candidates count from now on. Returns false where the doors' table
    /// had no room for it ([`InFlight::is_full`] and [`Cut::TableFull`]), or this one has none: the request
    /// is then a wildcard without candidates. `is_proven` says of a candidate whether its place is a proven
    /// sink: those are always weighed.
    pub fn begin(&mut self, at: Micros, began: &RequestBegan, is_proven: impl Fn(&LiveCandidate) -> bool) -> bool {
        if began.cut == Some(Cut::TableFull) || self.is_full(true) {
            let endpoint = Some(Arc::new(began.endpoint.clone()));
            self.windows.open(Window::Wildcard, began.request, endpoint, at);
            return false;
        }
        let endpoint = self.enter_endpoint(&began.endpoint, began.request);
        let live = LiveRequest::new(at, endpoint, began.actor);
        self.requests.insert(began.request, live);
        self.open += 1;
        self.add_candidates(at, began.request, Part::Body, &began.candidates, is_proven);
        if began.cut.is_some() {
            self.wildcard(at, began.request);
        }
        true
    }

    /// More candidates of a request were found, in that part of it. `is_proven` as in [`InFlight::begin`].
    pub fn add_candidates(
        &mut self,
        at: Micros,
        request: Reference,
        part: Part,
        candidates: &[Arc<Candidate>],
        is_proven: impl Fn(&LiveCandidate) -> bool,
    ) {
        let Some(live) = self.requests.get_mut(request) else { return };
        live.candidates.reserve_exact(candidates.len());
        for candidate in candidates {
            for host in candidate.hosts() {
                if !live.hosts.contains(host) {
                    live.hosts.push(host.clone());
                }
            }
            let id = CandidateId { request, index: live.candidates.len() as u16 };
            let mut candidate = LiveCandidate::new(id, at, live, part.into(), Arc::clone(candidate));
            candidate.proven = is_proven(&candidate);
            self.candidates.enter(&candidate);
            live.candidates.push(candidate);
        }
    }

    /// A request's inspection was cut: it may have carried anything.
    pub fn wildcard(&mut self, at: Micros, request: Reference) {
        let endpoint = self.requests.get(request).map(|live| Arc::clone(&live.endpoint));
        self.windows.open(Window::Wildcard, request, endpoint, at);
    }

    /// A request was refused: it leaves no candidates.
    pub fn forget(&mut self, request: Reference) {
        self.windows.close(request, Micros(0));
        if let Some(live) = self.requests.remove(request) {
            self.open -= usize::from(live.ended.is_none());
            live.candidates.iter().for_each(|candidate| self.candidates.leave(candidate));
            self.leave_endpoint(&live.endpoint, request);
        }
    }

    /// An exchange ended, with this status if the back end answered. It explains dials for a little longer.
    pub fn end(&mut self, at: Micros, request: Reference, status: Option<u16>) {
        self.windows.close(request, at.plus(limits::WINDOW_TAIL_MICROS));
        self.retries.ended(request, at);
        if let Some(live) = self.requests.get_mut(request).filter(|live| live.ended.is_none()) {
            live.ended = Some(at);
            live.candidates.iter_mut().for_each(|candidate| candidate.ended(status));
            self.open -= 1;
            self.closing.push_back((at.plus(limits::AFTER_END_MICROS), request));
        }
    }

    /// Whether there is no room for a further request, at an endpoint that has a proven sink or has none.
    /// What [`InFlight::expire`] lets go of may make room.
    pub fn is_full(&self, has_sink: bool) -> bool {
        let (requests, candidates) = if has_sink {
            (limits::IN_FLIGHT, limits::HELD_CANDIDATES)
        } else {
            (limits::IN_FLIGHT_UNPROVEN, limits::HELD_CANDIDATES_UNPROVEN)
        };
        self.open >= requests || self.candidates.len() >= candidates || self.has_many_ended()
    }

    /// Whether there is no room for candidates of a body, at an endpoint that has no proven sink. At one
    /// that has they are always taken in: what it obeys must be known.
    pub fn is_full_of_candidates(&self) -> bool {
        self.candidates.len() >= limits::HELD_CANDIDATES_UNPROVEN
    }

    fn has_many_ended(&self) -> bool {
        self.requests.len() >= self.open + limits::JUST_ENDED
    }

    /// Lets go of what explains nothing any more. Returns the requests that are over, the oldest
    /// first; `is_proven` says of a remembered candidate whether its place is a proven sink.
    pub fn expire(&mut self, now: Micros, is_proven: impl Fn(&LiveCandidate) -> bool) -> Vec<Closed> {
        let closed = std::iter::from_fn(|| self.close_next(now, &is_proven)).collect();
        self.candidates.expire(now);
        self.hops.expire(now);
        self.windows.expire(now);
        self.retries.expire(now);
        closed
    }

    /// Lets go of the one request that is over for longest, if there is one. Whoever does so as often as
    /// requests come never has to let go of many at once.
    pub fn close_next(&mut self, now: Micros, is_proven: &impl Fn(&LiveCandidate) -> bool) -> Option<Closed> {
        loop {
            let &(at, request) = self.closing.front()?;
            // Those that ended leave room for others.
            if at > now && !self.has_many_ended() && !self.is_full_of_candidates() {
                return None;
            }
            self.closing.pop_front();
            let Some(mut live) = self.requests.remove(request) else { continue };
            self.leave_endpoint(&live.endpoint, request);
            let candidates = std::mem::take(&mut live.candidates).into_iter();
            let offers = candidates.map(|candidate| self.candidates.close(candidate, is_proven)).collect();
            return Some(Closed { request, live, offers });
        }
    }

    /// Records a judged dial: what explained it is used up by its share. A refused dial is remembered
    /// for its retries.
    pub fn dialled(&mut self, at: Micros, dial: &Dial, verdict: &Verdict) {
        if verdict.decision.is_denied() {
            if let Some((_, order)) = verdict.leading_order() {
                let ended = match self.requests.get(order.request) {
                    Some(live) => live.ended,
                    None => Some(at),
                };
                self.retries.denied(order.request, ended, dial);
            }
            for explanation in &verdict.explanations {
                self.refused(dial, explanation);
            }
            return;
        }
        for Explanation { mass, source, .. } in &verdict.explanations {
            match source {
                Source::Order(order) | Source::Label(order) => {
                    let id = CandidateId { request: order.request, index: order.candidate };
                    if let Some(live) = self.candidate_mut(id) {
                        live.obeyed(*mass);
                    }
                }
                Source::Hop(hop) => self.hops.followed(hop, dial, *mass),
                Source::OwnCall { request, .. } => {
                    if let Some(live) = self.requests.get_mut(*request) {
                        live.called(&dial.destination, *mass);
                    }
                }
                Source::Background => {}
            }
        }
        if is_opaque(dial) {
            self.answer_unread(at, dial.dial, verdict);
        }
    }

    /// A refused dial shows that its order is obeyed, and leaves less of a seen hop.
    fn refused(&mut self, dial: &Dial, explanation: &Explanation) {
        let Explanation { mass, source, .. } = explanation;
        if let Some(order) = source.order() {
            let id = CandidateId { request: order.request, index: order.candidate };
            if let Some(live) = self.candidate_mut(id) {
                live.refused(*mass);
            }
        }
        if let Source::Hop(hop) = source {
            self.hops.followed(hop, dial, candidates::REFUSED * mass);
        }
    }

    /// An answer goes on of which nobody has read where it leads. If proven sinks ordered the dial, what
    /// they ordered may have anything dialled meanwhile.
    pub fn answer_unread(&mut self, at: Micros, dial: Reference, verdict: &Verdict) {
        if verdict.obeyed_share() >= HIDING_SHARE {
            self.windows.open(Window::Hop, dial, endpoint_of(verdict), at);
        }
    }

    /// An answer was read, as far as it is read at all.
    pub fn answer_read(&mut self, at: Micros, dial: Reference) {
        self.windows.close(dial, at);
    }

    /// A dial's answer leads to these targets, the likeliest first: each hop is an order, as probable as the
    /// dial was. `hides_some`: it may lead elsewhere too.
    pub fn answered(
        &mut self,
        at: Micros,
        dial: Reference,
        verdict: &Verdict,
        targets: &[HopTarget],
        hides_some: bool,
    ) {
        // Of hops that fit alike the latest counts as followed.
        for target in targets.iter().rev() {
            self.leads(hop_after(at, dial, verdict, target.clone()));
        }
        if hides_some && verdict.obeyed_share() >= HIDING_SHARE {
            self.windows.open_until(Window::Hop, endpoint_of(verdict), at.plus(limits::HOP_MICROS));
        }
    }

    /// What the table has no room for may be followed out of sight.
    fn leads(&mut self, hop: PendingHop) {
        for dropped in self.hops.insert(hop).into_iter().filter(|dropped| dropped.q_parent >= HIDING_SHARE) {
            let endpoint = dropped.order.as_ref().map(|order| Arc::new(order.endpoint.clone()));
            self.windows.open_until(Window::Hop, endpoint, dropped.until());
        }
    }

    /// A dial is over; a hop window that it opened closes a little later.
    pub fn dial_ended(&mut self, at: Micros, dial: Reference) {
        self.windows.close(dial, at.plus(limits::WINDOW_TAIL_MICROS));
    }

    /// A request by its reference.
    pub fn request(&self, request: Reference) -> Option<&LiveRequest> {
        self.requests.get(request)
    }

    /// A candidate by its name, as long as it may be obeyed.
    pub fn candidate(&self, id: CandidateId) -> Option<&LiveCandidate> {
        match self.requests.get(id.request) {
            Some(live) => live.candidates.get(usize::from(id.index)),
            None => self.candidates.get(id),
        }
    }

    /// Whether a candidate came in a message, and the connection that brought it is open.
    pub fn is_of_message(&self, id: CandidateId) -> bool {
        let live = self.requests.get(id.request).filter(|live| live.ended.is_none());
        let candidate = live.and_then(|live| live.candidates.get(usize::from(id.index)));
        candidate.is_some_and(|candidate| candidate.progress == Progress::Ended)
    }

    fn candidate_mut(&mut self, id: CandidateId) -> Option<&mut LiveCandidate> {
        match self.requests.get_mut(id.request) {
            Some(live) => live.candidates.get_mut(usize::from(id.index)),
            None => self.candidates.get_mut(id),
        }
    }

    /// All candidates of one request that may still be obeyed.
    pub fn candidates_in(&self, request: Reference) -> impl Iterator<Item = &LiveCandidate> {
        let live = self.requests.get(request).into_iter().flat_map(|live| &live.candidates);
        live.chain(self.candidates.of_request(request))
    }

    /// Whether a dial may still be ordered by a request: it is in flight or just ended, or a candidate of
    /// it is remembered.
    pub fn may_order(&self, request: Reference) -> bool {
        self.requests.contains(request) || self.candidates.of_request(request).next().is_some()
    }

    /// Requests of an endpoint that are in flight or just ended, the newest first, and how many.
    pub fn requests_of(&self, endpoint: &Endpoint) -> (usize, impl Iterator<Item = (Reference, &LiveRequest)>) {
        let references = self.by_endpoint.get(endpoint).map(|of_endpoint| &of_endpoint.requests);
        let iter = references.into_iter().flat_map(|refs| refs.iter().rev());
        (references.map_or(0, VecDeque::len), iter.filter_map(|r| Some((*r, self.requests.get(*r)?))))
    }

    /// Endpoints with requests in flight or just ended.
    pub fn endpoints(&self) -> impl ExactSizeIterator<Item = &Arc<Endpoint>> {
        self.by_endpoint.keys()
    }

    /// Candidates, of live requests and remembered, that name `host`, by a label of it too, and are weighed, each with how many
    /// it stands for. One may come twice; the first time counts.
    pub fn candidates_of(&self, host: &Host, pick: Pick) -> impl Iterator<Item = (&LiveCandidate, f64)> {
        self.candidates.of(host, pick).filter_map(|picked| Some((self.candidate(picked.id)?, picked.stands_for)))
    }

    /// Hops to `host` that were seen and may be followed.
    pub fn hops_to(&self, host: &Host, now: Micros) -> impl Iterator<Item = &PendingHop> {
        self.hops.to(host).filter(move |hop| now < hop.until())
    }

    /// Windows that are open at `now`.
    pub fn open_windows(&self, now: Micros) -> impl Iterator<Item = &OpenWindow> {
        self.windows.open_at(now)
    }

    /// Requests whose refused dial stands for retries of the same.
    pub fn refused_before(&self, key: &RetryKey, now: Micros) -> impl Iterator<Item = Reference> {
        self.retries.find(key, now)
    }

    /// Number of requests in flight or just ended, and of candidates in all.
    pub fn sizes(&self) -> (usize, usize) {
        (self.requests.len(), self.candidates.len())
    }

    /// Number of requests in flight.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Ends everything that is in flight: the process had stopped, or events were lost, so that it cannot
    /// be known which of these will end by themselves.
    pub fn interrupted(&mut self, at: Micros) {
        let mut all = self.requests.in_order();
        all.retain(|(_, live)| live.ended.is_none());
        let open: Vec<Reference> = all.into_iter().map(|(request, _)| request).collect();
        for request in open {
            self.end(at, request, None);
        }
        self.windows.close_all(at.plus(limits::WINDOW_TAIL_MICROS));
    }

    /// Counts a request among those of its endpoint, which all share one value.
    fn enter_endpoint(&mut self, endpoint: &Endpoint, request: Reference) -> Arc<Endpoint> {
        if let Some(known) = self.by_endpoint.get_mut(endpoint) {
            known.requests.push_back(request);
            return Arc::clone(&known.endpoint);
        }
        let endpoint = Arc::new(endpoint.clone());
        let of_endpoint = OfEndpoint { endpoint: Arc::clone(&endpoint), requests: VecDeque::from([request]) };
        self.by_endpoint.insert(Arc::clone(&endpoint), of_endpoint);
        endpoint
    }

    fn leave_endpoint(&mut self, endpoint: &Endpoint, request: Reference) {
        let Some(OfEndpoint { requests, .. }) = self.by_endpoint.get_mut(endpoint) else { return };
        if let Some(position) = requests.iter().position(|r| *r == request) {
            requests.remove(position);
        }
        if requests.is_empty() {
            self.by_endpoint.remove(endpoint);
        }
    }
}

/// The endpoint whose order a dial is told with.
fn endpoint_of(verdict: &Verdict) -> Option<Arc<Endpoint>> {
    verdict.leading_order().map(|(_, order)| Arc::new(order.endpoint.clone()))
}

/// Whether a dial's answer, and any redirect in it, is out of sight: inside TLS, or no HTTP.
fn is_opaque(dial: &Dial) -> bool {
    matches!(dial.carrier, Carrier::TunnelTls | Carrier::TunnelOpaque)
}
