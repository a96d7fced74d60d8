//! Candidates that a dial may obey: of requests in flight, and remembered ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::event::Part;
use sortie_model::verdict::Order;
use sortie_model::{Actor, Candidate, Endpoint, Host, Micros, Nature, Place, Reference, limits};

use super::LiveRequest;
use super::by_name::{ByName, names};
use super::of_host::{Pick, Picked, Room};

/// A candidate's name: its request and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CandidateId {
    /// The request.
    pub request: Reference,
    /// Its number in the request.
    pub index: u16,
}

/// How far the exchange is that a candidate came with. A message of an upgraded connection is an exchange of its own,
/// which ends when it is there.
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
    /// When it was read: with its request, or later in a body or message.
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

impl From<Part> for Progress {
    fn from(part: Part) -> Self {
        match part {
            Part::Body => Self::Open,
            Part::Message => Self::Ended,
        }
    }
}

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
    pub(super) fn new(
        id: CandidateId,
        at: Micros,
        request: &LiveRequest,
        progress: Progress,
        candidate: Arc<Candidate>,
    ) -> Self {
        Self {
            id,
            at,
            endpoint: Arc::clone(&request.endpoint),
            actor: request.actor,
            place: Place::new(&request.endpoint.template, Arc::clone(&candidate.parameter)),
            candidate,
            used: 0.0,
            refused: 0.0,
            progress,
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

    /// Its exchange ended with this status, if there was an answer. A message's was over before.
    pub(super) fn ended(&mut self, status: Option<u16>) {
        self.progress = match status {
            _ if self.progress != Progress::Open => return,
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

fn names_several(live: &LiveCandidate) -> bool {
    !live.candidate.other_hosts.is_empty()
}

/// Which candidates name what, and those whose requests are over. Those of requests in the table
/// lie with their requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Candidates {
    by_name: ByName,
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
        for name in names(&live.candidate) {
            self.by_name.entry(&live.candidate, name).insert(live);
        }
    }

    /// A request is gone, and its candidate with it.
    pub(super) fn leave(&mut self, live: &LiveCandidate) {
        self.live -= 1;
        self.by_name.change(&live.candidate, |of_name| of_name.remove(live, live.proven));
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
        let was_proven = live.proven;
        live.proven = is_proven(&live);
        if self.keep(&live, was_proven) {
            self.remember(live);
        }
        offer
    }

    /// Counts a candidate among the remembered of what it names instead of those in flight, if the budgets of
    /// all of them let it. `was_proven`: whether its place was a proven sink when it was read.
    fn keep(&mut self, live: &LiveCandidate, was_proven: bool) -> bool {
        // Every request has a Host and many an Origin: they say nothing about later dials.
        let mut is_kept = live.proven || live.candidate.nature != Nature::Ambient;
        let mut evicted: SmallVec<[Box<LiveCandidate>; 1]> = SmallVec::new();
        let remembered = if live.proven { &mut self.remembered_proven } else { &mut self.remembered };
        for name in names(&live.candidate) {
            let of_name = self.by_name.entry(&live.candidate, name);
            of_name.remove(live, was_proven);
            // What had its dial can be missed before what waits for it.
            let had_its_dial = |id| remembered.get(&id).is_none_or(|known| known.used_up() >= OBEYED);
            is_kept = is_kept
                && match of_name.room(live.actor.id(), live.proven, had_its_dial) {
                    Room::Free => true,
                    Room::InsteadOf(oldest) => {
                        evicted.extend(remembered.remove(&oldest).inspect(|oldest| of_name.remove_kept(oldest)));
                        true
                    }
                    Room::None => false,
                };
            if is_kept {
                of_name.keep(live);
            } else if of_name.is_empty() {
                self.by_name.remove(&live.candidate, name);
            }
        }
        evicted.iter().filter(|evicted| names_several(evicted)).for_each(|evicted| self.leave_kept(evicted));
        if !is_kept && names_several(live) {
            self.leave_kept(live);
        }
        is_kept
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

    /// A remembered candidate is no more.
    fn forget(&mut self, id: CandidateId) {
        let forgotten = self.remembered.remove(&id).or_else(|| self.remembered_proven.remove(&id));
        if let Some(live) = forgotten {
            self.leave_kept(&live);
        }
    }

    /// A candidate is among the remembered of nothing that it names.
    fn leave_kept(&mut self, live: &LiveCandidate) {
        self.by_name.change(&live.candidate, |of_name| of_name.remove_kept(live));
    }

    /// Forgets what is remembered for too long. They go in the order of their requests: what came late over a
    /// connection that lasts keeps those behind it a little longer, within the budgets.
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

    /// See [`ByName::of`].
    pub(super) fn of(&self, host: &Host, pick: Pick) -> impl Iterator<Item = Picked> {
        self.by_name.of(host, pick)
    }

    /// How many there are, live and remembered.
    pub(super) fn len(&self) -> usize {
        self.live + self.remembered.len() + self.remembered_proven.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use sortie_model::{Key, Method};

    use super::*;

    /// A candidate whose request is over: who sent it, the hosts that it names, whether its place was
    /// proven when it was read, and whether it is now.
    type Over = (u8, Vec<u8>, bool, bool);

    fn over() -> impl Strategy<Value = Over> {
        // Most are of one host, so that its budgets are reached.
        let several = Just(vec![0_u8, 1, 2]).prop_shuffle();
        let hosts = (prop_oneof![4 => Just(vec![0_u8]), 1 => several], 1_usize..4);
        let hosts = hosts.prop_map(|(mut hosts, count)| {
            hosts.truncate(count);
            hosts
        });
        (0_u8..20, hosts, any::<bool>(), any::<bool>())
    }

    fn live(read: &Candidate, number: u64, (actor, hosts, was_proven, _): &Over) -> LiveCandidate {
        let name = |host: &u8| Host::name(&format!("h{host}.example"));
        let mut candidate = read.clone();
        candidate.host = name(&hosts[0]);
        candidate.other_hosts = hosts[1..].iter().map(name).collect();
        let endpoint = Endpoint { method: Method::Get, host: None, template: Arc::from("/") };
        let actor = Actor::by_address([198, 51, 100, *actor].into());
        let request = LiveRequest::new(Micros(number), Arc::new(endpoint), actor);
        let id = CandidateId { request: Reference::local(number), index: 0 };
        let mut live = LiveCandidate::new(id, request.at, &request, Progress::Open, Arc::new(candidate));
        live.proven = *was_proven;
        live
    }

    /// What the budgets say, one after the other, without any index.
    #[derive(Default)]
    struct Model(BTreeMap<CandidateId, LiveCandidate>);

    impl Model {
        fn close(&mut self, live: &LiveCandidate) {
            let fits = live.candidate.hosts().all(|host| {
                let at_host = |kept: &&LiveCandidate| {
                    kept.id != live.id && kept.proven == live.proven && kept.candidate.hosts().any(|h| h == host)
                };
                let of_actor = |kept: &&LiveCandidate| kept.actor == live.actor;
                let budget = if live.proven { limits::REMEMBERED_PROVEN } else { limits::REMEMBERED_UNPROVEN };
                let oldest = if self.0.values().filter(at_host).filter(of_actor).count() >= limits::REMEMBERED_PER_ACTOR
                {
                    self.0.values().filter(at_host).find(of_actor)
                } else if self.0.values().filter(at_host).count() < budget {
                    return true;
                } else {
                    self.0.values().find(at_host).filter(|_| live.proven)
                };
                oldest.map(|oldest| oldest.id).is_some_and(|oldest| self.0.remove(&oldest).is_some())
            });
            if fits {
                self.0.insert(live.id, live.clone());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_remembered_is_what_the_budgets_let(all in prop::collection::vec(over(), 0..400)) {
            let read = crate::extract::single("http://h.example/x", &Key::new(&[1; Key::LENGTH])).expect("a URL");
            let (mut ours, mut model) = (Candidates::default(), Model::default());
            for (number, over) in (0..).zip(&all) {
                let mut candidate = live(&read, number, over);
                ours.enter(&candidate);
                ours.close(candidate.clone(), &|_| over.3);
                candidate.proven = over.3;
                model.close(&candidate);
            }
            let remembered: BTreeSet<_> = ours.remembered.keys().chain(ours.remembered_proven.keys()).collect();
            prop_assert!(remembered.into_iter().eq(model.0.keys()));
            // And each host knows those that name it, and no others.
            for n in 0..3 {
                let host = Host::name(&format!("h{n}.example"));
                let known: BTreeSet<_> = ours.of(&host, Pick { path: None, start: 0.0 }).map(|p| p.id).collect();
                let naming = model.0.values().filter(|live| live.candidate.hosts().any(|h| *h == host));
                prop_assert!(known.into_iter().eq(naming.map(|live| live.id)), "{host}");
            }
            for id in model.0.keys() {
                ours.forget(*id);
            }
            prop_assert!(ours.by_name.is_empty() && ours.len() == 0);
        }
    }
}
