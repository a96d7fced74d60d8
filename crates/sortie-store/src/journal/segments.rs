//! The segments of a journal on the disk, and which of them go.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sortie_model::{Micros, event};

use super::Settings;
use super::format::{FORMAT, SegmentHeader};
use crate::bytes::HeaderFault;
use crate::error::StoreError;
use crate::layout::{self, Layout};
use crate::limits;

/// What a retention removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Segments.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One segment that is no longer written to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    /// Number of its first event.
    pub(super) first: u64,
    /// Time of its first event; `None` where its header is damaged.
    pub(super) created: Option<Micros>,
    /// Its length.
    pub(super) bytes: u64,
}

/// The first event numbers of all segments, in order.
pub(super) fn list(layout: &Layout) -> Result<Vec<u64>, StoreError> {
    list_by(layout, layout::segment_number)
}

fn list_by(layout: &Layout, number: fn(&str) -> Option<u64>) -> Result<Vec<u64>, StoreError> {
    let dir = layout.journal();
    let failed = || StoreError::io("list", &dir);
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).map_err(failed())? {
        let name = entry.map_err(failed())?.file_name();
        found.extend(name.to_str().and_then(number));
    }
    found.sort_unstable();
    Ok(found)
}

/// Reads a segment's header: `None` where it is damaged, an error where it is of another version.
pub(super) fn read_header(file: &File, path: &Path, first: u64) -> Result<Option<SegmentHeader>, StoreError> {
    let version = |what, found: u16, expected: u16| StoreError::Version {
        path: path.to_owned(),
        what,
        found: found.into(),
        expected: expected.into(),
        begin_anew: path.parent().unwrap_or(path).to_owned(),
    };
    let mut bytes = [0; SegmentHeader::LENGTH];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    }
    match SegmentHeader::decode(&bytes) {
        Err(HeaderFault::Broken) => Ok(None),
        Err(HeaderFault::Format(found)) => Err(version("journal", found, FORMAT)),
        Ok(header) if header.schema != event::SCHEMA => Err(version("event schema", header.schema, event::SCHEMA)),
        Ok(header) => Ok((header.first == first).then_some(header)),
    }
}

/// Removes closed segments, the oldest first: those beyond the size or the number, and, where it is
/// said what time it is, those whose events are all older than the age. `next` is when the segment
/// after the last of them was begun.
pub(super) fn retain(
    layout: &Layout,
    settings: &Settings,
    closed: &mut Vec<Closed>,
    next: Option<Micros>,
    now: Option<Micros>,
) -> Result<Removed, StoreError> {
    let oldest_kept = now.map_or(Micros(0), |now| now.minus(settings.keep_micros));
    let mut bytes: u64 = closed.iter().map(|segment| segment.bytes).sum();
    let mut removed = Removed::default();
    while let Some(segment) = closed.first() {
        // All events of a segment are older than the first one of the next.
        let successor = closed.get(1).map_or(next, |segment| segment.created);
        let is_old = successor.is_some_and(|begun| begun < oldest_kept);
        let is_excess = bytes > settings.keep_bytes || closed.len() > limits::SEGMENTS;
        if !is_excess && !is_old {
            break;
        }
        remove(&layout.segment(segment.first))?;
        bytes -= segment.bytes;
        removed = Removed { segments: removed.segments + 1, bytes: removed.bytes + segment.bytes };
        closed.remove(0);
    }
    if removed.segments > 0 {
        let oldest = closed.first().map_or(u64::MAX, |segment| segment.first);
        for torn in list_by(layout, layout::torn_number)?.into_iter().filter(|&first| first < oldest) {
            remove(&layout.torn(torn))?;
        }
    }
    Ok(removed)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io("remove", path)(error)),
        _ => Ok(()),
    }
}
