//! Which candidates name one host, and which of them are weighed.
//!
//! Those of proven places are kept apart from the others, and no one of the others ever takes the
//! room of one of them: what is sent to a place that is no sink can not hide what a sink obeys.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
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

/// Some candidates by age, and by actor and age.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Group {
    all: BTreeSet<CandidateId>,
    by_actor: BTreeSet<(ActorId, CandidateId)>,
}

impl Group {
    fn insert(&mut self, id: CandidateId, actor: ActorId) {
        self.by_actor.insert((actor, id));
        self.all.insert(id);
    }

    /// Where an actor has more than `per_actor`, the oldest goes.
    fn insert_bounded(&mut self, id: CandidateId, actor: ActorId, per_actor: usize) {
        self.insert(id, actor);
        if let Some(oldest) = self.oldest_beyond(actor, per_actor) {
            self.remove(oldest, actor);
        }
    }

    /// The oldest candidate of an actor that has more than `most`.
    fn oldest_beyond(&self, actor: ActorId, most: usize) -> Option<CandidateId> {
        if self.all.len() <= most {
            return None;
        }
        let mut of_actor = self.by_actor.range((actor, CandidateId::FIRST)..=(actor, CandidateId::LAST));
        let &(_, oldest) = of_actor.next()?;
        (most == 0 || of_actor.nth(most - 1).is_some()).then_some(oldest)
    }

    fn remove(&mut self, id: CandidateId, actor: ActorId) {
        if self.all.remove(&id) {
            self.by_actor.remove(&(actor, id));
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
            self.live_proven.insert_bounded(id, actor, limits::WEIGHED_PROVEN_PER_ACTOR);
        } else {
            self.live.insert_bounded(id, actor, limits::WEIGHED_PER_ACTOR);
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
        kept.insert(id, actor);
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
