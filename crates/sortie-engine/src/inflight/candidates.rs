//! Candidates that a dial may obey: of requests in flight, and remembered ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::actor::ActorId;
use sortie_model::verdict::Order;
use sortie_model::{Actor, Candidate, Endpoint, Host, Micros, Nature, Place, Reference, limits};

use super::LiveRequest;
use super::of_host::{OfHost, Room};

/// A candidate's name: its request and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CandidateId {
    /// The request.
    pub request: Reference,
    /// Its number in the request.
    pub index: u16,
}

/// A candidate that a dial may obey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveCandidate {
    /// Its name.
    pub id: CandidateId,
    /// When its request was read.
    pub at: Micros,
    /// The request's endpoint.
    pub endpoint: Arc<Endpoint>,
    /// Who sent it.
    pub actor: Actor,
    /// Where it sits.
    pub place: Place,
    /// What it is.
    pub candidate: Arc<Candidate>,
    /// How far it is obeyed already: the sum of its past shares, at most 1.
    pub used: f64,
    /// How far refused dials would have obeyed it. They show that it is obeyed.
    pub refused: f64,
    /// Whether its request is over.
    pub remembered: bool,
    /// Whether its place was a proven sink when it was read or, once remembered, when its request closed.
    pub proven: bool,
}

/// How far a refused dial uses its candidate up. Not wholly, so that a retry is judged alike; but
/// where two requests order the same, the one that was refused a moment ago is not the likelier.
pub(super) const REFUSED: f64 = 0.8;

impl CandidateId {
    /// The candidate that an order names.
    pub fn of(order: &Order) -> Self {
        Self { request: order.request, index: order.candidate }
    }
}

impl LiveCandidate {
    /// How far the candidate has had its dial, from 0 to 1.
    pub fn used_up(&self) -> f64 {
        self.used.max(REFUSED * self.refused)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Candidates {
    all: BTreeMap<CandidateId, Box<LiveCandidate>>,
    by_host: BTreeMap<Host, OfHost>,
    /// Remembered candidates of proven places by age, with a budget of their own: no flood of
    /// mentions elsewhere makes a planted order forgotten.
    remembered_proven: BTreeSet<(Micros, CandidateId)>,
    /// Other remembered candidates by age.
    remembered: BTreeSet<(Micros, CandidateId)>,
}

impl Candidates {
    pub(super) fn insert(
        &mut self,
        id: CandidateId,
        request: &LiveRequest,
        candidate: Arc<Candidate>,
        is_proven: &impl Fn(&LiveCandidate) -> bool,
    ) {
        let mut live = Box::new(LiveCandidate {
            id,
            at: request.at,
            endpoint: Arc::clone(&request.endpoint),
            actor: request.actor,
            place: Place::new(&request.endpoint.template, Arc::clone(&candidate.parameter)),
            candidate,
            used: 0.0,
            refused: 0.0,
            remembered: false,
            proven: false,
        });
        live.proven = is_proven(&live);
        for host in live.candidate.hosts() {
            self.by_host.entry(host.clone()).or_default().insert(id, live.actor.id(), live.proven);
        }
        self.all.insert(id, live);
    }

    pub(super) fn remove(&mut self, id: CandidateId) {
        let Some(live) = self.all.remove(&id) else { return };
        if live.remembered {
            self.memory(live.proven).remove(&(live.at, id));
        }
        for host in live.candidate.hosts() {
            if let Some(of_host) = self.by_host.get_mut(host) {
                of_host.remove(id, live.actor.id());
                if of_host.is_empty() {
                    self.by_host.remove(host);
                }
            }
        }
    }

    pub(super) fn obeyed(&mut self, id: CandidateId, share: f64) {
        if let Some(live) = self.all.get_mut(&id) {
            live.used = (live.used + share).min(1.0);
        }
    }

    pub(super) fn refused(&mut self, id: CandidateId, share: f64) {
        if let Some(live) = self.all.get_mut(&id) {
            live.refused = (live.refused + share).min(1.0);
        }
    }

    /// A request is over: its candidate is remembered within the budgets. Returns what it was and
    /// how far it was obeyed.
    pub(super) fn close(
        &mut self,
        id: CandidateId,
        is_proven: &impl Fn(&LiveCandidate) -> bool,
    ) -> Option<(Arc<Candidate>, f64)> {
        let live = self.all.get_mut(&id)?;
        live.proven = is_proven(live);
        let (proven, at, actor) = (live.proven, live.at, live.actor.id());
        let (candidate, used) = (Arc::clone(&live.candidate), live.used.max(live.refused));
        // Every request has a Host and many an Origin: they say nothing about later dials.
        let is_worth_it = proven || candidate.nature != Nature::Ambient;
        if is_worth_it && candidate.hosts().all(|host| self.remember(host, id, actor, proven)) {
            if let Some(live) = self.all.get_mut(&id) {
                live.remembered = true;
            }
            let budget = if proven { limits::REMEMBERED_ALL_PROVEN } else { limits::REMEMBERED_ALL_UNPROVEN };
            let memory = self.memory(proven);
            memory.insert((at, id));
            if memory.len() > budget
                && let Some((_, oldest)) = memory.pop_first()
            {
                self.remove(oldest);
            }
        } else {
            self.remove(id);
        }
        Some((candidate, used))
    }

    fn memory(&mut self, proven: bool) -> &mut BTreeSet<(Micros, CandidateId)> {
        if proven { &mut self.remembered_proven } else { &mut self.remembered }
    }

    /// Moves a candidate from the live ones of a host to the remembered, if the budgets let it.
    fn remember(&mut self, host: &Host, newcomer: CandidateId, actor: ActorId, proven: bool) -> bool {
        match self.by_host.get(host).map_or(Room::Free, |of_host| of_host.room(actor, proven)) {
            Room::Free => {}
            Room::InsteadOf(evicted) => self.remove(evicted),
            Room::None => return false,
        }
        self.by_host.entry(host.clone()).or_default().keep(newcomer, actor, proven);
        true
    }

    pub(super) fn expire(&mut self, now: Micros) {
        for proven in [true, false] {
            while let Some(&(at, oldest)) = self.memory(proven).first()
                && at.plus(limits::REMEMBERED_MICROS) <= now
            {
                self.remove(oldest);
            }
        }
    }

    pub(super) fn get(&self, id: CandidateId) -> Option<&LiveCandidate> {
        self.all.get(&id).map(|live| &**live)
    }

    pub(super) fn of_request(&self, request: Reference) -> impl Iterator<Item = &LiveCandidate> {
        let (first, last) = (CandidateId { request, index: 0 }, CandidateId { request, index: u16::MAX });
        self.all.range(first..=last).map(|(_, live)| &**live)
    }

    /// See [`OfHost::weighed`].
    pub(super) fn of(&self, host: &Host) -> impl Iterator<Item = &LiveCandidate> {
        let ids = self.by_host.get(host).into_iter().flat_map(OfHost::weighed);
        ids.filter_map(|id| self.get(id))
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}
