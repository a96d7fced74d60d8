//! Which findings go.

use sortie_model::Micros;

use super::{Index, sql};
use crate::error::StoreError;
use crate::limits;
use crate::record::{integer, number};

/// How many findings are kept, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Microseconds since a finding was last seen after which it goes.
    pub keep_micros: u64,
    /// How many findings there may be. Beyond it the closed ones go first, then the least severe,
    /// then the oldest, so that a flood of attempts cannot push out what matters.
    pub keep_findings: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep_micros: limits::FINDING_MICROS, keep_findings: limits::FINDINGS }
    }
}

impl Index {
    /// Removes what is too old at `now` or too much, with aliases, closings and what was told of
    /// it; says how many findings went. Deliveries that wait stay.
    ///
    /// Works in many short transactions, and cuts the write-ahead log at the end.
    pub fn retain(&mut self, now: Micros, retention: &Retention) -> Result<u64, StoreError> {
        const OLD: &str = "DELETE FROM finding WHERE id IN
             (SELECT id FROM finding WHERE last_seen < ?1 ORDER BY last_seen LIMIT ?2)";
        const EXCESS: &str = "DELETE FROM finding WHERE id IN
             (SELECT id FROM finding ORDER BY open, severity, last_seen, id LIMIT ?1)";
        let oldest = integer(now.minus(retention.keep_micros).0);
        let batch = limits::RETENTION_BATCH;
        let mut removed = 0;
        loop {
            let gone = self.reader.sql().execute(OLD, (oldest, batch))?;
            removed += gone as u64;
            if gone < batch as usize {
                break;
            }
        }
        let mut excess = self.count()?.saturating_sub(retention.keep_findings);
        while excess > 0 {
            let gone = self.reader.sql().execute(EXCESS, [integer(excess.min(batch.into()))])? as u64;
            removed += gone;
            excess = if gone == 0 { 0 } else { excess - gone };
        }
        self.cut_log()?;
        Ok(removed)
    }

    fn count(&self) -> Result<u64, StoreError> {
        Ok(self.reader.sql().one("SELECT count(*) FROM finding", [], |row| row.get(0))?.map_or(0, number))
    }

    /// Moves the write-ahead log into the file and shortens it, unless a reader is in its way: then
    /// it is done the next time.
    fn cut_log(&self) -> Result<(), StoreError> {
        let connection = &self.reader.connection;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(sql::error(&self.reader.path))
    }
}
