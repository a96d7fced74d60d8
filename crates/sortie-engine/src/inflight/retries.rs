//! Verdicts that stand for retries.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::event::Dial;
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

/// A table that forgets its oldest refusals first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Retries {
    by_key: BTreeMap<RetryKey, SmallVec<[Refusal; 1]>>,
    by_request: BTreeMap<Reference, SmallVec<[RetryKey; 1]>>,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Refusal {
    request: Reference,
    /// Until when it stands; without end while the request goes on.
    until: Option<Micros>,
}

impl Refusal {
    fn stands(&self, now: Micros) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Retries {
    /// A dial was refused. `ended`: when the request that ordered it ended, if it is over.
    pub(super) fn denied(&mut self, request: Reference, ended: Option<Micros>, dial: &Dial) {
        let key = RetryKey::of(dial);
        let refusals = self.by_key.entry(key.clone()).or_default();
        if refusals.iter().any(|refusal| refusal.request == request) {
            return;
        }
        refusals.push(Refusal { request, until: ended.map(|at| at.plus(limits::RETRY_MICROS)) });
        self.by_request.entry(request).or_default().push(key);
        self.count += 1;
        if self.count > ENTRIES
            && let Some(&oldest) = self.by_request.keys().next()
        {
            self.forget(oldest);
        }
    }

    /// A request ended: its refusals stand a while longer.
    pub(super) fn ended(&mut self, request: Reference, at: Micros) {
        for key in self.by_request.get(&request).into_iter().flatten() {
            for refusal in self.by_key.get_mut(key).into_iter().flatten().filter(|refusal| refusal.request == request) {
                refusal.until = Some(at.plus(limits::RETRY_MICROS));
            }
        }
    }

    /// Requests whose refused dial had this key: while they are in flight, and
    /// [`limits::RETRY_MICROS`] after their end.
    pub(super) fn find(&self, key: &RetryKey, now: Micros) -> impl Iterator<Item = Reference> {
        let refusals = self.by_key.get(key).into_iter().flatten();
        refusals.filter(move |refusal| refusal.stands(now)).map(|refusal| refusal.request)
    }

    pub(super) fn expire(&mut self, now: Micros) {
        if self.count == 0 {
            return;
        }
        let over = self.by_key.values().flatten().filter(|refusal| !refusal.stands(now)).map(|refusal| refusal.request);
        for request in over.collect::<BTreeSet<_>>() {
            self.forget(request);
        }
    }

    fn forget(&mut self, request: Reference) {
        for key in self.by_request.remove(&request).unwrap_or_default() {
            if let Some(refusals) = self.by_key.get_mut(&key) {
                refusals.retain(|refusal| refusal.request != request);
                self.count -= 1;
                if refusals.is_empty() {
                    self.by_key.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::event::Carrier;
    use sortie_model::{AddressClass, Host};

    use super::*;

    fn dial(port: u16) -> Dial {
        Dial {
            dial: Reference::local(0),
            destination: Destination::new(Host::name("billing.internal"), port),
            addresses: SmallVec::new(),
            class: AddressClass::Private,
            further_hosts: SmallVec::new(),
            carrier: Carrier::Absolute,
            scheme: None,
            request: None,
            credentials: SmallVec::new(),
        }
    }

    fn found(retries: &Retries, port: u16, now: u64) -> Vec<Reference> {
        retries.find(&RetryKey::of(&dial(port)), Micros(now)).collect()
    }

    #[test]
    fn a_refusal_stands_until_a_while_after_its_request() {
        let mut retries = Retries::default();
        let request = Reference::local(7);
        retries.denied(request, None, &dial(80));
        retries.expire(Micros(u64::MAX - 1));
        assert_eq!(found(&retries, 80, u64::MAX - 1), [request], "the request goes on");
        retries.ended(request, Micros(1_000));
        assert_eq!(found(&retries, 80, 1_000 + limits::RETRY_MICROS - 1), [request]);
        assert!(found(&retries, 80, 1_000 + limits::RETRY_MICROS).is_empty());
        retries.expire(Micros(1_000 + limits::RETRY_MICROS));
        assert!(retries.by_key.is_empty() && retries.by_request.is_empty() && retries.count == 0);
    }

    #[test]
    fn a_flood_of_refusals_pushes_out_the_oldest() {
        let mut retries = Retries::default();
        for n in 0..=ENTRIES {
            retries.denied(Reference::local(n as u64), Some(Micros(0)), &dial(n as u16));
        }
        assert!(found(&retries, 0, 1).is_empty());
        assert_eq!(found(&retries, ENTRIES as u16, 1).len(), 1);
        assert_eq!(retries.count, ENTRIES);
    }
}
