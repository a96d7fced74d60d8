//! Which candidates name one host, and which of them are weighed.
//!
//! Those of proven places are kept apart from the others, and no one of the others ever takes the
//! room of one of them: what is sent to a place that is no sink can not hide what a sink obeys.
//!
//! All of proven places count, but a dial waits while they are weighed. Of very many in flight the
//! newest are weighed each for itself, and those that name the very path that is dialled; some of the
//! others stand for the rest, taken at equal distances by age (systematic sampling, as in
//! `attribution::listing`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::actor::ActorId;
use sortie_model::limits;

use super::candidates::{CandidateId, LiveCandidate};

/// Candidates that name one host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OfHost {
    /// Of requests in flight, at proven places.
    live_proven: Group,
    /// The same by the fingerprint of the path that they name, where they name one.
    by_path: BTreeSet<(u64, CandidateId)>,
    /// Of requests in flight, at other places.
    live: Group,
    /// Remembered, of proven places.
    kept_proven: Group,
    /// Remembered, of other places.
    kept: Group,
}

/// Candidates, the oldest first. They come in their order and go nearly so.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct ByAge(VecDeque<CandidateId>);

impl ByAge {
    fn insert(&mut self, id: CandidateId) {
        if self.0.back().is_none_or(|newest| *newest < id) {
            self.0.push_back(id);
        } else if let Err(position) = self.0.binary_search(&id) {
            self.0.insert(position, id);
        }
    }

    /// Returns whether it was there.
    fn remove(&mut self, id: CandidateId) -> bool {
        let position = if self.0.front() == Some(&id) { Ok(0) } else { self.0.binary_search(&id) };
        position.is_ok_and(|position| self.0.remove(position).is_some())
    }
}

/// Some candidates by age, and those of each actor, who has only a few.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Group {
    all: ByAge,
    of_actor: BTreeMap<ActorId, SmallVec<[CandidateId; 2]>>,
}

impl Group {
    /// Where an actor has more than `per_actor`, the oldest goes.
    fn insert(&mut self, id: CandidateId, actor: ActorId, per_actor: usize) {
        let of_actor = self.of_actor.entry(actor).or_default();
        if let Err(position) = of_actor.binary_search(&id) {
            of_actor.insert(position, id);
            self.all.insert(id);
        }
        if of_actor.len() > per_actor {
            self.all.remove(of_actor.remove(0));
        }
    }

    /// The oldest candidate of an actor that has more than `most`, if possible one that `had_its_dial`.
    fn oldest_beyond(
        &self,
        actor: ActorId,
        most: usize,
        had_its_dial: impl Fn(CandidateId) -> bool,
    ) -> Option<CandidateId> {
        let of_actor = self.of_actor.get(&actor).filter(|ids| ids.len() > most)?;
        of_actor.iter().copied().find(|id| had_its_dial(*id)).or_else(|| of_actor.first().copied())
    }

    fn remove(&mut self, id: CandidateId, actor: ActorId) {
        if !self.all.remove(id) {
            return;
        }
        if let Some(of_actor) = self.of_actor.get_mut(&actor) {
            of_actor.retain(|known| *known != id);
            if of_actor.is_empty() {
                self.of_actor.remove(&actor);
            }
        }
    }

    fn newest_first(&self) -> impl Iterator<Item = CandidateId> {
        self.all.0.iter().rev().copied()
    }
}

/// What room there is for a candidate that is to be remembered.
pub(super) enum Room {
    /// There is room.
    Free,
    /// There is room once this one is gone.
    InsteadOf(CandidateId),
    /// There is none.
    None,
}

/// Which of very many candidates are weighed.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    /// Fingerprint of the path that is dialled, where it is visible.
    pub path: Option<u64>,
    /// Where sampling starts, from 0 to 1: it differs from dial to dial.
    pub start: f64,
}

/// A candidate that is to be weighed.
pub(super) struct Picked {
    pub(super) id: CandidateId,
    /// How many it stands for, itself included.
    pub(super) stands_for: f64,
}

impl OfHost {
    /// A candidate of a request in flight names the host.
    pub(super) fn insert(&mut self, live: &LiveCandidate) {
        if live.proven {
            self.live_proven.insert(live.id, live.actor.id(), limits::WEIGHED_PROVEN_PER_ACTOR);
            self.by_path.extend(path_entry(live));
        } else {
            self.live.insert(live.id, live.actor.id(), limits::WEIGHED_PER_ACTOR);
        }
    }

    /// Budgets are kept on insertion: proven and other candidates have their own, so an unproven one
    /// never evicts a proven one; one actor fills only a few slots; a full budget of unproven ones
    /// turns the newcomer away, so that later mentions never push a planted order out.
    pub(super) fn room(&self, actor: ActorId, proven: bool, had_its_dial: impl Fn(CandidateId) -> bool) -> Room {
        let kept = if proven { &self.kept_proven } else { &self.kept };
        if let Some(oldest) = kept.oldest_beyond(actor, limits::REMEMBERED_PER_ACTOR - 1, had_its_dial) {
            return Room::InsteadOf(oldest);
        }
        if proven && kept.all.0.len() >= limits::REMEMBERED_PROVEN {
            return kept.all.0.front().map_or(Room::None, |&oldest| Room::InsteadOf(oldest));
        }
        if !proven && kept.all.0.len() >= limits::REMEMBERED_UNPROVEN { Room::None } else { Room::Free }
    }

    /// A candidate is to be remembered.
    pub(super) fn keep(&mut self, live: &LiveCandidate) {
        let kept = if live.proven { &mut self.kept_proven } else { &mut self.kept };
        kept.insert(live.id, live.actor.id(), limits::REMEMBERED_PER_ACTOR);
    }

    /// The request of a candidate is over. `was_proven`: whether its place was a proven sink when it was
    /// read.
    pub(super) fn remove(&mut self, live: &LiveCandidate, was_proven: bool) {
        if was_proven {
            self.live_proven.remove(live.id, live.actor.id());
            if let Some(entry) = path_entry(live) {
                self.by_path.remove(&entry);
            }
        } else {
            self.live.remove(live.id, live.actor.id());
        }
    }

    /// A candidate is no longer remembered.
    pub(super) fn remove_kept(&mut self, live: &LiveCandidate) {
        let kept = if live.proven { &mut self.kept_proven } else { &mut self.kept };
        kept.remove(live.id, live.actor.id());
    }

    /// Those of proven places, live before remembered, then the newest of the others. Each group has the
    /// newest first. One may be picked twice, the second time not for itself.
    pub(super) fn weighed(&self, pick: Pick) -> impl Iterator<Item = Picked> {
        let proven = self.of_path(pick.path).chain(self.newest_proven());
        let live = self.live.newest_first().take(limits::WEIGHED_UNPROVEN);
        let others = self.kept_proven.newest_first().chain(live).chain(self.kept.newest_first());
        proven.map(alone).chain(self.sample_of_older(pick.start)).chain(others.map(alone))
    }

    fn of_path(&self, path: Option<u64>) -> impl Iterator<Item = CandidateId> {
        let of_path = path.map(|path| self.by_path.range((path, CandidateId::FIRST)..=(path, CandidateId::LAST)));
        of_path.into_iter().flatten().rev().map(|&(_, id)| id).take(limits::WEIGHED_PROVEN)
    }

    fn newest_proven(&self) -> impl Iterator<Item = CandidateId> {
        self.live_proven.newest_first().take(limits::WEIGHED_PROVEN)
    }

    /// Some of the older ones of proven places, which stand for all of them.
    fn sample_of_older(&self, start: f64) -> impl Iterator<Item = Picked> {
        let older = self.live_proven.all.0.len().saturating_sub(limits::WEIGHED_PROVEN);
        let reached = older.min(limits::SAMPLED_PROVEN);
        let step = reached.div_ceil(limits::WEIGHED_PROVEN).max(1);
        let first = ((start * step as f64) as usize).min(step - 1);
        let picked = reached.saturating_sub(first).div_ceil(step);
        let stands_for = older as f64 / picked.max(1) as f64;
        let ids = self.live_proven.newest_first().skip(limits::WEIGHED_PROVEN).take(reached);
        ids.skip(first).step_by(step).map(move |id| Picked { id, stands_for })
    }

    pub(super) fn is_empty(&self) -> bool {
        let groups = [&self.live_proven, &self.live, &self.kept_proven, &self.kept];
        groups.iter().all(|group| group.all.0.is_empty()) && self.by_path.is_empty()
    }
}

fn alone(id: CandidateId) -> Picked {
    Picked { id, stands_for: 1.0 }
}

fn path_entry(live: &LiveCandidate) -> Option<(u64, CandidateId)> {
    live.candidate.path.as_ref().map(|path| (path.fingerprint(), live.id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use sortie_model::Reference;

    use super::*;

    proptest! {
        #[test]
        fn by_age_is_a_set_in_order(changes in prop::collection::vec((any::<bool>(), 0_u64..20), 0..60)) {
            let (mut ours, mut model) = (ByAge::default(), BTreeSet::new());
            for (inserts, number) in changes {
                let id = CandidateId { request: Reference::local(number), index: 0 };
                if inserts {
                    ours.insert(id);
                    model.insert(id);
                } else {
                    prop_assert_eq!(ours.remove(id), model.remove(&id));
                }
                prop_assert!(ours.0.iter().eq(&model));
            }
        }
    }
}
