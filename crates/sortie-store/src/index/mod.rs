//! The index: findings, aliases and waiting alerts in one SQLite file.
//!
//! One process writes ([`Index`]), in short transactions that are on the disk when
//! [`Batch::commit`] returns, also after a loss of power: WAL with `synchronous = FULL`. Findings are
//! few and come in batches, so the one fdatasync(2) per commit costs little, and an alert that went
//! out is never forgotten. Others read beside it ([`IndexReader`]) and never hold a transaction open
//! between two calls, so the WAL is always cut again.

mod deliveries;
mod findings;
mod retention;
mod schema;
mod sql;
mod story;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use deliveries::Enqueued;
pub use findings::{Filter, Lookup, Standing};
pub use retention::Retention;

use crate::error::StoreError;
use crate::files;
use crate::folder::Folder;
use crate::layout::Layout;
use crate::record::{integer, number};
use sql::Sql;

/// How long to wait for another process's lock.
const BUSY: Duration = Duration::from_secs(5);
/// Bytes that the write-ahead log keeps when it is reset.
const WAL_BYTES: i64 = 16 * 1024 * 1024;
/// The name under which the table of numbers keeps that of the last event.
const LAST_EVENT: &str = "last_event";

/// Reads findings and deliveries, also while another process writes.
#[derive(Debug)]
pub struct IndexReader {
    connection: Connection,
    path: PathBuf,
}

/// Reads and writes findings and deliveries.
#[derive(Debug)]
pub struct Index {
    reader: IndexReader,
}

/// A transaction: all of it is kept by [`Batch::commit`], or nothing.
#[derive(Debug)]
pub struct Batch<'a> {
    transaction: Transaction<'a>,
    path: &'a Path,
}

impl IndexReader {
    /// Opens the index of a data folder for reading.
    pub fn open(layout: &Layout) -> Result<Self, StoreError> {
        let path = layout.index();
        match std::fs::metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreError::Missing { path }),
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(sql::error(&path))?;
        connection.busy_timeout(BUSY).map_err(sql::error(&path))?;
        let reader = Self { connection, path };
        schema::check(reader.sql())?;
        Ok(reader)
    }

    /// Number of the last event whose findings are in the index, once there is any.
    pub fn last_event(&self) -> Result<Option<u64>, StoreError> {
        let read = self.sql().one("SELECT value FROM meta WHERE name = ?1", [LAST_EVENT], |row| row.get(0))?;
        Ok(read.map(number))
    }

    fn sql(&self) -> Sql<'_> {
        Sql { connection: &self.connection, path: &self.path }
    }
}

impl Index {
    /// Opens the index of a data folder, and makes it where there is none.
    pub fn open(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.layout().index();
        // SQLite itself would make it with whatever the umask leaves; its log takes over our mode.
        files::touch_private(&path).map_err(StoreError::io("make", &path))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(sql::error(&path))?;
        configure(&connection).map_err(sql::error(&path))?;
        let mut index = Self { reader: IndexReader { connection, path } };
        schema::make(&mut index)?;
        Ok(index)
    }

    /// The reading side.
    pub fn reader(&self) -> &IndexReader {
        &self.reader
    }

    /// Begins a transaction. Dropped without [`Batch::commit`], it leaves no trace.
    pub fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        let IndexReader { connection, path } = &mut self.reader;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql::error(path))?;
        Ok(Batch { transaction, path })
    }
}

impl Batch<'_> {
    /// Keeps the number of the last event whose findings are in the index, unless a greater one is there:
    /// events are never numbered again.
    pub fn set_last_event(&mut self, event: u64) -> Result<(), StoreError> {
        const SET: &str = "INSERT INTO meta (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
        self.sql().execute(SET, (LAST_EVENT, integer(event)))?;
        Ok(())
    }

    /// Keeps everything that was done. Once this has returned, nothing of it is lost.
    pub fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().map_err(sql::error(self.path))
    }

    fn sql(&self) -> Sql<'_> {
        Sql { connection: &self.transaction, path: self.path }
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

#[cfg(test)]
mod tests;
