//! Dials that look ordered, of which too little was known when they were made: the endpoint was new and
//! may have called the destination of its own accord, or the place was obeyed for the first time. They are
//! looked at again when more is known.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::actor::ActorId;
use sortie_model::event::Dialled;
use sortie_model::{Micros, limits};

use super::StoryKey;

/// How often held dials are looked at again, in microseconds.
const LOOK_EVERY: u64 = Micros::SECOND;

/// The dials of a service that are held back, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    dials: VecDeque<HeldDial>,
    /// When they were last looked at.
    looked: Micros,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HeldDial {
    /// When it was made.
    pub(super) at: Micros,
    /// Who may have ordered it.
    pub(super) actor: ActorId,
    pub(super) dialled: Arc<Dialled>,
}

impl Held {
    /// Holds a dial. Where there is no room, the oldest goes of the actor who has most: nobody pushes out
    /// what others ordered.
    pub(super) fn hold(&mut self, held: HeldDial) {
        if self.dials.len() >= limits::HELD_DIALS {
            let mut counts: BTreeMap<ActorId, usize> = BTreeMap::new();
            for held in &self.dials {
                *counts.entry(held.actor).or_default() += 1;
            }
            let most = counts.values().max().copied().unwrap_or_default();
            if let Some(oldest) = self.dials.iter().position(|held| counts[&held.actor] == most) {
                self.dials.remove(oldest);
            }
        }
        self.dials.push_back(held);
    }

    /// Takes out those that `story_of` knows a story of now, in the order in which they were made. Asks at most once
    /// in [`LOOK_EVERY`], for this is no matter of a door.
    pub(super) fn take(
        &mut self,
        now: Micros,
        story_of: impl Fn(&HeldDial) -> Option<StoryKey>,
    ) -> Vec<(HeldDial, StoryKey)> {
        if now < self.looked.plus(LOOK_EVERY) {
            return Vec::new();
        }
        self.looked = now;
        let mut known = Vec::new();
        self.dials = std::mem::take(&mut self.dials)
            .into_iter()
            .filter_map(|held| match story_of(&held) {
                Some(key) => {
                    known.push((held, key));
                    None
                }
                None => Some(held),
            })
            .collect();
        known
    }
}
