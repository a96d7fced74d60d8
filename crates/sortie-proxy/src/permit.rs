//! Permits: what dialling takes. Only a verdict makes one, and it holds the very addresses that were
//! judged, so nothing is resolved a second time.

use std::net::IpAddr;

use smallvec::SmallVec;
use sortie_model::event::Dial;

/// The right to connect to judged addresses once.
#[derive(Debug)]
pub struct Permit {
    addresses: SmallVec<[IpAddr; 4]>,
    port: u16,
    policy_version: u64,
}

impl Permit {
    /// Made by [`crate::gate::Judged::commit`] and nowhere else.
    pub(crate) fn of(dial: &Dial, policy_version: u64) -> Self {
        Self { addresses: dial.addresses.clone(), port: dial.destination.port, policy_version }
    }

    /// The judged addresses in the order in which to try them.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// The judged port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Version of the policy that permitted it: connections made under another one are not reused.
    pub fn policy_version(&self) -> u64 {
        self.policy_version
    }
}
