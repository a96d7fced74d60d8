//! Candidates that a dial may obey: of requests in flight, and remembered ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::verdict::Order;
use sortie_model::{Actor, Candidate, Endpoint, Host, Micros, Nature, Place, Reference, limits};

use super::LiveRequest;
use super::of_host::{OfHost, Pick, Picked, Room};

/// A candidate's name: its request and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CandidateId {
    /// The request.
    pub request: Reference,
    /// Its number in the request.
    pub index: u16,
}

/// How far the exchange is that a candidate came with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// It goes on.
    #[default]
    Open,
    /// It ended.
    Ended,
    /// The back end rejected the request (a status of 4xx), and no dial had obeyed the candidate by then.
    Rejected,
    /// The exchange failed (5xx, or no answer at all), and no dial had obeyed the candidate by then.
    Failed,
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
    /// How far its exchange is.
    pub progress: Progress,
    /// Whether its request is over.
    pub remembered: bool,
    /// Whether its place was a proven sink when it was read or, once remembered, when its request closed.
    pub proven: bool,
}

/// How far a refused dial uses its candidate up. Not wholly, so that a retry is judged alike; but
/// where two requests order the same, the one that was refused a moment ago is not the likelier.
pub(super) const REFUSED: f64 = 0.8;
/// How far a candidate must have had its dial to count as obeyed.
const OBEYED: f64 = 0.5;

impl CandidateId {
    /// The least and the greatest of all names.
    pub(super) const FIRST: Self = Self { request: Reference { node: 0, number: 0 }, index: 0 };
    pub(super) const LAST: Self = Self { request: Reference { node: u16::MAX, number: u64::MAX }, index: u16::MAX };

    /// The candidate that an order names.
    pub fn of(order: &Order) -> Self {
        Self { request: order.request, index: order.candidate }
    }
}

impl LiveCandidate {
    /// A candidate of a request, as it was read.
    pub(super) fn new(id: CandidateId, request: &LiveRequest, candidate: Arc<Candidate>) -> Self {
        Self {
            id,
            at: request.at,
            endpoint: Arc::clone(&request.endpoint),
            actor: request.actor,
            place: Place::new(&request.endpoint.template, Arc::clone(&candidate.parameter)),
            candidate,
            used: 0.0,
            refused: 0.0,
            progress: Progress::Open,
            remembered: false,
            proven: false,
        }
    }

    /// A dial obeyed it, by that share.
    pub(super) fn obeyed(&mut self, share: f64) {
        self.used = (self.used + share).min(1.0);
    }

    /// A refused dial would have obeyed it, by that share.
    pub(super) fn refused(&mut self, share: f64) {
        self.refused = (self.refused + share).min(1.0);
    }

    /// Its exchange ended with this status, if there was an answer.
    pub(super) fn ended(&mut self, status: Option<u16>) {
        self.progress = match status {
            _ if self.used_up() >= OBEYED => Progress::Ended,
            Some(0..400) => Progress::Ended,
            Some(400..500) => Progress::Rejected,
            Some(500..) | None => Progress::Failed,
        };
    }

    /// How far the candidate has had its dial, from 0 to 1.
    pub fn used_up(&self) -> f64 {
        self.used.max(REFUSED * self.refused)
    }
}

/// A candidate whose request is over.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What it was.
    pub candidate: Arc<Candidate>,
    /// How far it was obeyed, from 0 to 1.
    pub obeyed: f64,
    /// How its exchange ended.
    pub progress: Progress,
}

/// Which candidates name which host, and those whose requests are over. Those of requests in the table
/// lie with their requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Candidates {
    by_host: BTreeMap<Host, OfHost>,
    /// How many are of requests in the table.
    live: usize,
    /// Remembered ones of proven places, the oldest first, with a budget of their own: no flood of
    /// mentions elsewhere makes a planted order forgotten.
    remembered_proven: Remembered,
    /// Other remembered ones.
    remembered: Remembered,
}

type Remembered = BTreeMap<CandidateId, Box<LiveCandidate>>;

impl Candidates {
    /// A request has one more.
    pub(super) fn enter(&mut self, live: &LiveCandidate) {
        self.live += 1;
        for host in live.candidate.hosts() {
            let of_host = match self.by_host.get_mut(host) {
                Some(of_host) => of_host,
                None => self.by_host.entry(host.clone()).or_default(),
            };
            of_host.insert(live);
        }
    }

    /// A request is gone, and its candidate with it.
    pub(super) fn leave(&mut self, live: &LiveCandidate) {
        self.live -= 1;
        self.at_its_hosts(live, |of_host| of_host.remove(live, live.proven));
    }

    /// A request is over: its candidate is remembered within the budgets. Returns what it
    /// taught.
    pub(super) fn close(&mut self, mut live: LiveCandidate, is_proven: &impl Fn(&LiveCandidate) -> bool) -> Offer {
        self.live -= 1;
        let offer = Offer {
            candidate: Arc::clone(&live.candidate),
            obeyed: live.used.max(live.refused),
            progress: live.progress,
        };
        let (id, actor, was_proven) = (live.id, live.actor.id(), live.proven);
        live.proven = is_proven(&live);
        // Every request has a Host and many an Origin: they say nothing about later dials.
        let is_worth_it = live.proven || live.candidate.nature != Nature::Ambient;
        let is_kept = is_worth_it && live.candidate.hosts().all(|host| self.keep(host, &live));
        self.at_its_hosts(&live, |of_host| {
            of_host.remove(&live, was_proven);
            if !is_kept {
                of_host.remove_kept(id, actor, live.proven);
            }
        });
        if is_kept {
            self.remember(live);
        }
        offer
    }

    fn remember(&mut self, mut live: LiveCandidate) {
        live.remembered = true;
        let (remembered, budget) = if live.proven {
            (&mut self.remembered_proven, limits::REMEMBERED_ALL_PROVEN)
        } else {
            (&mut self.remembered, limits::REMEMBERED_ALL_UNPROVEN)
        };
        remembered.insert(live.id, Box::new(live));
        if remembered.len() > budget
            && let Some((&oldest, _)) = remembered.first_key_value()
        {
            self.forget(oldest);
        }
    }

    /// Counts a candidate among the remembered of a host, if the budgets let it.
    fn keep(&mut self, host: &Host, live: &LiveCandidate) -> bool {
        let (actor, proven) = (live.actor.id(), live.proven);
        match self.by_host.get(host).map_or(Room::Free, |of_host| of_host.room(actor, proven)) {
            Room::Free => {}
            Room::InsteadOf(evicted) => self.forget(evicted),
            Room::None => return false,
        }
        self.by_host.entry(host.clone()).or_default().keep(live.id, actor, proven);
        true
    }

    /// A remembered candidate is no more.
    fn forget(&mut self, id: CandidateId) {
        let forgotten = self.remembered.remove(&id).or_else(|| self.remembered_proven.remove(&id));
        if let Some(live) = forgotten {
            self.at_its_hosts(&live, |of_host| of_host.remove_kept(id, live.actor.id(), live.proven));
        }
    }

    /// Changes what is known of the hosts that a candidate names.
    fn at_its_hosts(&mut self, live: &LiveCandidate, change: impl Fn(&mut OfHost)) {
        for host in live.candidate.hosts() {
            if let Some(of_host) = self.by_host.get_mut(host) {
                change(of_host);
                if of_host.is_empty() {
                    self.by_host.remove(host);
                }
            }
        }
    }

    pub(super) fn expire(&mut self, now: Micros) {
        for proven in [true, false] {
            let oldest = |candidates: &Self| {
                let remembered = if proven { &candidates.remembered_proven } else { &candidates.remembered };
                remembered.first_key_value().map(|(&id, live)| (id, live.at))
            };
            while let Some((id, at)) = oldest(self)
                && at.plus(limits::REMEMBERED_MICROS) <= now
            {
                self.forget(id);
            }
        }
    }

    /// A remembered candidate.
    pub(super) fn get(&self, id: CandidateId) -> Option<&LiveCandidate> {
        self.remembered.get(&id).or_else(|| self.remembered_proven.get(&id)).map(|live| &**live)
    }

    /// A remembered candidate.
    pub(super) fn get_mut(&mut self, id: CandidateId) -> Option<&mut LiveCandidate> {
        self.remembered.get_mut(&id).or_else(|| self.remembered_proven.get_mut(&id)).map(|live| &mut **live)
    }

    /// The remembered candidates of one request.
    pub(super) fn of_request(&self, request: Reference) -> impl Iterator<Item = &LiveCandidate> {
        let (first, last) = (CandidateId { request, index: 0 }, CandidateId { request, index: u16::MAX });
        let all = self.remembered.range(first..=last).chain(self.remembered_proven.range(first..=last));
        all.map(|(_, live)| &**live)
    }

    /// See [`OfHost::weighed`].
    pub(super) fn of(&self, host: &Host, pick: Pick) -> impl Iterator<Item = Picked> {
        self.by_host.get(host).into_iter().flat_map(move |of_host| of_host.weighed(pick))
    }

    /// How many there are, live and remembered.
    pub(super) fn len(&self) -> usize {
        self.live + self.remembered.len() + self.remembered_proven.len()
    }
}
