//! The blocks of one segment, by their headers.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use sortie_model::Micros;

use super::format::{BlockHeader, SegmentHeader};

/// Where a block is, and what its header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) header: BlockHeader,
}

/// The blocks of a segment in order, as far as it has been scanned. Payloads are not read.
#[derive(Debug)]
pub(super) struct Catalogue {
    entries: Vec<Entry>,
    /// Where the next block begins, or the damage.
    end: u64,
}

impl Catalogue {
    /// Nothing scanned yet.
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), end: SegmentHeader::LENGTH as u64 }
    }

    /// Scans on to the end of the file, or to the first bytes that are no whole block.
    pub(super) fn extend(&mut self, file: &File) -> io::Result<()> {
        let length = file.metadata()?.len();
        while let Some(header) = header_at(file, self.end, length)? {
            // Numbers that do not grow would make the search lie.
            if self.entries.last().is_some_and(|entry| entry.header.last >= header.first) {
                break;
            }
            self.entries.push(Entry { offset: self.end, header });
            self.end += header.length();
        }
        Ok(())
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first byte behind the last whole block.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The index of the first block that holds `number` or a later one.
    pub(super) fn position(&self, number: u64) -> usize {
        self.entries.partition_point(|entry| entry.header.last < number)
    }

    /// The first block that holds an event of `time` or later.
    pub(super) fn at_time(&self, time: Micros) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.header.latest >= time)
    }
}

/// The header at `offset`, if a whole block is there in a file of `length` bytes.
fn header_at(file: &File, offset: u64, length: u64) -> io::Result<Option<BlockHeader>> {
    if length.saturating_sub(offset) < BlockHeader::LENGTH as u64 {
        return Ok(None);
    }
    let mut bytes = [0; BlockHeader::LENGTH];
    match file.read_exact_at(&mut bytes, offset) {
        Ok(()) => {}
        // The writer may take a half block back between our look at the length and this read.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(BlockHeader::decode(&bytes).filter(|header| header.length() <= length - offset))
}

/// Reads the payload of a block into `payload`, in place of what was there.
pub(super) fn read_payload(file: &File, entry: &Entry, payload: &mut Vec<u8>) -> io::Result<()> {
    payload.clear();
    payload.resize(entry.header.stored as usize, 0);
    file.read_exact_at(payload, entry.offset + BlockHeader::LENGTH as u64)
}
