//! What is kept of requests and dials, so that a story can be told once it shows itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::event::{Refused, RequestBegan};
use sortie_model::ids::RequestId;
use sortie_model::verdict::Order;
use sortie_model::{Actor, Endpoint, Micros, Reference, limits};

use super::StoryKey;
use super::rows::Row;
use crate::by_reference::ByReference;

/// Dials that are kept; an exchange that lasts longer than so many dials loses its rows.
const DIALS: usize = 20_000;
/// Stories that list one dial and hear how it goes on: each redirect of it may lead to one more.
const STORIES_OF_DIAL: usize = 16;

/// Notes by reference: references grow, so the least is the oldest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Notes {
    requests: ByReference<RequestNote>,
    dials: BTreeMap<Reference, Box<DialNote>>,
}

/// What is kept of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RequestNote {
    pub(super) at: Micros,
    pub(super) endpoint: Endpoint,
    pub(super) actor: Actor,
    pub(super) path: Box<str>,
    pub(super) request_id: Option<RequestId>,
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
    pub(super) row: Row,
    /// The stories that list it: its own, and those of the dials that it redirected to.
    pub(super) stories: SmallVec<[StoryKey; 1]>,
}

impl Notes {
    /// Notes a request. Where there is no room, those go by which `may_order` says that no dial can be
    /// ordered any more.
    pub(super) fn request(&mut self, at: Micros, began: &RequestBegan, may_order: impl Fn(Reference) -> bool) {
        if self.requests.len() >= limits::NOTED_REQUESTS {
            self.make_room(may_order);
        }
        let note = RequestNote {
            at,
            endpoint: began.endpoint.clone(),
            actor: began.actor,
            path: began.path.clone(),
            request_id: began.request_id.clone(),
            candidates: began.candidates.len() as u16,
            would_refuse: None,
            in_story: false,
        };
        self.requests.insert(began.request, note);
    }

    /// Lets go of a tenth at once, so that the search is paid once for many newcomers: the oldest of
    /// those that are not needed, and where all are, the oldest.
    fn make_room(&mut self, may_order: impl Fn(Reference) -> bool) {
        let surplus = limits::NOTED_REQUESTS / 10;
        let oldest_first: Vec<Reference> = self.requests.in_order().into_iter().map(|(request, _)| request).collect();
        let is_over = |request: &Reference| !may_order(*request);
        let over: BTreeSet<_> = oldest_first.iter().copied().filter(is_over).take(surplus).collect();
        let needed = oldest_first.iter().filter(|request| !over.contains(request)).take(surplus - over.len());
        for request in needed.chain(&over) {
            self.requests.remove(*request);
        }
    }

    pub(super) fn request_mut(&mut self, request: Reference) -> Option<&mut RequestNote> {
        self.requests.get_mut(request)
    }

    /// A request is over and carried nothing.
    pub(super) fn forget_request(&mut self, request: Reference) {
        self.requests.remove(request);
    }

    /// The request of an order becomes part of a story.
    pub(super) fn take_into_story(&mut self, order: &Order, now: Micros) -> RequestNote {
        match self.request_mut(order.request) {
            Some(note) => {
                note.in_story = true;
                note.clone()
            }
            None => RequestNote::of_order(order, now),
        }
    }

    pub(super) fn dial(&mut self, dial: Reference, row: Row) {
        if self.dials.len() >= DIALS {
            self.dials.pop_first();
        }
        self.dials.insert(dial, Box::new(DialNote { row, stories: SmallVec::new() }));
    }

    pub(super) fn dial_mut(&mut self, dial: Reference) -> Option<&mut DialNote> {
        self.dials.get_mut(&dial).map(|note| &mut **note)
    }
}

impl RequestNote {
    /// What an order itself says of its request, where the note is gone or its event was dropped.
    fn of_order(order: &Order, now: Micros) -> Self {
        Self {
            at: Micros(now.0.saturating_sub(order.delay)),
            endpoint: order.endpoint.clone(),
            actor: order.actor,
            path: (*order.endpoint.template).into(),
            request_id: None,
            candidates: 0,
            would_refuse: None,
            in_story: true,
        }
    }
}

impl DialNote {
    /// A story lists the dial from now on.
    pub(super) fn join(&mut self, story: &StoryKey) {
        if !self.stories.contains(story) && self.stories.len() < STORIES_OF_DIAL {
            self.stories.push(story.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::Method;

    use super::*;

    fn began(number: u64) -> RequestBegan {
        RequestBegan {
            request: Reference::local(number),
            endpoint: Endpoint { method: Method::Post, host: None, template: "/v1/hooks".into() },
            actor: Actor::by_address([198, 51, 100, 7].into()),
            path: "/v1/hooks".into(),
            request_id: RequestId::parse("5b1e07"),
            candidates: Vec::new(),
            cut: None,
            goes_on: true,
            names_file: false,
            refused: None,
        }
    }

    #[test]
    fn a_flood_of_requests_pushes_out_none_that_may_still_order() {
        let mut notes = Notes::default();
        let stored = Reference::local(1);
        for number in 1..=2 * limits::NOTED_REQUESTS as u64 {
            notes.request(Micros(number), &began(number), |request| request == stored);
            assert!(notes.requests.len() <= limits::NOTED_REQUESTS);
        }
        assert!(notes.request_mut(stored).is_some() && notes.request_mut(Reference::local(2)).is_none());
    }

    #[test]
    fn where_all_are_needed_the_oldest_go() {
        let mut notes = Notes::default();
        for number in 0..=limits::NOTED_REQUESTS as u64 {
            notes.request(Micros(number), &began(number), |_| true);
        }
        assert_eq!(notes.requests.len(), limits::NOTED_REQUESTS / 10 * 9 + 1);
        assert!(notes.request_mut(Reference::local(0)).is_none());
    }
}
