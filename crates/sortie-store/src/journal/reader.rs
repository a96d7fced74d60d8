//! Reading a journal, also while another process writes to it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sortie_model::{Event, Micros};

use super::block::Contents;
use super::catalogue::{self, Catalogue, Entry};
use super::format::SegmentHeader;
use super::segments;
use crate::error::StoreError;
use crate::layout::Layout;
use crate::limits;

/// Finds events by their numbers. It keeps the block headers of the segments it looked at last.
#[derive(Debug)]
pub struct Reader {
    layout: Layout,
    catalogues: BTreeMap<u64, Catalogue>,
}

impl Reader {
    /// Reads the journal of this data folder.
    pub fn new(layout: &Layout) -> Self {
        Self { layout: layout.clone(), catalogues: BTreeMap::new() }
    }

    /// All events from `number` on, as far as they are on the disk now.
    pub fn events_from(&self, number: u64) -> Result<Events, StoreError> {
        let mut segments = self.list()?;
        segments.drain(..start_of(&segments, number));
        Ok(Events {
            layout: self.layout.clone(),
            from: number,
            segments: segments.into(),
            open: None,
            payload: Vec::new(),
            contents: Contents::default(),
        })
    }

    /// The event of this number; `None` where there is none (any more).
    pub fn find(&mut self, number: u64) -> Result<Option<Event>, StoreError> {
        let segments = self.list()?;
        let Some(&first) = segments.get(start_of(&segments, number)).filter(|&&first| first <= number) else {
            return Ok(None);
        };
        let path = self.layout.segment(first);
        let Some((file, _)) = open(&path, first)? else { return Ok(None) };
        let catalogue = self.catalogue(first);
        catalogue.extend(&file).map_err(StoreError::io("read", &path))?;
        let entry = catalogue.entries().get(catalogue.position(number));
        let Some(entry) = entry.copied().filter(|entry| entry.header.first <= number) else { return Ok(None) };
        find_in(&file, &path, &entry, number)
    }

    /// The number of the first event of the newest block: about where the journal ends now.
    pub fn newest(&mut self) -> Result<Option<u64>, StoreError> {
        for first in self.list()?.into_iter().rev() {
            let path = self.layout.segment(first);
            let Some((file, _)) = open(&path, first)? else { continue };
            let catalogue = self.catalogue(first);
            catalogue.extend(&file).map_err(StoreError::io("read", &path))?;
            if let Some(entry) = catalogue.entries().last() {
                return Ok(Some(entry.header.first));
            }
        }
        Ok(None)
    }

    /// The number of the first block that holds an event of `time` or later: where to begin to read
    /// what happened since. Up to a block's worth of earlier events may follow it.
    pub fn number_at(&mut self, time: Micros) -> Result<Option<u64>, StoreError> {
        let segments = self.list()?;
        let mut begun = Vec::with_capacity(segments.len());
        for &first in &segments {
            let path = self.layout.segment(first);
            if let Ok(Some((file, header))) = open(&path, first) {
                begun.push((first, path, file, header.created));
            }
        }
        let start = begun.partition_point(|(_, _, _, created)| *created <= time).saturating_sub(1);
        for (first, path, file, _) in &begun[start..] {
            let catalogue = self.catalogue(*first);
            catalogue.extend(file).map_err(StoreError::io("read", path))?;
            if let Some(entry) = catalogue.at_time(time) {
                return Ok(Some(entry.header.first));
            }
        }
        Ok(None)
    }

    fn list(&self) -> Result<Vec<u64>, StoreError> {
        match segments::list(&self.layout) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Missing { path: self.layout.journal() })
            }
            listed => listed,
        }
    }

    fn catalogue(&mut self, first: u64) -> &mut Catalogue {
        if !self.catalogues.contains_key(&first) && self.catalogues.len() >= limits::CATALOGUES {
            self.catalogues.pop_first();
        }
        self.catalogues.entry(first).or_insert_with(Catalogue::new)
    }
}

/// The index of the segment that holds `number`, or else of the first one.
fn start_of(segments: &[u64], number: u64) -> usize {
    segments.partition_point(|&first| first <= number).saturating_sub(1)
}

/// `None` where the retention has just removed it.
fn open(path: &Path, first: u64) -> Result<Option<(File, SegmentHeader)>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("open", path)(error)),
    };
    match segments::read_header(&file, path, first)? {
        Some(header) => Ok(Some((file, header))),
        None => Err(damaged(path, 0, "this is no header of a journal segment")),
    }
}

fn find_in(file: &File, path: &Path, entry: &Entry, number: u64) -> Result<Option<Event>, StoreError> {
    let (mut payload, mut contents) = (Vec::new(), Contents::default());
    load(file, path, entry, &mut payload, &mut contents)?;
    while let Some(event) = contents.next() {
        let event = event.map_err(|reason| damaged(path, entry.offset, reason))?;
        if event.number == number {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

fn load(
    file: &File,
    path: &Path,
    entry: &Entry,
    payload: &mut Vec<u8>,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    catalogue::read_payload(file, entry, payload).map_err(StoreError::io("read", path))?;
    contents.fill(&entry.header, payload).map_err(|reason| damaged(path, entry.offset, reason))
}

fn damaged(path: &Path, offset: u64, reason: &'static str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), offset, reason }
}

/// Events in the order of their numbers.
///
/// Damage is one item of the iteration, an error that says where; what can be read behind it
/// follows. The half block that may stand at the end of the newest segment is no damage: it is
/// being written.
#[derive(Debug)]
pub struct Events {
    layout: Layout,
    from: u64,
    segments: VecDeque<u64>,
    open: Option<OpenSegment>,
    payload: Vec<u8>,
    contents: Contents,
}

#[derive(Debug)]
struct OpenSegment {
    file: File,
    path: PathBuf,
    catalogue: Catalogue,
    /// Index of the next block.
    next: usize,
    is_newest: bool,
}

impl Events {
    /// Makes the next block's events available; `false` at the end.
    fn advance(&mut self) -> Result<bool, StoreError> {
        loop {
            let Some(segment) = &mut self.open else {
                let Some(first) = self.segments.pop_front() else { return Ok(false) };
                self.open = self.open_segment(first)?;
                continue;
            };
            let Some(entry) = segment.catalogue.entries().get(segment.next) else {
                let tail = segment.tail();
                self.open = None;
                tail?;
                continue;
            };
            segment.next += 1;
            let loaded = load(&segment.file, &segment.path, entry, &mut self.payload, &mut self.contents);
            if loaded.is_err() && segment.is_being_written() {
                self.open = None;
                continue;
            }
            return loaded.map(|()| true);
        }
    }

    fn damaged_block(&self, reason: &'static str) -> StoreError {
        let block =
            self.open.as_ref().and_then(|segment| Some((segment, segment.catalogue.entries().get(segment.next - 1)?)));
        match block {
            Some((segment, entry)) => damaged(&segment.path, entry.offset, reason),
            None => damaged(&self.layout.journal(), 0, reason),
        }
    }

    fn open_segment(&mut self, first: u64) -> Result<Option<OpenSegment>, StoreError> {
        let path = self.layout.segment(first);
        let is_newest = self.segments.is_empty();
        let file = match open(&path, first) {
            Ok(Some((file, _))) => file,
            Ok(None) => return Ok(None),
            // It has just been begun.
            Err(StoreError::Damaged { .. }) if is_newest => return Ok(None),
            Err(error) => {
                // Behind another version nothing can be read that fits to what came before.
                if matches!(error, StoreError::Version { .. }) {
                    self.segments.clear();
                }
                return Err(error);
            }
        };
        let mut catalogue = Catalogue::new();
        catalogue.extend(&file).map_err(StoreError::io("read", &path))?;
        let next = catalogue.position(self.from);
        Ok(Some(OpenSegment { file, path, catalogue, next, is_newest }))
    }
}

impl OpenSegment {
    /// Whether the block just read is the last one of the newest segment.
    fn is_being_written(&self) -> bool {
        self.is_newest && self.next == self.catalogue.entries().len()
    }

    /// What stands behind the last whole block of a segment that is no longer written to.
    fn tail(&self) -> Result<(), StoreError> {
        let length = self.file.metadata().map_err(StoreError::io("inspect", &self.path))?.len();
        if self.is_newest || length <= self.catalogue.end() {
            return Ok(());
        }
        Err(damaged(&self.path, self.catalogue.end(), "this is no whole block"))
    }
}

impl Iterator for Events {
    type Item = Result<Event, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.contents.next() {
                Some(Ok(event)) if event.number < self.from => {}
                Some(Ok(event)) => return Some(Ok(event)),
                Some(Err(reason)) => return Some(Err(self.damaged_block(reason))),
                None => match self.advance() {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}
