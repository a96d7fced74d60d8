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
    /// [`limits::DELIVERIES`] alerts wait for this target. It may be tried again.
    Full,
}

impl IndexReader {
    /// The severity at which a target was last told of a story.
    pub fn told(&self, finding: &FindingId, target: &str) -> Result<Option<Severity>, StoreError> {
        told(self.sql(), finding, target)
    }

    /// Deliveries for a target whose time has come, in the order in which they are to be tried.
    pub fn due(&self, target: &str, now: Micros, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        let statement = format!(
            "SELECT {} FROM delivery WHERE target = ?1 AND next_at <= ?2 ORDER BY next_at, number LIMIT ?3",
            delivery::COLUMNS
        );
        self.sql().all(&statement, (target, integer(now.0), limit), delivery::decode)
    }

    /// The targets for which something waits, by name.
    pub fn targets(&self) -> Result<Vec<String>, StoreError> {
        const TARGETS: &str = "SELECT DISTINCT target FROM delivery ORDER BY target LIMIT ?1";
        self.sql().all(TARGETS, [limits::TARGETS], |row| row.get(0))
    }

    /// How many deliveries wait.
    pub fn waiting(&self) -> Result<u64, StoreError> {
        Ok(self.sql().one("SELECT count(*) FROM delivery", [], |row| row.get(0))?.map_or(0, number))
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
        if waiting_for(sql, &alert.target)? >= limits::DELIVERIES {
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

    /// Counts a failed attempt of one delivery, and says when to try it again.
    pub fn retry(&mut self, delivery: DeliveryNumber, next_at: Micros) -> Result<(), StoreError> {
        const RETRY: &str = "UPDATE delivery SET attempts = attempts + 1, next_at = ?2 WHERE number = ?1";
        self.sql().execute(RETRY, (delivery.0, integer(next_at.0)))?;
        Ok(())
    }

    /// Counts a failed attempt of everything that waits for a target: it was down. What has failed
    /// `attempts` times is given up; says how many went.
    pub fn missed(&mut self, target: &str, attempts: u32) -> Result<u64, StoreError> {
        let sql = self.sql();
        sql.execute("UPDATE delivery SET attempts = attempts + 1 WHERE target = ?1", [target])?;
        Ok(sql.execute("DELETE FROM delivery WHERE target = ?1 AND attempts >= ?2", (target, attempts))? as u64)
    }

    /// Takes everything off the queue that waits for a target; says how many it was.
    pub fn forget_target(&mut self, target: &str) -> Result<u64, StoreError> {
        Ok(self.sql().execute("DELETE FROM delivery WHERE target = ?1", [target])? as u64)
    }
}

fn told(sql: Sql<'_>, finding: &FindingId, target: &str) -> Result<Option<Severity>, StoreError> {
    const TOLD: &str = "SELECT severity FROM told WHERE finding = ?1 AND target = ?2";
    Ok(sql.one(TOLD, (finding.as_str(), target), |row| row.get(0))?.map(severity_of))
}

fn waiting_for(sql: Sql<'_>, target: &str) -> Result<u64, StoreError> {
    Ok(sql.one("SELECT count(*) FROM delivery WHERE target = ?1", [target], |row| row.get(0))?.map_or(0, number))
}
