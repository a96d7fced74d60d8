//! The tables, their version, and how those of an earlier version become those of this one.

use super::Index;
use super::sql::{self, Sql};
use crate::error::StoreError;

/// What makes version 1 of an empty file, version 2 of version 1, and so on. The version is kept in
/// `user_version`. A step that was published is never changed.
const STEPS: &[&str] = &[TABLES, BY_TARGET, UNIT];

const VERSION: u32 = STEPS.len() as u32;

/// Each target is delivered to on a schedule of its own.
const BY_TARGET: &str = "
    DROP INDEX delivery_by_time;
    CREATE INDEX delivery_by_target ON delivery (target, next_at, number);
";

/// How long a dial took is named with its unit.
const UNIT: &str = r#"UPDATE finding SET body = replace(body, '"took":', '"took_micros":');"#;

pub(super) const TABLES: &str = "
    CREATE TABLE finding (
        id         TEXT PRIMARY KEY,
        severity   INTEGER NOT NULL,
        kind       TEXT NOT NULL,
        service    TEXT NOT NULL,
        rung       INTEGER NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen  INTEGER NOT NULL,
        open       INTEGER NOT NULL,
        body       TEXT NOT NULL
    ) STRICT;
    CREATE INDEX finding_by_last_seen ON finding (last_seen);

    CREATE TABLE alias (
        alias TEXT PRIMARY KEY,
        id    TEXT NOT NULL REFERENCES finding ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alias_by_id ON alias (id);

    CREATE TABLE closing (
        id   TEXT PRIMARY KEY REFERENCES finding ON DELETE CASCADE,
        body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE told (
        finding  TEXT NOT NULL REFERENCES finding ON DELETE CASCADE,
        target   TEXT NOT NULL,
        severity INTEGER NOT NULL,
        PRIMARY KEY (finding, target)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE delivery (
        number   INTEGER PRIMARY KEY AUTOINCREMENT,
        attempts INTEGER NOT NULL,
        finding  TEXT NOT NULL,
        target   TEXT NOT NULL,
        severity INTEGER NOT NULL,
        payload  TEXT NOT NULL,
        next_at  INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX delivery_by_time ON delivery (next_at, number);

    CREATE TABLE meta (
        name  TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Brings the tables to this version, each step in a transaction of its own. Those of a later
/// version are an error.
pub(super) fn make(index: &mut Index) -> Result<(), StoreError> {
    let found = version(index.reader.sql())? as usize;
    for (number, step) in STEPS.iter().enumerate().skip(found) {
        let batch = index.begin()?;
        let made = batch
            .transaction
            .execute_batch(step)
            .and_then(|()| batch.transaction.pragma_update(None, "user_version", number as u32 + 1));
        made.map_err(sql::error(batch.path))?;
        batch.commit()?;
    }
    check(index.reader.sql())
}

/// An error where the tables are of another version.
pub(super) fn check(sql: Sql<'_>) -> Result<(), StoreError> {
    let found = version(sql)?;
    if found == VERSION {
        return Ok(());
    }
    let path = sql.path.to_owned();
    Err(StoreError::Version { begin_anew: path.clone(), path, what: "index", found, expected: VERSION })
}

fn version(sql: Sql<'_>) -> Result<u32, StoreError> {
    Ok(sql.one("PRAGMA user_version", [], |row| row.get(0))?.unwrap_or(0))
}
