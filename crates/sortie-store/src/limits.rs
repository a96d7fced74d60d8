//! The bounds of the store on one page. Each names what it protects.

use sortie_model::Micros;

/// Bytes of encoded events after which a block is closed. Larger blocks compress better, smaller
/// ones are found and read faster.
pub const BLOCK_RAW: usize = 64 * 1024;
/// Bytes of encoded events that a block may have at most: a single huge event. What a reader
/// allocates for a block is bounded by it.
pub const BLOCK_RAW_MAX: usize = 4 * 1024 * 1024;
/// Segments whose block headers a reader keeps in memory.
pub const CATALOGUES: usize = 8;

/// Bytes of a segment after which the next one is begun, by default.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Microseconds of events in a segment after which the next one is begun, by default.
pub const SEGMENT_MICROS: u64 = 3600 * Micros::SECOND;
/// Bytes of the journal, by default.
pub const JOURNAL_BYTES: u64 = 10 * 1000 * 1000 * 1000;
/// Age of events in the journal in microseconds, by default.
pub const JOURNAL_MICROS: u64 = 7 * Micros::DAY;
/// Closed segments of the journal. Sources whose times leap would otherwise make a segment of every
/// block, and so more files than a folder can bear.
pub const SEGMENTS: usize = 4096;
/// Bytes of blocks that wait while the disk is full, by default.
pub const BACKLOG_BYTES: usize = 8 * 1024 * 1024;

/// Age of a finding since it was last seen, in microseconds, by default.
pub const FINDING_MICROS: u64 = 30 * Micros::DAY;
/// Findings kept, by default. An attacker who makes new ones pushes out only low and closed ones.
pub const FINDINGS: u64 = 100_000;
/// Findings that one transaction of the retention removes, so that no reader or writer waits long.
pub const RETENTION_BATCH: u32 = 500;
/// Services that are listed by name.
pub const SERVICES: u32 = 1000;
/// Names that an ambiguous short id is answered with.
pub const AMBIGUOUS: u32 = 10;
/// Findings that are read for one text that stands in them.
pub const NAMING: u32 = 64;
/// Alerts that wait for delivery to one target: a dead one must not use up the room of the others.
pub const DELIVERIES: u64 = 10_000;
/// Targets for which alerts may wait, those of earlier configurations among them.
pub const TARGETS: u32 = 1000;

/// Bytes of the engine's state in a checkpoint.
pub const CHECKPOINT_RAW: usize = 1024 * 1024 * 1024;
