//! The names of all files in the data folder.

use std::path::{Path, PathBuf};

/// Where things are in a data folder. It says names only and touches nothing.
///
/// ```text
/// DATA/                        0700
///   lock                       held by the one process that writes; holds its pid
///   key                        0600, 32 random bytes, made once
///   index.sqlite               findings, aliases, deliveries (and SQLite's -wal and -shm)
///   journal/
///     00000000000000000001.seg events from number 1 on
///     00000000000000000001.torn  what a crash left behind its last whole block
///   checkpoint/
///     newest, previous         the engine's state, two generations
///     incoming                 being written
///   admin.sock                 the admin side, unless configured elsewhere
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the folder at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Held by the process that writes.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The secret of all digests.
    pub fn key(&self) -> PathBuf {
        self.root.join("key")
    }

    /// A key that is being made.
    pub fn key_incoming(&self) -> PathBuf {
        self.root.join("key.incoming")
    }

    /// The SQLite file.
    pub fn index(&self) -> PathBuf {
        self.root.join("index.sqlite")
    }

    /// Modes and switches that the operator changed while the program ran.
    pub fn overrides(&self) -> PathBuf {
        self.root.join("overrides.json")
    }

    /// The admin side's Unix socket, by default.
    pub fn admin_socket(&self) -> PathBuf {
        self.root.join("admin.sock")
    }

    /// The folder of segments.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// The folder of checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoint")
    }

    /// The newest checkpoint.
    pub fn checkpoint_newest(&self) -> PathBuf {
        self.checkpoints().join("newest")
    }

    /// The checkpoint before it.
    pub fn checkpoint_previous(&self) -> PathBuf {
        self.checkpoints().join("previous")
    }

    /// A checkpoint that is being written.
    pub fn checkpoint_incoming(&self) -> PathBuf {
        self.checkpoints().join("incoming")
    }

    /// The segment whose first event is `first`.
    pub fn segment(&self, first: u64) -> PathBuf {
        self.journal().join(format!("{first:020}.seg"))
    }

    /// What was set aside of that segment.
    pub fn torn(&self, first: u64) -> PathBuf {
        self.journal().join(format!("{first:020}.torn"))
    }
}

/// Reads the number in a name made by [`Layout::segment`].
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    number_before(name, ".seg")
}

/// Reads the number in a name made by [`Layout::torn`].
pub(crate) fn torn_number(name: &str) -> Option<u64> {
    number_before(name, ".torn")
}

fn number_before(name: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_suffix(suffix)?;
    let is_ours = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    if is_ours { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_strangers_do_not() {
        let layout = Layout::new("/data");
        for number in [0, 1, u64::MAX] {
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            assert_eq!(segment_number(&name(layout.segment(number))), Some(number));
            assert_eq!(torn_number(&name(layout.torn(number))), Some(number));
            assert_eq!(segment_number(&name(layout.torn(number))), None);
        }
        for name in ["1.seg", "+0000000000000000001.seg", "99999999999999999999.seg", "notes.txt"] {
            assert_eq!(segment_number(name), None, "{name}");
        }
    }
}
