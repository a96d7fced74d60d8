//! What the admin side keeps in the data folder.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The secret of the TCP admin side.
pub(super) fn token(data: &Path) -> PathBuf {
    data.join("admin.token")
}

/// Where the running program's admin side listens, so that `--data DIR` alone finds it.
pub(super) fn address(data: &Path) -> PathBuf {
    data.join("admin.address")
}

/// How to run a command as the user whom the data folder belongs to.
pub(super) fn as_owner(data: &Path) -> String {
    match std::fs::metadata(data) {
        Ok(folder) => format!("run this command as that user, `sudo -u '#{}' sortie ...`", folder.uid()),
        Err(_) => "run this command as that user".to_owned(),
    }
}
