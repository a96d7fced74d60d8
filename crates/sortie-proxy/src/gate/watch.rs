//! Watching for answers that come back: from a dial's answer to the response of who ordered it.

use parking_lot::Mutex;
use sortie_engine::returned::{AnswerPrints, find};
use sortie_model::Reference;
use sortie_model::event::Returned;

/// Answers that are watched for in one response.
const ANSWERS: usize = 16;

/// The answers that may come back in one request's response. It is made when a dial may have been
/// ordered by the request, and dies with the exchange, and the fingerprints with it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    answers: Mutex<Vec<(Reference, AnswerPrints)>>,
}

impl Watch {
    pub(super) fn add(&self, dial: Reference, prints: AnswerPrints) {
        let mut answers = self.answers.lock();
        if !prints.is_empty() && answers.len() < ANSWERS {
            answers.push((dial, prints));
        }
    }

    pub(super) fn find(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Vec<Returned> {
        let answers = std::mem::take(&mut *self.answers.lock());
        if answers.is_empty() { Vec::new() } else { find(&answers, body, content_type, content_encoding) }
    }
}
