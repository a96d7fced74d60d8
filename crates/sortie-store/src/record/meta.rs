//! Single numbers that the index keeps beside the findings.

/// Which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// Number of the last event whose findings are in the index.
    LastEvent,
    /// Number of the event that the newest checkpoint covers.
    CheckpointEvent,
}

impl Meta {
    /// The row's name. Pinned by hand: rows of earlier versions hold it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LastEvent => "last_event",
            Self::CheckpointEvent => "checkpoint_event",
        }
    }
}
