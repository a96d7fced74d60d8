//! Secrets that stand in files of their own, so that a configuration can be shown to others.

use std::io;
use std::path::Path;

/// The first line of the file. An error where there is none, or it is empty.
pub(crate) fn first_line(path: &Path) -> io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    match text.lines().next() {
        None | Some("") => Err(io::Error::new(io::ErrorKind::InvalidData, "its first line is empty")),
        Some(line) => Ok(line.to_owned()),
    }
}
