//! Findings: attributions told as stories, one per place, actor and class of destinations.

mod accuse;
mod decided;
mod files;
mod grade;
mod held;
mod name;
mod notes;
mod rows;
mod story;
mod telling;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::event::{DialProgressed, Dialled, Refused, RequestBegan, RequestEnded, RequestInspected};
use sortie_model::file::{FilesSeen, FilesShown};
use sortie_model::finding::{Closed as ClosedFinding, Finding, FindingDial, Resolution, Severity};
use sortie_model::ids::FindingId;
use sortie_model::verdict::Source;
use sortie_model::{AddressClass, Candidate, Micros, Place, Policy, Reference, ServiceName, limits};

use crate::inflight::{Closed, InFlight};
use crate::learned::Learned;
use held::Held;
pub(crate) use name::Namer;
use notes::Notes;
use rows::Row;
use story::Story;
pub use story::StoryKey;

/// The stories of one service, and what is needed to go on telling them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stories {
    open: BTreeMap<StoryKey, Story>,
    names: BTreeMap<FindingId, StoryKey>,
    /// Given by whoever has the key: it stays out of what is kept.
    #[serde(skip)]
    namer: Namer,
    notes: Notes,
    /// Dials that may become part of one.
    held: Held,
    /// Stories that changed since they were last taken.
    changed: BTreeSet<StoryKey>,
}

/// What the stories look at besides the event.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The service.
    pub service: &'a ServiceName,
    /// What is learned of it.
    pub learned: &'a Learned,
    /// What may explain a dial.
    pub inflight: &'a InFlight,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The moment.
    pub now: Micros,
}

impl Stories {
    /// Stories from now on are named so.
    pub(crate) fn name_by(&mut self, namer: Namer) {
        self.namer = namer;
    }

    /// A request was read; it may become part of a story. A refused one is a story at once.
    pub fn request_began(&mut self, scene: &Scene<'_>, began: &RequestBegan) {
        if !began.candidates.is_empty() || began.goes_on || began.names_file || began.refused.is_some() {
            self.notes.request(scene.now, began, |request| scene.inflight.may_order(request));
        }
        if let Some(refused) = began.refused {
            self.refused(scene, began.request, refused, Numbered { first: 0, candidates: &began.candidates });
        }
    }

    /// The inbound door refused a request, or would have.
    fn refused(&mut self, scene: &Scene<'_>, request: Reference, refused: Refused, numbered: Numbered<'_>) {
        let Some(note) = self.notes.request_mut(request) else { return };
        if !refused.is_enforced() {
            // What was let through is told by the dial that follows, or by the attempt at the end.
            note.would_refuse.get_or_insert(refused);
            return;
        }
        note.in_story = true;
        let note = note.clone();
        let candidate = refused.candidate.and_then(|number| numbered.get(number));
        let place = candidate.map(|c| Place::new(&note.endpoint.template, Arc::clone(&c.parameter)));
        let class = refused.class.unwrap_or(AddressClass::Public);
        let key = match (place, candidate.and_then(|candidate| candidate.scheme.as_ref())) {
            (Some(place), Some(scheme)) if scheme.as_str() == "file" => StoryKey::of_file(place, note.actor.id()),
            (place, _) => StoryKey::of_order(place, note.actor.id(), class),
        };
        let story = self.story(scene, &key);
        story.refused_at_inbound(scene, &note, request, candidate, refused);
        self.changed.insert(key);
    }

    /// A request's body was read: its candidates are numbered after those of its head.
    pub fn inspected(&mut self, scene: &Scene<'_>, inspected: &RequestInspected) {
        let RequestInspected { request, candidates, refused, .. } = inspected;
        let Some(note) = self.notes.request_mut(*request) else { return };
        let first = note.candidates;
        note.candidates += candidates.len() as u16;
        if let Some(refused) = *refused {
            self.refused(scene, *request, refused, Numbered { first, candidates });
        }
    }

    /// A dial was judged.
    pub fn dialled(&mut self, scene: &Scene<'_>, dialled: &Arc<Dialled>) {
        self.notes.dial(dialled.dial.dial, Row::of(scene.now, dialled));
        match accuse::story_of(scene, dialled) {
            Some(key) => self.tell(scene, dialled, key),
            None => {
                if let Some(held) = accuse::held(scene, dialled) {
                    self.held.hold(held);
                }
            }
        }
    }

    /// Tells of the dials that were held back, as far as enough is known now.
    pub fn look_again(&mut self, scene: &Scene<'_>) {
        let is_told = |key: &StoryKey| self.open.contains_key(key);
        let known = self.held.take(scene.now, |held| accuse::story_of_held(scene, &held.dialled, is_told));
        for (held, key) in known {
            // As of when it was made.
            self.tell(&Scene { now: held.at, ..*scene }, &held.dialled, key);
        }
    }

    /// A dial becomes part of a story.
    fn tell(&mut self, scene: &Scene<'_>, dialled: &Dialled, key: StoryKey) {
        let told = match self.notes.dial_mut(dialled.dial.dial) {
            Some(note) => {
                note.join(&key);
                note.row.in_words()
            }
            None => Row::of(scene.now, dialled).in_words(),
        };
        let parents = self.parents(dialled, &key);
        let requests: Vec<_> = dialled
            .verdict
            .told_orders()
            .filter(|_| key.names_somebody())
            .map(|(_, order)| (order.request, self.notes.take_into_story(order, scene.now)))
            .collect();
        let story = self.story(scene, &key);
        story.dialled(scene, dialled, &told, parents, &requests);
        self.changed.insert(key);
    }

    /// A dial went on.
    pub fn progressed(&mut self, scene: &Scene<'_>, progressed: &DialProgressed) {
        let Some(note) = self.notes.dial_mut(progressed.dial) else { return };
        note.row.progressed(progressed);
        if note.stories.is_empty() {
            return;
        }
        let (row, stories) = (note.row.in_words(), note.stories.clone());
        for key in stories {
            if let Some(story) = self.open.get_mut(&key) {
                story.progressed(scene, &row);
                self.changed.insert(key);
            }
        }
    }

    /// An exchange ended; answers of dials, or a file, may have come back in its response.
    pub fn request_ended(&mut self, scene: &Scene<'_>, ended: &RequestEnded) {
        if let FilesSeen::Shown(files) = &ended.files {
            self.files_shown(scene, ended.request, files);
        }
        for returned in &ended.returned {
            let Some(note) = self.notes.dial_mut(returned.dial) else { continue };
            note.row.returned = Some(words::returned(returned, ended.request));
            let (row, stories) = (note.row.in_words(), note.stories.clone());
            for key in stories {
                if let Some(story) = self.open.get_mut(&key) {
                    story.returned(scene, &row);
                    self.changed.insert(key);
                }
            }
        }
    }

    fn files_shown(&mut self, scene: &Scene<'_>, request: Reference, files: &FilesShown) {
        let Some(note) = self.notes.request_mut(request) else { return };
        let Some(proof) = files::proof(scene.learned.endpoints.get(&note.endpoint), files) else { return };
        note.in_story = true;
        let note = note.clone();
        let place = Place::new(&note.endpoint.template, Arc::clone(&proof.named.parameter));
        let key = StoryKey::of_file(place, note.actor.id());
        self.story(scene, &key).file_returned(scene, &note, request, &proof);
        self.changed.insert(key);
    }

    /// A request is over: what it tried in vain is an attempt.
    pub fn closed(&mut self, scene: &Scene<'_>, closed: &Closed) {
        if closed.offers.is_empty() {
            self.notes.forget_request(closed.request);
            return;
        }
        let Some(note) = self.notes.request_mut(closed.request).filter(|note| !note.in_story) else { return };
        let Some((candidate, class)) = accuse::attempt(scene, closed) else { return };
        note.in_story = true;
        let note = note.clone();
        let key = StoryKey::of_attempts(note.actor.id());
        let story = self.story(scene, &key);
        story.attempted(scene, &note, closed.request, &candidate, class);
        self.changed.insert(key);
    }

    /// The operator closed a finding. Returns false where there is none of that name.
    pub fn close(&mut self, now: Micros, finding: &FindingId, resolution: Resolution, reason: &str) -> bool {
        let Some(key) = self.names.get(finding).cloned() else { return false };
        let Some(story) = self.open.get_mut(&key) else { return false };
        let rung = story.finding.rung;
        story.finding.closed = Some(ClosedFinding { resolution, reason: reason.to_owned(), at: now, rung });
        self.changed.insert(key);
        true
    }

    /// The findings that changed since the last call.
    pub fn take_changed(&mut self) -> Vec<Finding> {
        if self.changed.is_empty() {
            return Vec::new();
        }
        std::mem::take(&mut self.changed)
            .into_iter()
            .filter_map(|key| self.open.get(&key).map(|story| story.finding.clone()))
            .collect()
    }

    /// The dials whose answers led to this one, the first of them first. The story hears from now on how
    /// they go on.
    fn parents(&mut self, dialled: &Dialled, story: &StoryKey) -> Vec<FindingDial> {
        let mut chain = Vec::new();
        let mut sources = dialled.verdict.explanations.iter().map(|e| &e.source);
        let mut next = sources.find_map(|source| match source {
            Source::Hop(hop) if hop.order.is_some() => Some(hop.parent),
            _ => None,
        });
        while let Some(parent) = next {
            let Some(note) = self.notes.dial_mut(parent).filter(|_| chain.len() < limits::HOP_CHAIN) else { break };
            note.join(story);
            chain.push(note.row.in_words());
            next = note.row.parent();
        }
        chain.reverse();
        chain
    }

    fn story(&mut self, scene: &Scene<'_>, key: &StoryKey) -> &mut Story {
        if !self.open.contains_key(key) {
            if self.open.len() >= limits::STORIES {
                self.forget_oldest();
            }
            let id = self.namer.name(scene.service, key, |id| self.names.contains_key(id));
            let story = Story::new(scene, key, id);
            self.names.insert(story.finding.id.clone(), key.clone());
            self.open.insert(key.clone(), story);
        }
        self.open.get_mut(key).expect("just made")
    }

    /// A tenth of the stories, the least severe and quiet for longest, are told no further; their records
    /// stay in the store.
    fn forget_oldest(&mut self) {
        let mut by_age: Vec<(Severity, Micros, StoryKey)> = self
            .open
            .iter()
            .map(|(key, story)| (story.finding.severity, story.finding.last_seen, key.clone()))
            .collect();
        by_age.sort_unstable();
        for (_, _, key) in by_age.into_iter().take(limits::STORIES / 10) {
            if let Some(story) = self.open.remove(&key) {
                self.names.remove(&story.finding.id);
            }
        }
    }
}

/// Some candidates of a request, by their numbers there.
#[derive(Clone, Copy, Debug)]
struct Numbered<'a> {
    /// The number of the first of them.
    first: u16,
    candidates: &'a [Arc<Candidate>],
}

impl<'a> Numbered<'a> {
    fn get(self, number: u16) -> Option<&'a Candidate> {
        let candidate = self.candidates.get(usize::from(number.checked_sub(self.first)?))?;
        Some(candidate)
    }
}

/// Ends a closing that no longer holds: the story got further than it was, or happened again.
fn reopen(finding: &mut Finding) {
    if finding.closed.as_ref().is_some_and(|closed| !closed.stands(finding.rung, finding.last_seen)) {
        finding.closed = None;
    }
}
