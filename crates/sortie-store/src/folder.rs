//! The data folder, held by one process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::files;
use crate::layout::Layout;

/// A data folder that this process alone may write to, for as long as the value lives.
///
/// What writes takes a `&Folder`, so nothing can write without the lock. The lock is flock(2): the
/// kernel releases it when the process ends in whatever way.
#[derive(Debug)]
pub struct Folder {
    layout: Layout,
    _lock: File,
}

/// Why a data folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds it.
    #[error("the data folder {path} is in use by {}: stop it first, or choose another folder", holder(*pid))]
    Held {
        /// The folder.
        path: PathBuf,
        /// The process that holds it, where its id could be read.
        pid: Option<u32>,
    },
    /// The operating system refused.
    #[error("cannot {action} {path}: {}", remedy(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

fn remedy(error: &io::Error) -> String {
    let help = match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "something that is no folder is there: move it away, or choose another data folder"
        }
        io::ErrorKind::PermissionDenied => "make it this user's own, or choose another data folder",
        io::ErrorKind::StorageFull => "free some space, or choose another data folder",
        _ => return error.to_string(),
    };
    format!("{error}; {help}")
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl Folder {
    /// Makes the folder if it is not there (0700), and takes its lock.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let layout = Layout::new(root);
        for path in [layout.root(), &layout.journal(), &layout.checkpoints()] {
            files::make_private_dir(path).map_err(io_error("make the folder", path))?;
        }
        let path = layout.lock();
        let mut lock = open_lock(&path).map_err(io_error("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::Held { path: layout.root().to_owned(), pid: read_pid(&mut lock) });
            }
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &path)(source)),
        }
        // The pid only serves the message of others; on a full disk the lock holds all the same.
        let _ = write_pid(&mut lock);
        Ok(Self { layout, _lock: lock })
    }

    /// The names in this folder.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn read_pid(lock: &mut File) -> Option<u32> {
    const LONGEST_PID: u64 = 16;
    let mut text = String::new();
    lock.take(LONGEST_PID).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    move |source| FolderError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_one_holds_it_and_the_other_learns_who() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        let first = Folder::open(&root).unwrap();
        let mode = std::fs::metadata(&root).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let refused = Folder::open(&root).unwrap_err();
        assert!(matches!(refused, FolderError::Held { pid, .. } if pid == Some(std::process::id())), "{refused}");
        drop(first);
        Folder::open(&root).unwrap();
    }
}
