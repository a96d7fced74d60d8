//! A file that is parsed anew when it has changed.

use std::fs::{self, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long the file is taken as unchanged without looking.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Bytes of the file that are read; what lies behind is passed over.
const LIMIT: u64 = 4 * 1024 * 1024;

/// What a file holds, at most [`LOOK_EVERY`] old. A file that is absent or does not read counts as
/// empty, as it does for glibc.
pub(super) struct Watched<T> {
    path: PathBuf,
    parse: fn(&str) -> T,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    stamp: Option<Stamp>,
    looked: Instant,
}

/// What tells two states of a file apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl<T> Watched<T> {
    /// Reads the file for the first time.
    pub(super) fn new(path: PathBuf, parse: fn(&str) -> T) -> Self {
        let stamp = stamp(&path);
        let value = Arc::new(parse(&read(&path)));
        Self { path, parse, state: Mutex::new(State { value, stamp, looked: Instant::now() }) }
    }

    /// What the file holds now. Equal pointers mean that it did not change.
    ///
    /// Reads a local file at most once a second, and only when it has changed: cheaper than a
    /// thread of its own.
    pub(super) fn get(&self) -> Arc<T> {
        let mut state = self.state.lock();
        let now = Instant::now();
        if now.duration_since(state.looked) >= LOOK_EVERY {
            state.looked = now;
            let stamp = stamp(&self.path);
            if stamp != state.stamp {
                state.stamp = stamp;
                state.value = Arc::new((self.parse)(&read(&self.path)));
            }
        }
        Arc::clone(&state.value)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata: Metadata = fs::metadata(path).ok()?;
    Some(Stamp { modified: metadata.modified().ok(), length: metadata.len() })
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        // What was read before an error still counts.
        let _ = file.take(LIMIT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sees_a_change_after_a_second() {
        let path = std::env::temp_dir().join(format!("sortie-watched-{}", std::process::id()));
        fs::write(&path, "one").unwrap();
        let watched = Watched::new(path.clone(), str::to_owned);
        fs::write(&path, "longer").unwrap();
        assert_eq!(*watched.get(), "one");
        tokio::time::advance(LOOK_EVERY).await;
        assert_eq!(*watched.get(), "longer");
        fs::remove_file(&path).unwrap();
        tokio::time::advance(LOOK_EVERY).await;
        assert_eq!(*watched.get(), "");
    }
}
