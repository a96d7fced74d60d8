//! Alerts that wait for delivery.

use rusqlite::Row;
use sortie_model::Micros;
use sortie_model::finding::Severity;
use sortie_model::ids::FindingId;

use super::{number, severity_of};

/// An alert for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it is about.
    pub finding: FindingId,
    /// Where it goes, by a name that stays the same through restarts and holds no secret.
    pub target: String,
    /// The finding's severity when the alert was made.
    pub severity: Severity,
    /// What is sent.
    pub payload: String,
    /// Not before this time.
    pub next_at: Micros,
}

/// What a waiting delivery is called by; it grows with every delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryNumber(pub(crate) i64);

/// A delivery that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub number: DeliveryNumber,
    /// How often it was tried.
    pub attempts: u32,
    /// The delivery.
    pub delivery: Delivery,
}

/// The columns that [`decode`] reads, in its order.
pub(crate) const COLUMNS: &str = "number, attempts, finding, target, severity, payload, next_at";

/// Reads a row of [`COLUMNS`].
pub(crate) fn decode(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let name: String = row.get(2)?;
    let finding = FindingId::parse(&name)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(2, name, rusqlite::types::Type::Text))?;
    Ok(Waiting {
        number: DeliveryNumber(row.get(0)?),
        attempts: row.get(1)?,
        delivery: Delivery {
            finding,
            target: row.get(3)?,
            severity: severity_of(row.get(4)?),
            payload: row.get(5)?,
            next_at: Micros(number(row.get(6)?)),
        },
    })
}
