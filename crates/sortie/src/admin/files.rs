//! What the admin side keeps in the data folder.

use std::path::{Path, PathBuf};

/// The secret of the TCP admin side.
pub(super) fn token(data: &Path) -> PathBuf {
    data.join("admin.token")
}

/// Where the running program's admin side listens, so that `--data DIR` alone finds it.
pub(super) fn address(data: &Path) -> PathBuf {
    data.join("admin.address")
}
