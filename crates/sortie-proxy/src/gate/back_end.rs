//! Whether the back end answers.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use sortie_model::{Micros, Unanswered};

use super::{Counter, Gate};

/// How long after a first word about a back end that fails the next one is left out: one that fails now
/// and then would fill the log.
const QUIET: u64 = 60 * Micros::SECOND;

/// What is known of a back end, from its requests alone.
#[derive(Debug, Default)]
pub struct BackEnd {
    unanswered: [Counter; Unanswered::ALL.len()],
    /// Whether the last request went without an answer: what each request may ask for.
    fails: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failing: Option<Failing>,
    /// When it was last said that it fails.
    said: Option<Micros>,
    /// Whether that was said of the failing that lasts.
    is_said: bool,
}

/// A back end that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: Micros,
    /// Requests without an answer since then, one after the other.
    pub requests: u64,
    /// Why the last one had none.
    pub why: Unanswered,
}

impl BackEnd {
    /// Requests that had no answer for this reason, since the start.
    pub fn unanswered(&self, why: Unanswered) -> u64 {
        self.unanswered[why as usize].get()
    }

    /// How it fails, where the last request went without an answer.
    pub fn failing(&self) -> Option<Failing> {
        self.state.lock().failing
    }

    /// Notes a request without an answer; says whether it is to be told that this has begun.
    fn fails(&self, why: Unanswered, now: Micros) -> bool {
        self.unanswered[why as usize].increment();
        let mut state = self.state.lock();
        if let Some(failing) = &mut state.failing {
            failing.requests += 1;
            failing.why = why;
            return false;
        }
        state.failing = Some(Failing { since: now, requests: 1, why });
        state.is_said = state.said.is_none_or(|said| now >= said.plus(QUIET));
        if state.is_said {
            state.said = Some(now);
        }
        self.fails.store(true, Ordering::Release);
        state.is_said
    }

    /// Notes an answer; returns what is over with it, where its beginning was told.
    fn answers(&self) -> Option<Failing> {
        if !self.fails.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.state.lock();
        self.fails.store(false, Ordering::Release);
        let over = state.failing.take();
        over.filter(|_| state.is_said)
    }
}

impl Gate {
    /// How the back end answers.
    pub fn back_end(&self) -> &BackEnd {
        &self.back_end
    }

    /// The back end did not answer a request. Said once on the log when it begins.
    pub(crate) fn back_end_fails(&self, why: Unanswered) {
        if self.back_end.fails(why, self.clock.now()) {
            let service = &self.settings.name;
            tracing::warn!(%service, "the back end does not answer, clients get an error: {}", why.as_str());
        }
    }

    /// The back end answered a request. Said once on the log where it did not before.
    pub(crate) fn back_end_answers(&self) {
        if let Some(over) = self.back_end.answers() {
            let (service, requests) = (&self.settings.name, over.requests);
            tracing::warn!(%service, "the back end answers again; requests that had no answer: {requests}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: Unanswered = Unanswered::ConnectionRefused;

    #[test]
    fn beginning_and_end_are_told_once() {
        let back_end = BackEnd::default();
        assert_eq!(back_end.answers(), None);
        assert!(back_end.fails(WHY, Micros(7)));
        assert!(!back_end.fails(Unanswered::ResponseTimeout, Micros(8)));
        let failing = Failing { since: Micros(7), requests: 2, why: Unanswered::ResponseTimeout };
        assert_eq!(back_end.failing(), Some(failing));
        assert_eq!(back_end.answers(), Some(failing));
        assert_eq!((back_end.answers(), back_end.failing()), (None, None));
        assert_eq!(back_end.unanswered(WHY), 1);
    }

    #[test]
    fn one_that_fails_now_and_then_does_not_fill_the_log() {
        let back_end = BackEnd::default();
        assert!(back_end.fails(WHY, Micros(0)));
        assert!(back_end.answers().is_some());
        assert!(!back_end.fails(WHY, Micros(QUIET - 1)));
        assert!(back_end.failing().is_some(), "it is known all the same");
        assert_eq!(back_end.answers(), None, "nothing is over that was not told");
        assert!(back_end.fails(WHY, Micros(QUIET)));
    }
}
