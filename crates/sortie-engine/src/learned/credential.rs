//! Which credential goes where in own dials.

use serde::{Deserialize, Serialize};
use sortie_model::{Destination, Micros};

/// Destinations remembered of one credential.
const DESTINATIONS: usize = 32;

/// What is learned of one credential, known by the keyed digest of its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialStats {
    /// The header that carries it.
    pub header: Box<str>,
    /// Destinations that own dials carry it to.
    pub own_destinations: Vec<Destination>,
    /// Whether one of them is internal (not public).
    pub is_internal: bool,
    /// When it was first seen in an own dial.
    pub first: Micros,
}

impl CredentialStats {
    pub(crate) fn learn(&mut self, destination: &Destination, is_internal: bool) {
        self.is_internal |= is_internal;
        if !self.own_destinations.contains(destination) && self.own_destinations.len() < DESTINATIONS {
            self.own_destinations.push(destination.clone());
        }
    }
}
