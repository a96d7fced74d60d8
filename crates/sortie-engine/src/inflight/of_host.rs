//! Which candidates name one host, and which of them are weighed.
//!
//! Those of proven places are kept apart from the others, and no one of the others ever takes the
//! room of one of them: what is sent to a place that is no sink can not hide what a sink obeys.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use sortie_model::actor::ActorId;
use sortie_model::limits;

use super::candidates::CandidateId;

/// Candidates that name one host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OfHost {
    /// Of requests in flight, at proven places.
    live_proven: BTreeSet<CandidateId>,
    /// Of requests in flight, at other places.
    live: BTreeSet<CandidateId>,
    /// The same by their actors, of whom each has only a few slots.
    live_of_actor: BTreeMap<ActorId, BTreeSet<CandidateId>>,
    kept_proven: Kept,
    kept: Kept,
}

/// Remembered candidates, the oldest first.
type Kept = VecDeque<(ActorId, CandidateId)>;

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
            self.live_proven.insert(id);
            return;
        }
        let of_actor = self.live_of_actor.entry(actor).or_default();
        of_actor.insert(id);
        self.live.insert(id);
        if of_actor.len() > limits::WEIGHED_PER_ACTOR
            && let Some(oldest) = of_actor.pop_first()
        {
            self.live.remove(&oldest);
        }
    }

    /// Budgets are kept on insertion: proven and other candidates have their own, so an unproven one
    /// never evicts a proven one; one actor fills only a few slots; a full budget of unproven ones
    /// turns the newcomer away, so that later mentions never push a planted order out.
    pub(super) fn room(&self, actor: ActorId, proven: bool) -> Room {
        let kept = if proven { &self.kept_proven } else { &self.kept };
        let mut of_actor = kept.iter().filter(|(known, _)| *known == actor);
        match (of_actor.next(), of_actor.count() + 1) {
            (Some(&(_, oldest)), count) if count >= limits::REMEMBERED_PER_ACTOR => Room::InsteadOf(oldest),
            _ if proven && kept.len() >= limits::REMEMBERED_PROVEN => {
                kept.front().map_or(Room::None, |&(_, oldest)| Room::InsteadOf(oldest))
            }
            _ if !proven && kept.len() >= limits::REMEMBERED_UNPROVEN => Room::None,
            _ => Room::Free,
        }
    }

    /// The request of a candidate is over, and it is remembered.
    pub(super) fn keep(&mut self, id: CandidateId, actor: ActorId, proven: bool) {
        self.remove_live(id, actor);
        let kept = if proven { &mut self.kept_proven } else { &mut self.kept };
        kept.push_back((actor, id));
    }

    pub(super) fn remove(&mut self, id: CandidateId, actor: ActorId) {
        if !self.remove_live(id, actor) {
            for kept in [&mut self.kept_proven, &mut self.kept] {
                kept.retain(|(_, known)| *known != id);
            }
        }
    }

    fn remove_live(&mut self, id: CandidateId, actor: ActorId) -> bool {
        if self.live_proven.remove(&id) {
            return true;
        }
        if let Some(of_actor) = self.live_of_actor.get_mut(&actor) {
            of_actor.remove(&id);
            if of_actor.is_empty() {
                self.live_of_actor.remove(&actor);
            }
        }
        self.live.remove(&id)
    }

    /// All of proven places, live before remembered, then the newest of the others. Each group has the
    /// newest first.
    pub(super) fn weighed(&self) -> impl Iterator<Item = CandidateId> {
        let kept_proven = self.kept_proven.iter().rev().map(|&(_, id)| id);
        let proven = self.live_proven.iter().rev().copied().chain(kept_proven);
        let live = self.live.iter().rev().copied().take(limits::WEIGHED_UNPROVEN);
        proven.chain(live).chain(self.kept.iter().rev().map(|&(_, id)| id))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live_proven.is_empty() && self.live.is_empty() && self.kept_proven.is_empty() && self.kept.is_empty()
    }
}
