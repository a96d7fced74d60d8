//! Statements with the index's own errors.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row, ffi};

use crate::error::StoreError;

/// A connection, or a transaction on it, and the file's name for messages.
#[derive(Clone, Copy)]
pub(super) struct Sql<'a> {
    pub(super) connection: &'a Connection,
    pub(super) path: &'a Path,
}

impl Sql<'_> {
    /// Runs a statement and says how many rows it changed.
    pub(super) fn execute(self, statement: &str, parameters: impl Params) -> Result<usize, StoreError> {
        self.connection
            .prepare_cached(statement)
            .and_then(|mut prepared| prepared.execute(parameters))
            .map_err(error(self.path))
    }

    /// The first row.
    pub(super) fn one<T>(
        self,
        statement: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.connection
            .prepare_cached(statement)
            .and_then(|mut prepared| prepared.query_row(parameters, read).optional())
            .map_err(error(self.path))
    }

    /// All rows; the statement has a `LIMIT`.
    pub(super) fn all<T>(
        self,
        statement: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.connection
            .prepare_cached(statement)
            .and_then(|mut prepared| prepared.query_map(parameters, read)?.collect())
            .map_err(error(self.path))
    }

    /// The error of a record that is not what it should be.
    pub(super) fn broken(self, id: &str) -> impl FnOnce(serde_json::Error) -> StoreError {
        move |source| StoreError::Record { path: self.path.to_owned(), id: id.to_owned(), source }
    }
}

/// Turns an error of SQLite into one of the store.
pub(super) fn error(path: &Path) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| {
        let path = path.to_owned();
        match source.sqlite_error() {
            Some(&failure) if is_disk_full(failure) => StoreError::DiskFull { path },
            Some(ffi::Error { code: ErrorCode::NotADatabase, .. }) => StoreError::Damaged {
                path,
                offset: 0,
                reason: "this is no SQLite file: move it away, and a new index is made",
            },
            _ => StoreError::Index { path, source },
        }
    }
}

/// SQLite reports a full disk in its own words, except where it lays out the shared memory of the
/// WAL.
fn is_disk_full(failure: ffi::Error) -> bool {
    failure.code == ErrorCode::DiskFull || failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE
}
