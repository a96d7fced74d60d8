//! Candidates that a dial may obey: of requests in flight, and remembered ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::verdict::Order;
use sortie_model::{Actor, Candidate, Endpoint, Host, Micros, Nature, Place, Reference, limits};

use super::LiveRequest;

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
    /// Whether its place was a proven sink when its request closed.
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
    all: BTreeMap<CandidateId, LiveCandidate>,
    by_host: BTreeMap<Host, OfHost>,
    /// Remembered candidates in the order in which they closed.
    remembered: VecDeque<(Micros, CandidateId)>,
}

/// Candidates that name one host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct OfHost {
    live: BTreeSet<CandidateId>,
    proven: VecDeque<CandidateId>,
    unproven: VecDeque<CandidateId>,
}

impl Candidates {
    pub(super) fn insert(&mut self, id: CandidateId, request: &LiveRequest, candidate: Arc<Candidate>) {
        for host in candidate.hosts() {
            self.by_host.entry(host.clone()).or_default().live.insert(id);
        }
        let live = LiveCandidate {
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
        };
        self.all.insert(id, live);
    }

    pub(super) fn remove(&mut self, id: CandidateId) {
        let Some(live) = self.all.remove(&id) else { return };
        for host in live.candidate.hosts() {
            if let Some(of_host) = self.by_host.get_mut(host) {
                of_host.remove(id);
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
        live.remembered = true;
        let (proven, at, candidate, used) =
            (live.proven, live.at, Arc::clone(&live.candidate), live.used.max(live.refused));
        // Every request has a Host and many an Origin: they say nothing about later dials.
        let is_worth_it = proven || candidate.nature != Nature::Ambient;
        if is_worth_it && candidate.hosts().all(|host| self.remember(host, id, proven)) {
            self.remembered.push_back((at, id));
            if self.remembered.len() > limits::REMEMBERED {
                self.drop_oldest();
            }
        } else {
            self.remove(id);
        }
        Some((candidate, used))
    }

    /// Budgets per host, kept on insertion: proven and other candidates have their own, so an
    /// unproven one never evicts a proven one; one actor fills only a few slots; a full budget of
    /// unproven ones turns the newcomer away, so that later mentions never push a planted order out.
    fn remember(&mut self, host: &Host, newcomer: CandidateId, proven: bool) -> bool {
        let Some(of_host) = self.by_host.get(host) else { return false };
        let kept = of_host.remembered(proven);
        let actor_of = |id: &CandidateId| self.all.get(id).map(|live| live.actor.id());
        let actor = actor_of(&newcomer);
        let mut of_actor = kept.iter().filter(|id| actor_of(id) == actor);
        let evicted = match (of_actor.next().copied(), of_actor.count() + 1) {
            (Some(oldest), count) if count >= limits::REMEMBERED_PER_ACTOR => Some(oldest),
            _ if !proven && kept.len() >= limits::REMEMBERED_UNPROVEN => return false,
            _ if proven && kept.len() >= limits::REMEMBERED_PROVEN => kept.front().copied(),
            _ => None,
        };
        if let Some(evicted) = evicted {
            self.remove(evicted);
        }
        let of_host = self.by_host.entry(host.clone()).or_default();
        of_host.live.remove(&newcomer);
        of_host.remembered_mut(proven).push_back(newcomer);
        true
    }

    fn drop_oldest(&mut self) {
        if let Some((_, id)) = self.remembered.pop_front() {
            self.remove(id);
        }
    }

    pub(super) fn expire(&mut self, now: Micros) {
        while self.remembered.front().is_some_and(|&(at, _)| at.plus(limits::REMEMBERED_MICROS) <= now) {
            self.drop_oldest();
        }
    }

    pub(super) fn get(&self, id: CandidateId) -> Option<&LiveCandidate> {
        self.all.get(&id)
    }

    pub(super) fn of_request(&self, request: Reference) -> impl Iterator<Item = &LiveCandidate> {
        let (first, last) = (CandidateId { request, index: 0 }, CandidateId { request, index: u16::MAX });
        self.all.range(first..=last).map(|(_, live)| live)
    }

    /// The newest live ones first, then what is remembered of proven places, then the rest.
    pub(super) fn of(&self, host: &Host) -> impl Iterator<Item = &LiveCandidate> {
        let ids = self.by_host.get(host).into_iter().flat_map(|of_host| {
            let live = of_host.live.iter().rev();
            live.chain(of_host.proven.iter().rev()).chain(of_host.unproven.iter().rev())
        });
        ids.filter_map(|id| self.all.get(id))
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl OfHost {
    fn remembered(&self, proven: bool) -> &VecDeque<CandidateId> {
        if proven { &self.proven } else { &self.unproven }
    }

    fn remembered_mut(&mut self, proven: bool) -> &mut VecDeque<CandidateId> {
        if proven { &mut self.proven } else { &mut self.unproven }
    }

    fn remove(&mut self, id: CandidateId) {
        if self.live.remove(&id) {
            return;
        }
        for kept in [&mut self.proven, &mut self.unproven] {
            kept.retain(|known| *known != id);
        }
    }

    fn is_empty(&self) -> bool {
        self.live.is_empty() && self.proven.is_empty() && self.unproven.is_empty()
    }
}
