//! What the writer does with the journal that an earlier process left behind.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::catalogue::{self, Catalogue};
use super::format::BlockHeader;
use super::segments::{self, Closed};
use crate::error::StoreError;
use crate::files;
use crate::layout::Layout;

/// Bytes behind the last whole block of a segment: a block that a crash cut off. None of its events
/// had been flushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment, which ends before them now.
    pub segment: PathBuf,
    /// Where they began.
    pub offset: u64,
    /// How many they are.
    pub bytes: u64,
    /// Where they are now; `None` where there was no space to move them, so they are where they
    /// were.
    pub set_aside: Option<PathBuf>,
}

/// What is there to go on from.
pub(super) struct Recovered {
    /// All segments; none of them is written to again.
    pub(super) closed: Vec<Closed>,
    /// Number of the last event.
    pub(super) last: Option<u64>,
    pub(super) torn: Vec<TornTail>,
}

/// Looks at every segment's header, and at the blocks of the newest segment that holds any.
pub(super) fn recover(layout: &Layout) -> Result<Recovered, StoreError> {
    let mut closed = Vec::new();
    for first in segments::list(layout)? {
        closed.push(inspect(layout, first)?);
    }
    let mut recovered = Recovered { closed, last: None, torn: Vec::new() };
    while recovered.last.is_none()
        && let Some(newest) = recovered.closed.pop()
    {
        recovered.examine(layout, newest)?;
    }
    Ok(recovered)
}

fn inspect(layout: &Layout, first: u64) -> Result<Closed, StoreError> {
    let path = layout.segment(first);
    let file = File::open(&path).map_err(StoreError::io("open", &path))?;
    let bytes = file.metadata().map_err(StoreError::io("inspect", &path))?.len();
    let created = segments::read_header(&file, &path, first)?.map(|header| header.created);
    Ok(Closed { first, created, bytes })
}

impl Recovered {
    /// Keeps the segment up to its last whole block; a segment without any is set aside.
    fn examine(&mut self, layout: &Layout, segment: Closed) -> Result<(), StoreError> {
        let path = layout.segment(segment.first);
        let torn_path = layout.torn(segment.first);
        let last_block = if segment.created.is_some() { last_whole_block(&path)? } else { None };
        let Some((end, last)) = last_block else {
            fs::rename(&path, &torn_path).map_err(StoreError::io("set aside", &path))?;
            self.torn.push(TornTail { segment: path, offset: 0, bytes: segment.bytes, set_aside: Some(torn_path) });
            return Ok(());
        };
        self.last = Some(last);
        let mut kept = segment;
        if end < segment.bytes {
            let set_aside = set_aside_tail(&path, end, &torn_path)?.then_some(torn_path);
            if set_aside.is_some() {
                kept.bytes = end;
            }
            self.torn.push(TornTail { segment: path, offset: end, bytes: segment.bytes - end, set_aside });
        }
        self.closed.push(kept);
        Ok(())
    }
}

/// The end of the last block whose payload is whole too, and the number of its last event. After a
/// loss of power a header may have reached the disk without its payload.
fn last_whole_block(path: &Path) -> Result<Option<(u64, u64)>, StoreError> {
    let failed = || StoreError::io("read", path);
    let file = File::open(path).map_err(failed())?;
    let mut catalogue = Catalogue::new();
    catalogue.extend(&file).map_err(failed())?;
    let mut payload = Vec::new();
    for entry in catalogue.entries().iter().rev() {
        let BlockHeader { checksum, last, .. } = entry.header;
        catalogue::read_payload(&file, entry, &mut payload).map_err(failed())?;
        if crc32fast::hash(&payload) == checksum {
            return Ok(Some((entry.offset + entry.header.length(), last)));
        }
    }
    Ok(None)
}

/// Moves the bytes from `end` on to a file of their own. `false` where there is no space for it;
/// readers stop at the damage and go on with the next segment, so it may stay.
fn set_aside_tail(path: &Path, end: u64, torn_path: &Path) -> Result<bool, StoreError> {
    match copy_tail(path, end, torn_path).map_err(StoreError::io("write", torn_path)) {
        Ok(()) => {}
        Err(error) => {
            let _ = fs::remove_file(torn_path);
            return if error.is_disk_full() { Ok(false) } else { Err(error) };
        }
    }
    let file = OpenOptions::new().write(true).open(path).map_err(StoreError::io("open", path))?;
    file.set_len(end).and_then(|()| file.sync_all()).map_err(StoreError::io("shorten", path))?;
    Ok(true)
}

fn copy_tail(path: &Path, end: u64, torn_path: &Path) -> io::Result<()> {
    let mut source = File::open(path)?;
    source.seek(SeekFrom::Start(end))?;
    let mut target = files::private_file().open(torn_path)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}
