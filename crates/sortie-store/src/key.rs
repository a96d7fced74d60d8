//! The secret under which everything private is digested: `DATA/key`.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sortie_model::Key;

use crate::files;
use crate::folder::Folder;
use crate::layout::Layout;

/// Why the key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Others may read it, so digests made under it hide nothing from them.
    #[error(
        "the key {path} can be read by others (mode {mode:04o}): run chmod 600 on it, \
         or, if others may have read it, remove it so that a new one is made"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a key.
    #[error(
        "the key {path} has {found} bytes instead of {}: restore it from a copy, \
         or remove it so that a new one is made (old digests then match no new ones)",
        Key::LENGTH
    )]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        found: u64,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for {path}")]
    NoRandomness {
        /// The file that was to be made.
        path: PathBuf,
        /// Why.
        source: getrandom::Error,
    },
    /// The operating system refused.
    #[error("cannot {action} the key {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// Reads the key, and makes it where there is none.
pub fn load_or_make(folder: &Folder) -> Result<Key, KeyError> {
    match load(folder.layout()) {
        Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => make(folder.layout()),
        loaded => loaded,
    }
}

/// Reads the key.
pub fn load(layout: &Layout) -> Result<Key, KeyError> {
    let path = layout.key();
    let mut file = File::open(&path).map_err(io_error("open", &path))?;
    let metadata = file.metadata().map_err(io_error("inspect", &path))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path, mode });
    }
    if metadata.len() != Key::LENGTH as u64 {
        return Err(KeyError::WrongLength { path, found: metadata.len() });
    }
    let mut secret = [0; Key::LENGTH];
    file.read_exact(&mut secret).map_err(io_error("read", &path))?;
    Ok(Key::new(&secret))
}

fn make(layout: &Layout) -> Result<Key, KeyError> {
    let path = layout.key();
    let mut secret = [0; Key::LENGTH];
    getrandom::fill(&mut secret).map_err(|source| KeyError::NoRandomness { path: path.clone(), source })?;
    let incoming = layout.key_incoming();
    files::write_durably(&incoming, &[&secret])
        .and_then(|()| files::put_in_place(&incoming, &path))
        .map_err(io_error("make", &path))?;
    Ok(Key::new(&secret))
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    move |source| KeyError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sortie_model::privacy::Domain;

    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        (dir, folder)
    }

    #[test]
    fn is_made_once_and_only_for_its_owner() {
        let (_dir, folder) = folder();
        let digest = |key: &Key| key.digest(Domain::Session, b"x");
        let made = digest(&load_or_make(&folder).unwrap());
        assert_eq!(made, digest(&load_or_make(&folder).unwrap()));
        assert_eq!(made, digest(&load(folder.layout()).unwrap()));
        let mode = fs::metadata(folder.layout().key()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(fs::read(folder.layout().key()).unwrap(), [0; Key::LENGTH]);
    }

    #[test]
    fn two_folders_have_two_keys() {
        let ((_one_dir, one), (_two_dir, two)) = (folder(), folder());
        load_or_make(&one).unwrap();
        load_or_make(&two).unwrap();
        assert_ne!(fs::read(one.layout().key()).unwrap(), fs::read(two.layout().key()).unwrap());
    }

    #[test]
    fn an_exposed_or_broken_key_is_refused_and_left_as_it_is() {
        let (_dir, folder) = folder();
        load_or_make(&folder).unwrap();
        let path = folder.layout().key();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load_or_make(&folder), Err(KeyError::Exposed { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"short").unwrap();
        assert!(matches!(load_or_make(&folder), Err(KeyError::WrongLength { found: 5, .. })));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
