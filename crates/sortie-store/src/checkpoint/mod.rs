//! The engine's state at one event, so that a start need not read the whole journal.
//!
//! A checkpoint is an opaque block of bytes in a file that is replaced atomically; the one before
//! it is kept. Where the newest is damaged, or of another version, the other one serves, and where
//! neither does, the state is learned anew from the journal.

mod format;

use std::fs;
use std::io;
use std::path::Path;

use sortie_model::event;

use crate::bytes::HeaderFault;
use crate::error::StoreError;
use crate::files;
use crate::folder::Folder;
use crate::layout::Layout;
use crate::limits;
use format::{FORMAT, Header};

/// zstd's fastest positive level: a checkpoint is written often and read once.
const LEVEL: i32 = 1;

/// The engine's state at one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of the last event that it covers.
    pub event: u64,
    /// The state, in whatever form the engine writes it.
    pub state: Vec<u8>,
}

/// Reads and writes the checkpoints of a data folder.
#[derive(Debug)]
pub struct Checkpoints {
    layout: Layout,
    /// Version of the state's form, as the engine counts it.
    version: u16,
    /// Whether the newest one may take the place of the one before it.
    newest_is_good: bool,
}

/// What a start has to go on from.
#[derive(Debug)]
pub struct Loaded {
    /// The newest checkpoint that can be used.
    pub checkpoint: Option<Checkpoint>,
    /// Why newer ones cannot: damage, or another version.
    pub passed_over: Vec<StoreError>,
}

impl Checkpoints {
    /// Reads the newest usable checkpoint. `version` is that of the engine's state: a checkpoint
    /// of another is passed over.
    pub fn open(folder: &Folder, version: u16) -> Result<(Self, Loaded), StoreError> {
        let layout = folder.layout().clone();
        let mut loaded = Loaded { checkpoint: None, passed_over: Vec::new() };
        let mut newest_is_good = false;
        for (path, is_newest) in [(layout.checkpoint_newest(), true), (layout.checkpoint_previous(), false)] {
            match read(&path, version) {
                Ok(None) => {}
                Ok(Some(checkpoint)) => {
                    newest_is_good = is_newest;
                    loaded.checkpoint = Some(checkpoint);
                    break;
                }
                Err(error @ StoreError::Io { .. }) => return Err(error),
                Err(error) => loaded.passed_over.push(error),
            }
        }
        Ok((Self { layout, version, newest_is_good }, loaded))
    }

    /// Replaces the newest checkpoint; the one it replaces becomes the previous one, unless it was
    /// not usable.
    ///
    /// `event` is the number of the last event that `state` covers. The journal must be flushed up
    /// to it first.
    pub fn save(&mut self, event: u64, state: &[u8]) -> Result<(), StoreError> {
        let path = self.layout.checkpoint_newest();
        let failed = || StoreError::io("write the checkpoint", &path);
        if state.len() > limits::CHECKPOINT_RAW {
            return Err(failed()(io::ErrorKind::FileTooLarge.into()));
        }
        let stored = zstd::bulk::compress(state, LEVEL).map_err(failed())?;
        let header = Header {
            schema: event::SCHEMA,
            version: self.version,
            event,
            raw: state.len() as u64,
            stored: stored.len() as u64,
            checksum: crc32fast::hash(&stored),
        };
        let incoming = self.layout.checkpoint_incoming();
        files::write_durably(&incoming, &[&header.encode(), &stored]).map_err(failed())?;
        if self.newest_is_good {
            // A crash before the next line leaves no newest one: then the previous one serves.
            fs::rename(&path, self.layout.checkpoint_previous()).map_err(failed())?;
        }
        files::put_in_place(&incoming, &path).map_err(failed())?;
        self.newest_is_good = true;
        Ok(())
    }
}

/// `None` where there is no such file.
fn read(path: &Path, version: u16) -> Result<Option<Checkpoint>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    };
    decode(path, &bytes, version).map(Some)
}

fn decode(path: &Path, bytes: &[u8], version: u16) -> Result<Checkpoint, StoreError> {
    let damaged = |reason: &'static str| StoreError::Damaged { path: path.to_owned(), offset: 0, reason };
    let Some((head, stored)) = bytes.split_first_chunk() else { return Err(damaged("the header is cut off")) };
    let header = match Header::decode(head) {
        Ok(header) => header,
        Err(HeaderFault::Broken) => return Err(damaged("this is no header of a checkpoint")),
        Err(HeaderFault::Format(found)) => return Err(other_version(path, "checkpoint", found, FORMAT)),
    };
    expect_version(path, "event schema", header.schema, event::SCHEMA)?;
    expect_version(path, "engine state", header.version, version)?;
    if stored.len() as u64 != header.stored || crc32fast::hash(stored) != header.checksum {
        return Err(damaged("the checksum of the state does not match"));
    }
    let raw = usize::try_from(header.raw).ok().filter(|&raw| raw <= limits::CHECKPOINT_RAW);
    let raw = raw.ok_or_else(|| damaged("the state is larger than any that is written"))?;
    let state = zstd::bulk::decompress(stored, raw).ok().filter(|state| state.len() == raw);
    let state = state.ok_or_else(|| damaged("the state does not decompress to what the header says"))?;
    Ok(Checkpoint { event: header.event, state })
}

fn expect_version(path: &Path, what: &'static str, found: u16, expected: u16) -> Result<(), StoreError> {
    if found == expected { Ok(()) } else { Err(other_version(path, what, found, expected)) }
}

fn other_version(path: &Path, what: &'static str, found: u16, expected: u16) -> StoreError {
    let begin_anew = path.to_owned();
    StoreError::Version { path: path.to_owned(), what, found: found.into(), expected: expected.into(), begin_anew }
}

#[cfg(test)]
mod tests;
