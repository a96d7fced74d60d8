//! Verdicts that stand for retries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::event::Dial;
use sortie_model::verdict::Verdict;
use sortie_model::{Destination, Micros, Reference, limits};

/// Refused dials that are remembered at once.
const ENTRIES: usize = 4096;

/// What a refused dial and its retry have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RetryKey {
    /// The destination.
    pub destination: Destination,
    /// Fingerprint of the visible path.
    pub path: Option<u64>,
}

impl RetryKey {
    /// The key of a dial.
    pub fn of(dial: &Dial) -> Self {
        Self {
            destination: dial.destination.clone(),
            path: dial.request.as_ref().map(|request| request.path.fingerprint()),
        }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Retries(BTreeMap<RetryKey, SmallVec<[Refusal; 1]>>);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Refusal {
    request: Reference,
    at: Micros,
}

impl Retries {
    pub(super) fn denied(&mut self, at: Micros, dial: &Dial, verdict: &Verdict) {
        let Some((_, order)) = verdict.leading_order() else { return };
        if self.0.len() >= ENTRIES {
            return;
        }
        let refusals = self.0.entry(RetryKey::of(dial)).or_default();
        if !refusals.iter().any(|refusal| refusal.request == order.request) {
            refusals.push(Refusal { request: order.request, at });
        }
    }

    /// Requests whose refused dial had this key: while they are in flight, and
    /// [`limits::RETRY_MICROS`] after the refusal.
    pub(super) fn find(
        &self,
        key: &RetryKey,
        now: Micros,
        is_in_flight: impl Fn(Reference) -> bool,
    ) -> impl Iterator<Item = Reference> {
        let refusals = self.0.get(key).into_iter().flatten();
        refusals
            .filter(move |refusal| now < refusal.at.plus(limits::RETRY_MICROS) || is_in_flight(refusal.request))
            .map(|refusal| refusal.request)
    }

    pub(super) fn expire(&mut self, now: Micros, is_in_flight: impl Fn(Reference) -> bool) {
        self.0.retain(|_, refusals| {
            refusals.retain(|refusal| now < refusal.at.plus(limits::RETRY_MICROS) || is_in_flight(refusal.request));
            !refusals.is_empty()
        });
    }
}
