//! The queue of alerts: at least once each, one per story and per rise of its severity.

use sortie_model::Micros;
use sortie_model::finding::Severity;
use sortie_model::ids::FindingId;

use super::sql::Sql;
use super::{Batch, IndexReader};
use crate::error::StoreError;
use crate::limits;
use crate::record::delivery::{self, Delivery, DeliveryNumber, Waiting};
use crate::record::{integer, number, severity_code, severity_of};

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits for delivery.
    Waiting,
    /// The target was told of this story at this severity or a higher one.
    AlreadyTold,
    /// An operator closed the story.
    Closed,
    /// There is no such finding in the index: put it there first.
    NoFinding,
    /// [`limits::DELIVERIES`] alerts wait. It may be tried again.
    Full,
}

impl IndexReader {
    /// The severity at which a target was last told of a story.
    pub fn told(&self, finding: &FindingId, target: &str) -> Result<Option<Severity>, StoreError> {
        told(self.sql(), finding, target)
    }

    /// Deliveries whose time has come, in the order in which they are to be tried.
    pub fn due(&self, now: Micros, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        let statement =
            format!("SELECT {} FROM delivery WHERE next_at <= ?1 ORDER BY next_at, number LIMIT ?2", delivery::COLUMNS);
        self.sql().all(&statement, (integer(now.0), limit), delivery::decode)
    }

    /// When the next delivery's time comes; `None` where none waits.
    pub fn next_due(&self) -> Result<Option<Micros>, StoreError> {
        let earliest = self.sql().one("SELECT min(next_at) FROM delivery", [], |row| row.get::<_, Option<i64>>(0))?;
        Ok(earliest.flatten().map(|at| Micros(number(at))))
    }

    /// How many deliveries wait.
    pub fn waiting(&self) -> Result<u64, StoreError> {
        waiting(self.sql())
    }
}

impl Batch<'_> {
    /// The severity at which a target was last told of a story.
    pub fn told(&self, finding: &FindingId, target: &str) -> Result<Option<Severity>, StoreError> {
        told(self.sql(), finding, target)
    }

    /// Queues an alert, unless its target has been told. In one transaction with the finding it is
    /// about, it is neither lost nor sent twice, whenever the process dies and however often its
    /// events are replayed.
    pub fn enqueue(&mut self, alert: &Delivery) -> Result<Enqueued, StoreError> {
        let sql = self.sql();
        let open = "SELECT open FROM finding WHERE id = ?1";
        match sql.one(open, [alert.finding.as_str()], |row| row.get::<_, bool>(0))? {
            None => return Ok(Enqueued::NoFinding),
            Some(false) => return Ok(Enqueued::Closed),
            Some(true) => {}
        }
        if told(sql, &alert.finding, &alert.target)?.is_some_and(|told| told >= alert.severity) {
            return Ok(Enqueued::AlreadyTold);
        }
        if waiting(sql)? >= limits::DELIVERIES {
            return Ok(Enqueued::Full);
        }
        let severity = severity_code(alert.severity);
        sql.execute(
            "INSERT OR REPLACE INTO told (finding, target, severity) VALUES (?1, ?2, ?3)",
            (alert.finding.as_str(), &alert.target, severity),
        )?;
        sql.execute(
            "INSERT INTO delivery (attempts, finding, target, severity, payload, next_at) VALUES (0, ?1, ?2, ?3, ?4, ?5)",
            (alert.finding.as_str(), &alert.target, severity, &alert.payload, integer(alert.next_at.0)),
        )?;
        Ok(Enqueued::Waiting)
    }

    /// Takes a delivery off the queue: it has arrived, or it is given up.
    pub fn settle(&mut self, delivery: DeliveryNumber) -> Result<(), StoreError> {
        self.sql().execute("DELETE FROM delivery WHERE number = ?1", [delivery.0])?;
        Ok(())
    }

    /// Counts a failed attempt and says when to try again.
    pub fn retry(&mut self, delivery: DeliveryNumber, next_at: Micros) -> Result<(), StoreError> {
        const RETRY: &str = "UPDATE delivery SET attempts = attempts + 1, next_at = ?2 WHERE number = ?1";
        self.sql().execute(RETRY, (delivery.0, integer(next_at.0)))?;
        Ok(())
    }
}

fn told(sql: Sql<'_>, finding: &FindingId, target: &str) -> Result<Option<Severity>, StoreError> {
    const TOLD: &str = "SELECT severity FROM told WHERE finding = ?1 AND target = ?2";
    Ok(sql.one(TOLD, (finding.as_str(), target), |row| row.get(0))?.map(severity_of))
}

fn waiting(sql: Sql<'_>) -> Result<u64, StoreError> {
    Ok(sql.one("SELECT count(*) FROM delivery", [], |row| row.get(0))?.map_or(0, number))
}
