//! Watching for answers that come back: from a dial's answer to the response of who ordered it.

use parking_lot::Mutex;
use sortie_engine::returned::{AnswerPrints, find};
use sortie_model::event::Returned;
use sortie_model::{Reference, limits};

/// The answers that may come back in one request's response. It is made when a dial may have been
/// ordered by the request, and dies with the exchange, and the fingerprints with it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    answers: Mutex<Answers>,
}

/// At most [`limits::ANSWERS_COMPARED`] together.
#[derive(Debug, Default)]
struct Answers {
    /// Of destinations that policy denies by order.
    denied: Vec<(Reference, AnswerPrints)>,
    /// Of others: each gives its room to one of the denied.
    others: Vec<(Reference, AnswerPrints)>,
}

impl Watch {
    /// Watches for the answer of a dial. `is_denied`: whether policy denies its destination by order.
    pub(super) fn add(&self, dial: Reference, prints: AnswerPrints, is_denied: bool) {
        if !prints.is_empty() {
            self.answers.lock().add((dial, prints), is_denied);
        }
    }

    /// What of the answers is found in a response. Each is looked for once.
    pub(super) fn find(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Vec<Returned> {
        let Answers { denied: mut answers, others } = std::mem::take(&mut *self.answers.lock());
        answers.extend(others);
        if answers.is_empty() { Vec::new() } else { find(&answers, body, content_type, content_encoding) }
    }
}

impl Answers {
    fn add(&mut self, answer: (Reference, AnswerPrints), is_denied: bool) {
        let is_full = self.denied.len() + self.others.len() >= limits::ANSWERS_COMPARED;
        if is_full && !(is_denied && self.others.pop().is_some()) {
            return;
        }
        if is_denied { self.denied.push(answer) } else { self.others.push(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(n: usize) -> String {
        format!("role-{n:04} AccessKeyId ASIA{n:04}QJ7WEXAMPLE secret {n:04}wJalrXUtnFEMI")
    }

    fn add(watch: &Watch, n: usize, is_denied: bool) {
        let prints = AnswerPrints::of_unknown(answer(n).as_bytes(), None, &[]);
        watch.add(Reference::local(n as u64), prints, is_denied);
    }

    fn found(watch: &Watch, n: usize) -> bool {
        let found = watch.find(answer(n).as_bytes(), Some("text/plain"), None);
        found.iter().any(|returned| returned.dial == Reference::local(n as u64))
    }

    #[test]
    fn every_answer_that_is_compared_is_watched_for() {
        let watch = Watch::default();
        (0..limits::ANSWERS_COMPARED).for_each(|n| add(&watch, n, false));
        assert!(found(&watch, limits::ANSWERS_COMPARED - 1));
    }

    #[test]
    fn answers_of_other_destinations_do_not_hide_that_of_a_denied_one() {
        let (first, last) = (limits::ANSWERS_COMPARED, 2 * limits::ANSWERS_COMPARED);
        let watch = Watch::default();
        (0..first).for_each(|n| add(&watch, n, false));
        add(&watch, first, true);
        (first + 1..=last).for_each(|n| add(&watch, n, false));
        assert!(found(&watch, first));
        let watch = Watch::default();
        (0..=first).for_each(|n| add(&watch, n, true));
        let answers = watch.answers.lock();
        assert_eq!((answers.denied.len(), answers.others.len()), (limits::ANSWERS_COMPARED, 0));
    }
}
