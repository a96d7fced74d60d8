//! What can go wrong with the store.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of journal, index or checkpoint. Every message names the file and, where there is one,
/// the remedy.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system, or the quota, is full. What could not be written is kept as far as the
    /// journal's backlog reaches; everything works again once there is space.
    #[error("no space left to write {path}: free some, or keep less")]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
    },
    /// This user may not.
    #[error("no permission to {action} {path}: run this as the user whom the data folder belongs to")]
    Forbidden {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
    },
    /// Another failure of the operating system.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried: `open`, `write` …
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A file that this program does not know how to read.
    #[error(
        "{path} has {what} version {found}, and this program reads version {expected}: \
         use the version of sortie that wrote it, or move {begin_anew} away to begin anew"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Of what the version is: `event schema`, `index` …
        what: &'static str,
        /// What the file says.
        found: u32,
        /// What this program reads.
        expected: u32,
        /// What has to be out of the way for a new beginning: the file, or the folder it is in.
        begin_anew: PathBuf,
    },
    /// A part of a file that does not hold what was written.
    #[error("{path} is damaged at byte {offset}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damage begins.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// An event whose number does not grow. It was left out of the journal.
    #[error("event {number} does not come after event {last}, so it was not journaled")]
    OutOfOrder {
        /// Its number.
        number: u64,
        /// The number before it.
        last: u64,
    },
    /// An event beyond [`crate::limits::BLOCK_RAW_MAX`]. It was left out of the journal.
    #[error("event {number} is larger than {limit} bytes, so it was not journaled")]
    TooLarge {
        /// Its number.
        number: u64,
        /// The limit.
        limit: usize,
    },
    /// There is nothing to read (yet).
    #[error("{path} does not exist: has sortie run with this data folder?")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A failure of SQLite.
    #[error("the index {path} failed")]
    Index {
        /// Its file.
        path: PathBuf,
        /// SQLite's own words.
        source: rusqlite::Error,
    },
    /// A record of the index that cannot be read.
    #[error("the record '{id}' of {path} cannot be read")]
    Record {
        /// The index's file.
        path: PathBuf,
        /// The record's key.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// Whether it goes away once there is space on the disk.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }

    /// Turns an error of the operating system on `path` into one of the store.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path: path.to_owned() },
            io::ErrorKind::PermissionDenied => Self::Forbidden { action, path: path.to_owned() },
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }
}
