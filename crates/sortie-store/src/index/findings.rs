//! Findings: keeping, closing, merging, finding them again.

use sortie_model::finding::{Closed, FindingKind, Severity};
use sortie_model::ids::{FindingId, ServiceName};
use sortie_model::{Finding, Micros};

use super::sql::Sql;
use super::{Batch, IndexReader, story};
use crate::error::StoreError;
use crate::limits;
use crate::record::{close, finding, integer, rung_code, severity_code};

/// Which findings to list, the last seen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Seen at this time or later.
    pub since: Micros,
    /// At least this severe.
    pub min: Severity,
    /// Of this kind.
    pub kind: Option<FindingKind>,
    /// Of this service.
    pub service: Option<ServiceName>,
    /// Not those that an operator closed.
    pub open_only: bool,
    /// At most so many.
    pub limit: u32,
}

impl Default for Filter {
    /// All findings, at most 1,000.
    fn default() -> Self {
        Self { since: Micros(0), min: Severity::Info, kind: None, service: None, open_only: false, limit: 1000 }
    }
}

/// What a typed name means.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// This finding.
    Found(Box<Finding>),
    /// The beginning of several names; some of them.
    Ambiguous(Vec<String>),
    /// Nothing.
    NotFound,
}

/// Whether a finding waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Open,
    /// An operator closed it, and it got no further since.
    Closed,
}

impl IndexReader {
    /// The findings that match, the last seen first.
    pub fn findings(&self, filter: &Filter) -> Result<Vec<Finding>, StoreError> {
        const LIST: &str = "SELECT id, body FROM finding
             WHERE last_seen >= ?1 AND severity >= ?2 AND (?3 IS NULL OR kind = ?3)
               AND (?4 IS NULL OR service = ?4) AND (open = 1 OR NOT ?5)
             ORDER BY last_seen DESC, id LIMIT ?6";
        let parameters = (
            integer(filter.since.0),
            severity_code(filter.min),
            filter.kind.map(FindingKind::as_str),
            filter.service.as_ref().map(|service| &*service.0),
            filter.open_only,
            filter.limit,
        );
        let rows: Vec<(String, String)> = self.sql().all(LIST, parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.iter().map(|(id, body)| finding::decode(body).map_err(self.sql().broken(id))).collect()
    }

    /// Findings in whose JSON this text stands somewhere, the last seen first, at most
    /// [`limits::NAMING`]: those that list a request, say, by its reference. Reads all of them.
    pub fn findings_naming(&self, text: &str) -> Result<Vec<Finding>, StoreError> {
        const NAMING: &str = "SELECT id, body FROM finding WHERE instr(body, ?1) > 0 ORDER BY last_seen DESC LIMIT ?2";
        let rows: Vec<(String, String)> =
            self.sql().all(NAMING, (text, limits::NAMING), |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.iter().map(|(id, body)| finding::decode(body).map_err(self.sql().broken(id))).collect()
    }

    /// The services that have findings, by name.
    pub fn services(&self) -> Result<Vec<ServiceName>, StoreError> {
        const SERVICES: &str = "SELECT DISTINCT service FROM finding ORDER BY service LIMIT ?1";
        self.sql().all(SERVICES, [limits::SERVICES], |row| Ok(ServiceName::from(row.get::<_, String>(0)?.as_str())))
    }

    /// The finding of this name, or the one it was merged into.
    pub fn finding(&self, id: &FindingId) -> Result<Option<Finding>, StoreError> {
        read(self.sql(), id.as_str())
    }

    /// The finding that a person means by `F-7K2M`, `f-7k2m9` or `7K2M9QPX`: a name, an alias, or
    /// the beginning of just one of them.
    pub fn lookup(&self, typed: &str) -> Result<Lookup, StoreError> {
        let Some(id) = FindingId::parse(typed).or_else(|| FindingId::parse(&format!("F-{typed}"))) else {
            return Ok(Lookup::NotFound);
        };
        if let Some(finding) = self.finding(&id)? {
            return Ok(Lookup::Found(Box::new(finding)));
        }
        let begun = self.names_from(id.as_str())?;
        match begun.as_slice() {
            [] => Ok(Lookup::NotFound),
            [only] => Ok(read(self.sql(), only)?.map_or(Lookup::NotFound, |found| Lookup::Found(Box::new(found)))),
            _ => Ok(Lookup::Ambiguous(begun)),
        }
    }

    /// Names of findings that begin so, or have an alias that does.
    fn names_from(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        const NAMES: &str = "SELECT id FROM finding WHERE id >= ?1 AND id < ?2
             UNION SELECT id FROM alias WHERE alias >= ?1 AND alias < ?2 ORDER BY id LIMIT ?3";
        // Behind every character that a name may have.
        let end = format!("{prefix}~");
        self.sql().all(NAMES, (prefix, end, limits::AMBIGUOUS), |row| row.get(0))
    }
}

impl Batch<'_> {
    /// Keeps a finding with what was known of it before: a story told anew, by an engine that forgot
    /// its beginning, never gets smaller (see `story`).
    ///
    /// A closing by the operator is kept apart and stands until the story is on a higher rung, so
    /// a finding told anew by a replay does not reopen by itself.
    pub fn put(&mut self, told: &Finding) -> Result<Standing, StoreError> {
        let known = at(self.sql(), told.id.as_str())?;
        let mut kept = known.map_or_else(|| told.clone(), |known| story::united(known, told));
        if kept.closed.is_none() {
            kept.closed = self.closing(&kept.id)?.filter(|closed| close::stands(closed, &kept));
        }
        self.write(&kept)?;
        let Some(closed) = &kept.closed else { return Ok(Standing::Open) };
        self.keep_closing(&kept.id, closed)?;
        Ok(Standing::Closed)
    }

    /// Closes a finding. `false` where there is none of this name.
    pub fn close(&mut self, id: &FindingId, closed: &Closed) -> Result<bool, StoreError> {
        let Some(found) = read(self.sql(), id.as_str())? else { return Ok(false) };
        self.put(&Finding { closed: Some(closed.clone()), ..found })?;
        Ok(true)
    }

    /// Lets `into` take the place of `merged`, whose name becomes an alias. `false` where there is
    /// no finding `into`.
    pub fn merge(&mut self, merged: &FindingId, into: &FindingId) -> Result<bool, StoreError> {
        let names = (merged.as_str(), into.as_str());
        let sql = self.sql();
        let exists = sql.one("SELECT 1 FROM finding WHERE id = ?1", [into.as_str()], |_| Ok(()))?.is_some();
        if !exists || merged == into {
            return Ok(exists);
        }
        // Who was told of the one has been told of the other.
        sql.execute(
            "INSERT INTO told (finding, target, severity) SELECT ?2, target, severity FROM told WHERE finding = ?1
             ON CONFLICT (finding, target) DO UPDATE SET severity = max(severity, excluded.severity)",
            names,
        )?;
        sql.execute("UPDATE alias SET id = ?2 WHERE id = ?1", names)?;
        sql.execute("INSERT OR REPLACE INTO alias (alias, id) VALUES (?1, ?2)", names)?;
        sql.execute("DELETE FROM finding WHERE id = ?1", [merged.as_str()])?;
        Ok(true)
    }

    fn write(&self, finding: &Finding) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO finding (id, severity, kind, service, rung, first_seen, last_seen, open, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, kind = excluded.kind,
               service = excluded.service, rung = excluded.rung, first_seen = excluded.first_seen,
               last_seen = excluded.last_seen, open = excluded.open, body = excluded.body";
        let id = finding.id.as_str();
        let body = finding::encode(finding).map_err(self.sql().broken(id))?;
        let columns = (
            id,
            severity_code(finding.severity),
            finding.kind.as_str(),
            &*finding.service.0,
            rung_code(finding.rung),
            integer(finding.first_seen.0),
            integer(finding.last_seen.0),
            finding.closed.is_none(),
            body,
        );
        self.sql().execute(PUT, columns)?;
        Ok(())
    }

    fn closing(&self, id: &FindingId) -> Result<Option<Closed>, StoreError> {
        let sql = self.sql();
        let body: Option<String> =
            sql.one("SELECT body FROM closing WHERE id = ?1", [id.as_str()], |row| row.get(0))?;
        body.map(|body| close::decode(&body).map_err(sql.broken(id.as_str()))).transpose()
    }

    /// Keeps the operator's judgement. A new one ends the old story: if it reopens, the targets are
    /// told again.
    fn keep_closing(&self, id: &FindingId, closed: &Closed) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO closing (id, body) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE body <> excluded.body";
        let sql = self.sql();
        let body = close::encode(closed).map_err(sql.broken(id.as_str()))?;
        if sql.execute(KEEP, (id.as_str(), body))? > 0 {
            sql.execute("DELETE FROM told WHERE finding = ?1", [id.as_str()])?;
        }
        Ok(())
    }
}

/// The finding that has this name now.
fn at(sql: Sql<'_>, id: &str) -> Result<Option<Finding>, StoreError> {
    let body: Option<String> = sql.one("SELECT body FROM finding WHERE id = ?1", [id], |row| row.get(0))?;
    body.map(|body| finding::decode(&body).map_err(sql.broken(id))).transpose()
}

fn read(sql: Sql<'_>, id: &str) -> Result<Option<Finding>, StoreError> {
    const READ: &str = "SELECT body FROM finding
         WHERE id = coalesce((SELECT id FROM alias WHERE alias = ?1), ?1)";
    let body: Option<String> = sql.one(READ, [id], |row| row.get(0))?;
    body.map(|body| finding::decode(&body).map_err(sql.broken(id))).transpose()
}
