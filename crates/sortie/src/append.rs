//! Files that get lines added: the targets of alerts.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Access for the owner alone, as in the data folder: alerts name clients and internal hosts.
const OWNER_ONLY: u32 = 0o600;

/// Opens a file to add to it; one that is not there is made. One that is there already keeps its mode:
/// whoever made it chose it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(OWNER_ONLY).open(path)
}

/// Whether a line could be added now; a file that is not there is made. A pipe is not opened: that may
/// wait for a reader.
pub(crate) fn try_it(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() && !there.is_dir() => Ok(()),
        _ => open(path).map(drop),
    }
}

/// Why no line could ever be added, as far as that shows without touching anything.
pub(crate) fn look(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => OpenOptions::new().append(true).open(path).map(drop),
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if fs::metadata(folder)?.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_reads_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        open(&path).unwrap();
        assert_eq!(mode(), OWNER_ONLY);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        open(&path).unwrap();
        assert_eq!(mode(), 0o640);
    }

    #[test]
    fn looking_makes_nothing_and_tells_what_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| folder.path().join(name);
        look(&within("new.jsonl")).unwrap();
        assert!(!within("new.jsonl").exists());
        assert_eq!(look(&within("none/x")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(look(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        try_it(&within("new.jsonl")).unwrap();
        look(&within("new.jsonl")).unwrap();
        assert_eq!(look(&within("new.jsonl/x")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert!(try_it(&within("none/x")).is_err());
    }
}
