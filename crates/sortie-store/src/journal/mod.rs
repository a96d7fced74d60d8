//! The journal: all events in the order of their numbers, in append-only segments.
//!
//! A segment is a file that begins with a header and goes on in blocks; a block holds events of
//! about 64 KB, compressed, under a header that says which they are (see `format.rs`).
//! The writer puts a block on the disk with one write at an offset it knows to be good, so what a
//! crash or a full disk leaves behind is at most one half block at the end, which the next start
//! sets aside.
//!
//! What [`Writer::flush`] has returned for survives the end of the process; what [`Writer::sync`]
//! has returned for survives the loss of power.

mod block;
mod catalogue;
mod format;
mod reader;
mod recovery;
mod segments;
mod writer;

use crate::limits;

pub use reader::{Events, Reader};
pub use recovery::TornTail;
pub use segments::Removed;
pub use writer::{Counters, Writer};

/// How much a journal keeps, and how it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a segment after which the next one is begun.
    pub segment_bytes: u64,
    /// Microseconds of events in a segment after which the next one is begun.
    pub segment_micros: u64,
    /// Bytes of all closed segments. The active one comes on top.
    pub keep_bytes: u64,
    /// Age in microseconds after which a segment is removed.
    pub keep_micros: u64,
    /// Bytes of blocks that wait while they cannot be written; beyond it the oldest are dropped.
    pub backlog_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: limits::SEGMENT_BYTES,
            segment_micros: limits::SEGMENT_MICROS,
            keep_bytes: limits::JOURNAL_BYTES,
            keep_micros: limits::JOURNAL_MICROS,
            backlog_bytes: limits::BACKLOG_BYTES,
        }
    }
}

#[cfg(test)]
mod tests;
