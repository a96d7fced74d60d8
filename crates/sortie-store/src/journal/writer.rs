//! The one writer of a journal.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sortie_model::{Event, Micros, event};

use super::Settings;
use super::block::{Builder, Pushed, Sealed};
use super::format::{BlockHeader, SegmentHeader};
use super::recovery::{self, TornTail};
use super::segments::{self, Closed, Removed};
use crate::error::StoreError;
use crate::files;
use crate::folder::Folder;
use crate::layout::Layout;
use crate::limits;

/// Appends events to the journal of a data folder.
///
/// A failure to write leaves the writer usable: blocks wait in a bounded backlog, and every later
/// flush tries again. So the caller reports the error and goes on.
pub struct Writer {
    layout: Layout,
    settings: Settings,
    builder: Builder,
    backlog: VecDeque<Sealed>,
    backlog_bytes: usize,
    active: Option<Active>,
    closed: Vec<Closed>,
    last: Option<u64>,
    counters: Counters,
}

/// What a writer has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Events written.
    pub events: u64,
    /// Blocks written.
    pub blocks: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Events lost because the backlog was full while they could not be written.
    pub dropped: u64,
    /// Events refused: too large, or out of order.
    pub refused: u64,
    /// Events that are not on the disk yet.
    pub pending: u64,
}

/// The segment that is written to.
struct Active {
    file: File,
    path: PathBuf,
    first: u64,
    created: Micros,
    /// Where the next block goes: the end of the last whole one.
    end: u64,
}

impl Writer {
    /// Opens the journal, sets aside what a crash left behind, and goes on in a new segment.
    ///
    /// The second value says what was set aside; none of it had been flushed.
    pub fn open(folder: &Folder, settings: Settings) -> Result<(Self, Vec<TornTail>), StoreError> {
        let layout = folder.layout().clone();
        let recovered = recovery::recover(&layout)?;
        let builder = Builder::new().map_err(StoreError::io("compress for", &layout.journal()))?;
        let writer = Self {
            layout,
            settings,
            builder,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            active: None,
            closed: recovered.closed,
            last: recovered.last,
            counters: Counters::default(),
        };
        Ok((writer, recovered.torn))
    }

    /// Number of the last event taken, of this process or of those before.
    pub fn last(&self) -> Option<u64> {
        self.last
    }

    /// What was done since the writer was opened.
    pub fn counters(&self) -> Counters {
        let waiting: u64 = self.backlog.iter().map(|block| u64::from(block.header.events)).sum();
        Counters { pending: waiting + u64::from(self.builder.events()), ..self.counters }
    }

    /// Takes events in the order of their numbers; whole blocks are written at once.
    ///
    /// All events are taken even where this fails, except those that the error refuses. The first
    /// error is returned.
    pub fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for event in events {
            outcome = outcome.and(self.append_one(event));
        }
        outcome
    }

    fn append_one(&mut self, event: &Event) -> Result<(), StoreError> {
        if let Some(last) = self.last.filter(|&last| last >= event.number) {
            self.counters.refused += 1;
            return Err(StoreError::OutOfOrder { number: event.number, last });
        }
        let mut outcome = Ok(());
        let mut pushed = self.builder.push(event);
        if pushed == Pushed::Full {
            outcome = self.flush();
            pushed = self.builder.push(event);
        }
        if pushed != Pushed::Taken {
            self.counters.refused += 1;
            return Err(StoreError::TooLarge { number: event.number, limit: limits::BLOCK_RAW_MAX });
        }
        self.last = Some(event.number);
        outcome
    }

    /// Writes everything that was appended. What this has returned `Ok` for survives the end of the
    /// process, by `kill -9` too.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        let sealed = self.builder.seal().map_err(StoreError::io("compress for", &self.layout.journal()))?;
        if let Some(block) = sealed {
            self.backlog_bytes += block.bytes.len();
            self.backlog.push_back(block);
        }
        let outcome = self.write_backlog();
        self.trim_backlog();
        outcome
    }

    /// Flushes, and makes it survive the loss of power (fdatasync(2)).
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.sync_active()
    }

    /// Removes the segments that are too old at `now`, or too many; never the one that is written
    /// to. Those that are too many also go by themselves whenever a new segment is begun.
    pub fn retain(&mut self, now: Micros) -> Result<Removed, StoreError> {
        let next = self.active.as_ref().map(|active| active.created);
        segments::retain(&self.layout, &self.settings, &mut self.closed, next, Some(now))
    }

    fn write_backlog(&mut self) -> Result<(), StoreError> {
        while let Some(block) = self.backlog.pop_front() {
            if let Err(error) = self.write(&block) {
                self.backlog.push_front(block);
                return Err(error);
            }
            self.backlog_bytes -= block.bytes.len();
            self.counters.events += u64::from(block.header.events);
            self.counters.blocks += 1;
            self.counters.bytes += block.bytes.len() as u64;
        }
        Ok(())
    }

    /// Drops the oldest blocks: where not all can be kept, the latest are worth more.
    fn trim_backlog(&mut self) {
        while self.backlog_bytes > self.settings.backlog_bytes
            && let Some(block) = self.backlog.pop_front()
        {
            self.backlog_bytes -= block.bytes.len();
            self.counters.dropped += u64::from(block.header.events);
        }
    }

    fn write(&mut self, block: &Sealed) -> Result<(), StoreError> {
        if self.active.as_ref().is_some_and(|active| active.is_full_for(&block.header, &self.settings)) {
            self.rotate()?;
        }
        let mut active = match self.active.take() {
            Some(active) => active,
            None => self.begin(&block.header)?,
        };
        let written = active.write(&block.bytes);
        let is_usable = written.is_ok() || active.take_back();
        self.active = Some(active);
        if !is_usable {
            self.abandon();
        }
        written
    }

    /// Closes the active segment for good.
    fn rotate(&mut self) -> Result<(), StoreError> {
        let synced = self.sync_active();
        self.abandon();
        synced
    }

    fn sync_active(&mut self) -> Result<(), StoreError> {
        let Some(active) = &self.active else { return Ok(()) };
        let synced = active.file.sync_data().map_err(StoreError::io("sync", &active.path));
        if synced.is_err() {
            // The kernel may have thrown the pages away: what follows goes to a fresh file.
            self.abandon();
        }
        synced
    }

    /// Writes no more to the active segment. Without a block in it, it goes.
    fn abandon(&mut self) {
        let Some(active) = self.active.take() else { return };
        if active.is_empty() {
            let _ = fs::remove_file(&active.path);
        } else {
            self.closed.push(Closed { first: active.first, created: Some(active.created), bytes: active.end });
        }
    }

    fn begin(&mut self, first_block: &BlockHeader) -> Result<Active, StoreError> {
        let header = SegmentHeader { schema: event::SCHEMA, first: first_block.first, created: first_block.earliest };
        let path = self.layout.segment(header.first);
        let file = match create(&path, &header) {
            Ok(file) => file,
            Err(error) => {
                let _ = fs::remove_file(&path);
                return Err(StoreError::io("begin", &path)(error));
            }
        };
        files::sync_dir(&self.layout.journal()).map_err(StoreError::io("sync", &self.layout.journal()))?;
        let active =
            Active { file, path, first: header.first, created: header.created, end: SegmentHeader::LENGTH as u64 };
        // What cannot be removed must not keep events out; `retain` tells the caller of it. No age
        // here: an event's time may come from elsewhere, and a wrong one would remove everything.
        let _ = segments::retain(&self.layout, &self.settings, &mut self.closed, Some(active.created), None);
        Ok(active)
    }
}

/// An existing file of this name holds no block: its first event's number would not be new.
fn create(path: &Path, header: &SegmentHeader) -> io::Result<File> {
    let file = files::private_file().open(path)?;
    file.write_all_at(&header.encode(), 0)?;
    Ok(file)
}

impl Active {
    fn is_empty(&self) -> bool {
        self.end == SegmentHeader::LENGTH as u64
    }

    fn is_full_for(&self, block: &BlockHeader, settings: &Settings) -> bool {
        let too_large = self.end + block.length() > settings.segment_bytes;
        let too_old = block.latest >= self.created.plus(settings.segment_micros);
        !self.is_empty() && (too_large || too_old)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all_at(bytes, self.end).map_err(StoreError::io("write", &self.path))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Removes what a failed write may have left behind the last whole block, which would hide
    /// later blocks from readers. `false` where that fails too.
    fn take_back(&self) -> bool {
        self.file.set_len(self.end).is_ok()
    }
}
