//! What it takes for a file to survive a crash, and to be private.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Replaces a small file that only its owner may read, durably: after a crash, or where this fails,
/// the old content or the new one is there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let incoming = path.with_extension("incoming");
    write_durably(&incoming, &[bytes])?;
    put_in_place(&incoming, path)
}

/// Makes a folder that only its owner may enter, with its parents, if it is not there.
pub(crate) fn make_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Options for a new or emptied file that only its owner may read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true).mode(0o600);
    options
}

/// Makes an empty file that only its owner may read, if there is none.
pub(crate) fn touch_private(path: &Path) -> io::Result<()> {
    private_file().truncate(false).open(path).map(drop)
}

/// Gives a file that [`write_durably`] wrote its name `path`, durably: after a crash the old content
/// or the new one is there, never a mixture.
pub(crate) fn put_in_place(incoming: &Path, path: &Path) -> io::Result<()> {
    fs::rename(incoming, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Writes a new file and makes its content durable. Where that fails, there is no file: a half one
/// would only take up the space that was missing.
pub(crate) fn write_durably(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let written = try_write(path, parts);
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

fn try_write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = private_file().open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Makes the names in a folder durable (fsync(2) on the folder).
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
