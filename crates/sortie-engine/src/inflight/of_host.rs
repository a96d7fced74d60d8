//! Which candidates name one host, and which of them are weighed.
//!
//! Those of proven places are kept apart from the others, and no one of the others ever takes the
//! room of one of them: what is sent to a place that is no sink can not hide what a sink obeys.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::actor::ActorId;
use sortie_model::limits;

use super::candidates::CandidateId;

/// Candidates that name one host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OfHost {
    /// Of requests in flight, at proven places.
    live_proven: Group,
    /// Of requests in flight, at other places.
    live: Group,
    /// Remembered, of proven places.
    kept_proven: Group,
    /// Remembered, of other places.
    kept: Group,
}

/// Some candidates by age, and those of each actor, who has only a few.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Group {
    all: BTreeSet<CandidateId>,
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
            self.all.remove(&of_actor.remove(0));
        }
    }

    /// The oldest candidate of an actor that has more than `most`.
    fn oldest_beyond(&self, actor: ActorId, most: usize) -> Option<CandidateId> {
        let of_actor = self.of_actor.get(&actor).filter(|ids| ids.len() > most)?;
        of_actor.first().copied()
    }

    fn remove(&mut self, id: CandidateId, actor: ActorId) {
        if !self.all.remove(&id) {
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
        self.all.iter().rev().copied()
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

impl OfHost {
    pub(super) fn insert(&mut self, id: CandidateId, actor: ActorId, proven: bool) {
        if proven {
            self.live_proven.insert(id, actor, limits::WEIGHED_PROVEN_PER_ACTOR);
        } else {
            self.live.insert(id, actor, limits::WEIGHED_PER_ACTOR);
        }
    }

    /// Budgets are kept on insertion: proven and other candidates have their own, so an unproven one
    /// never evicts a proven one; one actor fills only a few slots; a full budget of unproven ones
    /// turns the newcomer away, so that later mentions never push a planted order out.
    pub(super) fn room(&self, actor: ActorId, proven: bool) -> Room {
        let kept = if proven { &self.kept_proven } else { &self.kept };
        if let Some(oldest) = kept.oldest_beyond(actor, limits::REMEMBERED_PER_ACTOR - 1) {
            return Room::InsteadOf(oldest);
        }
        if proven && kept.all.len() >= limits::REMEMBERED_PROVEN {
            return kept.all.first().map_or(Room::None, |&oldest| Room::InsteadOf(oldest));
        }
        if !proven && kept.all.len() >= limits::REMEMBERED_UNPROVEN { Room::None } else { Room::Free }
    }

    /// A candidate is to be remembered.
    pub(super) fn keep(&mut self, id: CandidateId, actor: ActorId, proven: bool) {
        let kept = if proven { &mut self.kept_proven } else { &mut self.kept };
        kept.insert(id, actor, limits::REMEMBERED_PER_ACTOR);
    }

    /// The request of a candidate is over.
    pub(super) fn remove(&mut self, id: CandidateId, actor: ActorId, proven: bool) {
        let live = if proven { &mut self.live_proven } else { &mut self.live };
        live.remove(id, actor);
    }

    /// A candidate is no longer remembered.
    pub(super) fn remove_kept(&mut self, id: CandidateId, actor: ActorId, proven: bool) {
        let kept = if proven { &mut self.kept_proven } else { &mut self.kept };
        kept.remove(id, actor);
    }

    /// Those of proven places, live before remembered, then the newest of the others. Each group has the
    /// newest first.
    pub(super) fn weighed(&self) -> impl Iterator<Item = CandidateId> {
        let proven = self.live_proven.newest_first().chain(self.kept_proven.newest_first());
        let live = self.live.newest_first().take(limits::WEIGHED_UNPROVEN);
        proven.chain(live).chain(self.kept.newest_first())
    }

    pub(super) fn is_empty(&self) -> bool {
        [&self.live_proven, &self.live, &self.kept_proven, &self.kept].iter().all(|group| group.all.is_empty())
    }
}
