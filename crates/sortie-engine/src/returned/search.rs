//! Looking for answers in one text after another.

use sortie_model::Reference;
use sortie_model::event::{Returned, ReturnedForm};
use sortie_model::limits::ANSWERS_COMPARED;

use super::grams::{self, GRAM};
use super::index::Index;
use super::overlap::{Stretch, bytes_found};
use super::prints::AnswerPrints;
use super::views::Look;

/// So many bytes less are preferred where a decoded text shows the place more exactly than the raw
/// body, which also has the quotes around it.
const FINER: u32 = GRAM as u32;

/// The search for all answers of an exchange, with the best that was found of each so far.
pub(super) struct Search<'a> {
    index: Index,
    tracks: Vec<Track<'a>>,
    /// The compared bytes of the text at hand; kept for its memory.
    text: Vec<u8>,
}

/// One answer on its way through a text.
struct Track<'a> {
    dial: Reference,
    prints: &'a AnswerPrints,
    /// Positions before this one belong to stretches that were already followed.
    free: usize,
    stretches: Vec<Stretch>,
    best: Option<Returned>,
}

impl<'a> Search<'a> {
    /// A search for those answers that are evidence, the first [`ANSWERS_COMPARED`] of them;
    /// `None` where there is none.
    pub(super) fn of(answers: &'a [(Reference, AnswerPrints)]) -> Option<Self> {
        let tracks: Vec<_> = answers
            .iter()
            .filter(|(_, prints)| !prints.is_empty())
            .take(ANSWERS_COMPARED)
            .map(|(dial, prints)| Track { dial: *dial, prints, free: 0, stretches: Vec::new(), best: None })
            .collect();
        if tracks.is_empty() {
            return None;
        }
        let prints: Vec<_> = tracks.iter().map(|track| track.prints).collect();
        Some(Self { index: Index::of(&prints), tracks, text: Vec::new() })
    }

    /// What was found, in the order of the answers.
    pub(super) fn finish(self) -> Vec<Returned> {
        self.tracks.into_iter().filter_map(|track| track.best).collect()
    }
}

impl Look for Search<'_> {
    /// Looks for the answers in a text. Where one is found to a larger part than before, `form` and
    /// `location` are noted, see [`FINER`].
    fn look(&mut self, bytes: &[u8], form: ReturnedForm, location: &dyn Fn() -> String) {
        self.text.clear();
        self.text.extend(bytes.iter().copied().filter(|byte| grams::is_compared(*byte)));
        for at in 0..(self.text.len() + 1).saturating_sub(GRAM) {
            let Some(gram) = grams::gram_at(&self.text, at) else { break };
            for hit in self.index.lookup(grams::hash(gram)) {
                self.tracks[hit.answer].follow(hit.gram, at, &self.text);
            }
        }
        self.tracks.iter_mut().for_each(|track| track.conclude(form, location));
    }
}

impl Track<'_> {
    /// Follows the answer through the text in both directions from gram `gram`, which stands at
    /// `at`, as long as the neighbouring grams stand where they should.
    fn follow(&mut self, gram: usize, at: usize, text: &[u8]) {
        if at < self.free {
            return;
        }
        let layout = self.prints.layout();
        // Where the answer's first byte would stand; signed, for the text may begin within it.
        let origin = at.cast_signed() - layout.position(gram).cast_signed();
        let stands = |other: usize| {
            let place = usize::try_from(origin + layout.position(other).cast_signed())
                .ok()
                .filter(|place| *place >= self.free)?;
            let found = grams::gram_at(text, place)?;
            (grams::hash(found) == self.prints.hash(other)).then_some(place)
        };
        let first = (0..gram).rev().take_while(|other| stands(*other).is_some()).last().unwrap_or(gram);
        let last = (gram + 1..self.prints.count()).take_while(|other| stands(*other).is_some()).last().unwrap_or(gram);
        let stretch = Stretch { first, last };
        let is_whole = stretch.is_whole(self.prints);
        self.free = (origin + layout.position(last).cast_signed()) as usize + 1;
        if stretch.is_evidence(self.prints) && (!is_whole || self.is_confirmed(origin, text)) {
            self.stretches.push(stretch);
        }
    }

    /// Whether a stretch that seems to be the whole answer is: short ones are compared in full.
    fn is_confirmed(&self, origin: isize, text: &[u8]) -> bool {
        let Ok(start) = usize::try_from(origin) else { return false };
        text.get(start..start + self.prints.compared()).is_some_and(|found| self.prints.may_be_whole(found))
    }

    /// At the end of a text: notes what was found and is ready for the next.
    fn conclude(&mut self, form: ReturnedForm, location: &dyn Fn() -> String) {
        self.free = 0;
        if self.stretches.is_empty() {
            return;
        }
        let bytes = bytes_found(&mut self.stretches, self.prints);
        self.stretches.clear();
        let rank = |bytes: u32, form: ReturnedForm| bytes + if form == ReturnedForm::Raw { 0 } else { FINER };
        if self.best.as_ref().is_none_or(|best| rank(best.bytes, best.form) < rank(bytes, form)) {
            let location = location().into_boxed_str();
            self.best = Some(Returned { dial: self.dial, bytes, of: self.prints.bytes(), form, location });
        }
    }
}
