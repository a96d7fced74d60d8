//! What is kept of requests and dials, so that a story can be told once it shows itself.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::event::{Refused, RequestBegan};
use sortie_model::finding::FindingDial;
use sortie_model::{Actor, Endpoint, Micros, Reference, limits};

use super::StoryKey;

/// Dials that are kept; an exchange that lasts longer than so many dials loses its rows.
const DIALS: usize = 20_000;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Notes {
    requests: Bounded<RequestNote>,
    dials: Bounded<DialNote>,
}

/// What is kept of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RequestNote {
    pub(super) at: Micros,
    pub(super) endpoint: Endpoint,
    pub(super) actor: Actor,
    pub(super) path: Box<str>,
    pub(super) request_id: Option<Box<str>>,
    /// Candidates numbered so far.
    pub(super) candidates: u16,
    /// What the inbound door would have refused it for in `block`.
    pub(super) would_refuse: Option<Refused>,
    /// Whether some story tells of it.
    pub(super) in_story: bool,
}

/// What is kept of a dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DialNote {
    pub(super) row: FindingDial,
    /// The stories that list it: its own, and those of the dials that it redirected to.
    pub(super) stories: SmallVec<[StoryKey; 1]>,
}

/// A map that forgets its oldest entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bounded<T> {
    entries: BTreeMap<Reference, Box<T>>,
    order: VecDeque<Reference>,
}

impl Notes {
    pub(super) fn request(&mut self, at: Micros, began: &RequestBegan) {
        let note = RequestNote {
            at,
            endpoint: began.endpoint.clone(),
            actor: began.actor,
            path: began.path.clone(),
            request_id: began.request_id.clone(),
            candidates: if began.refused.is_some() { 0 } else { began.candidates.len() as u16 },
            would_refuse: None,
            in_story: false,
        };
        self.requests.insert(began.request, note, limits::REMEMBERED);
    }

    pub(super) fn request_mut(&mut self, request: Reference) -> Option<&mut RequestNote> {
        self.requests.get_mut(request)
    }

    pub(super) fn take_into_story(&mut self, request: Reference) -> Option<RequestNote> {
        let note = self.requests.get_mut(request)?;
        note.in_story = true;
        Some(note.clone())
    }

    pub(super) fn dial(&mut self, dial: Reference, row: FindingDial, story: Option<StoryKey>) {
        self.dials.insert(dial, DialNote { row, stories: story.into_iter().collect() }, DIALS);
    }

    pub(super) fn dial_mut(&mut self, dial: Reference) -> Option<&mut DialNote> {
        self.dials.get_mut(dial)
    }
}

impl<T> Bounded<T> {
    fn insert(&mut self, key: Reference, value: T, limit: usize) {
        if self.order.len() >= limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.entries.insert(key, Box::new(value));
        self.order.push_back(key);
    }

    fn get_mut(&mut self, key: Reference) -> Option<&mut T> {
        self.entries.get_mut(&key).map(|value| &mut **value)
    }
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new() }
    }
}
