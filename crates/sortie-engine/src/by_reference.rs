//! What is known of requests, by their references.

#![expect(clippy::disallowed_types, reason = "the order of the table is never seen")]

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize, Serializer};
use sortie_model::Reference;

/// A hash table, for an exchange is looked up at each of its events, and at each dial that it may have
/// caused. Its keys are numbers that the doors give, so no client crafts collisions; its own order is
/// never seen, so a replay gives the same to the byte. Values are in boxes, for the table moves its
/// entries as it grows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct ByReference<T>(HashMap<Reference, Box<T>, FixedState>);

impl<T> ByReference<T> {
    pub(crate) fn get(&self, reference: Reference) -> Option<&T> {
        self.0.get(&reference).map(|value| &**value)
    }

    pub(crate) fn get_mut(&mut self, reference: Reference) -> Option<&mut T> {
        self.0.get_mut(&reference).map(|value| &mut **value)
    }

    pub(crate) fn contains(&self, reference: Reference) -> bool {
        self.0.contains_key(&reference)
    }

    pub(crate) fn insert(&mut self, reference: Reference, value: T) {
        self.0.insert(reference, Box::new(value));
    }

    pub(crate) fn remove(&mut self, reference: Reference) -> Option<Box<T>> {
        self.0.remove(&reference)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, the oldest first. They are put in order for it: not to be asked for at every event.
    pub(crate) fn in_order(&self) -> Vec<(Reference, &T)> {
        let mut all: Vec<_> = self.0.iter().map(|(&reference, value)| (reference, &**value)).collect();
        all.sort_unstable_by_key(|&(reference, _)| reference);
        all
    }
}

impl<T> Default for ByReference<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Serialize> Serialize for ByReference<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.in_order())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_does_not_depend_on_what_came_and_went() {
        let (mut few, mut many) = (ByReference::default(), ByReference::default());
        (0..1_000).for_each(|number| few.insert(Reference::local(number), number));
        (0..100_000).rev().for_each(|number| many.insert(Reference::local(number), number));
        (1_000..100_000).for_each(|number| assert!(many.remove(Reference::local(number)).is_some()));
        let bytes = postcard::to_stdvec(&many).expect("it is written");
        assert_eq!(bytes, postcard::to_stdvec(&few).expect("it is written"));
        let read: ByReference<u64> = postcard::from_bytes(&bytes).expect("it is read");
        assert_eq!(read, few);
        assert!(read.in_order().is_sorted() && read.len() == 1_000);
    }
}
