//! What the doors decided of what a finding tells.

use serde::{Deserialize, Serialize};

use crate::policy::Mode;

/// See [`Finding::decision`](super::Finding::decision).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingDecision {
    /// The mode that was in force.
    pub mode: Mode,
    /// `passed`, `would_block` or `blocked`.
    pub action: Action,
    /// `inbound` or `outbound`, where a door acted or would have.
    pub door: Option<String>,
    /// The rule, where one forbids it.
    pub rule: Option<String>,
    /// The dial (`D-…`) or the request (`R-…`) that it is of.
    pub about: Option<String>,
}

/// What a door did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It let it pass, and no rule speaks against it.
    Passed,
    /// It let it pass because of the mode.
    WouldBlock,
    /// It refused.
    Blocked,
}

/// See [`FindingDial::decision`](super::FindingDial::decision).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialDecision {
    /// The mode that was in force.
    pub mode: Mode,
    /// What the door did.
    pub action: Action,
    /// In words, why it passed although it was ordered and policy denies it, or was refused although the service
    /// calls its destination.
    pub grounds: Option<String>,
}
