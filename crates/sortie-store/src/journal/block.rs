//! Blocks: encoding events into one, and taking them out again.

use std::io;

use sortie_model::{Event, Micros};

use super::format::BlockHeader;
use crate::limits;

/// One of zstd's fast levels: events are written far more often than read. Digests are much of what does
/// not repeat in them, and below level 1 nothing is spent on looking for shorter codes for it.
const LEVEL: i32 = -2;

/// A block ready to be written: header and payload in one piece, so that one write(2) takes it.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) header: BlockHeader,
    pub(super) bytes: Vec<u8>,
}

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It is in the block.
    Taken,
    /// The block has no room for it: seal it, and push again.
    Full,
    /// No block has room for it.
    TooLarge,
}

/// Collects events for the next block, in one buffer that is used again and again.
pub(super) struct Builder {
    /// Encoded events, then unused zeros.
    buffer: Vec<u8>,
    used: usize,
    /// Of the events in the buffer; `None` while there are none.
    summary: Option<Summary>,
    compressor: zstd::bulk::Compressor<'static>,
    /// Where the payload is compressed to, before its size is known.
    compressed: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Summary {
    events: u32,
    first: u64,
    last: u64,
    earliest: Micros,
    latest: Micros,
}

impl Builder {
    pub(super) fn new() -> io::Result<Self> {
        let compressor = zstd::bulk::Compressor::new(LEVEL)?;
        let buffer = vec![0; limits::BLOCK_RAW];
        Ok(Self { buffer, used: 0, summary: None, compressor, compressed: Vec::new() })
    }

    /// Events in the block so far.
    pub(super) fn events(&self) -> u32 {
        self.summary.map_or(0, |summary| summary.events)
    }

    /// Encodes one event behind the others. Numbers must grow.
    pub(super) fn push(&mut self, event: &Event) -> Pushed {
        loop {
            if let Ok(written) = postcard::to_slice(event, &mut self.buffer[self.used..]) {
                self.used += written.len();
                self.summary = Some(Summary::with(self.summary, event));
                return Pushed::Taken;
            }
            // `to_slice` fails only where the buffer ends.
            if self.summary.is_some() {
                return Pushed::Full;
            }
            if self.buffer.len() >= limits::BLOCK_RAW_MAX {
                self.shrink();
                return Pushed::TooLarge;
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
    }

    /// Closes the block, if there is anything in it, and begins the next one.
    pub(super) fn seal(&mut self) -> io::Result<Option<Sealed>> {
        let Some(summary) = self.summary else { return Ok(None) };
        let raw = &self.buffer[..self.used];
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        self.compressor.compress_to_buffer(raw, &mut self.compressed)?;
        let header = BlockHeader {
            stored: self.compressed.len() as u32,
            raw: raw.len() as u32,
            events: summary.events,
            first: summary.first,
            last: summary.last,
            earliest: summary.earliest,
            latest: summary.latest,
            checksum: crc32fast::hash(&self.compressed),
        };
        // A backlog of blocks must weigh what it holds.
        let bytes = [&header.encode()[..], &self.compressed].concat();
        self.summary = None;
        self.used = 0;
        self.shrink();
        Ok(Some(Sealed { header, bytes }))
    }

    /// Gives back what one huge event needed.
    fn shrink(&mut self) {
        self.buffer.truncate(limits::BLOCK_RAW);
        self.buffer.shrink_to(limits::BLOCK_RAW);
        self.compressed.clear();
        self.compressed.shrink_to(zstd::zstd_safe::compress_bound(limits::BLOCK_RAW));
    }
}

impl Summary {
    fn with(before: Option<Self>, event: &Event) -> Self {
        let before = before.unwrap_or(Self {
            events: 0,
            first: event.number,
            last: event.number,
            earliest: event.at,
            latest: event.at,
        });
        Self {
            events: before.events + 1,
            first: before.first,
            last: event.number,
            earliest: before.earliest.min(event.at),
            latest: before.latest.max(event.at),
        }
    }
}

/// Takes the events of a block out, one after the other.
#[derive(Debug, Default)]
pub(super) struct Contents {
    raw: Vec<u8>,
    position: usize,
    left: u32,
}

impl Contents {
    /// Checks and decompresses a payload, in place of what was there before.
    pub(super) fn fill(&mut self, header: &BlockHeader, payload: &[u8]) -> Result<(), &'static str> {
        (self.position, self.left) = (0, 0);
        if payload.len() != header.stored as usize || crc32fast::hash(payload) != header.checksum {
            return Err("the checksum of a block does not match");
        }
        self.raw.resize(header.raw as usize, 0);
        let length = zstd::bulk::decompress_to_buffer(payload, &mut self.raw);
        if length.ok() != Some(header.raw as usize) {
            return Err("a block does not decompress to what its header says");
        }
        self.left = header.events;
        Ok(())
    }

    /// The next event, `None` at the end.
    pub(super) fn next(&mut self) -> Option<Result<Event, &'static str>> {
        self.left = self.left.checked_sub(1)?;
        let Ok((event, rest)) = postcard::take_from_bytes::<Event>(&self.raw[self.position..]) else {
            self.left = 0;
            return Some(Err("an event cannot be decoded"));
        };
        self.position = self.raw.len() - rest.len();
        Some(Ok(event))
    }
}
