//! How each kind of record is written: one file per kind.
//!
//! A finding is kept as the JSON that people get, so other tools can read it and a field that is
//! added later breaks nothing; beside it stand the few columns by which findings are chosen.

pub mod close;
pub mod delivery;
pub mod finding;

use sortie_model::finding::{Rung, Severity};

/// The number under which a severity is kept. Pinned by hand: rows of earlier versions hold it.
pub(crate) fn severity_code(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// The severity kept under a number; one that a later version may have added reads as critical.
pub(crate) fn severity_of(code: i64) -> Severity {
    match code {
        0 => Severity::Info,
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        _ => Severity::Critical,
    }
}

/// The number under which a rung is kept. Pinned by hand.
pub(crate) fn rung_code(rung: Rung) -> i64 {
    match rung {
        Rung::E0 => 0,
        Rung::E1 => 1,
        Rung::E2 => 2,
        Rung::E3 => 3,
        Rung::E4 => 4,
        Rung::E5 => 5,
    }
}

/// SQLite's integers are signed: what is beyond stays at the end.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The inverse of [`integer`].
pub(crate) fn number(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_keep_their_order() {
        let all = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        assert!(all.windows(2).all(|pair| severity_code(pair[0]) < severity_code(pair[1])));
        assert!(all.iter().all(|&severity| severity_of(severity_code(severity)) == severity));
        let rungs = [Rung::E0, Rung::E1, Rung::E2, Rung::E3, Rung::E4, Rung::E5];
        assert!(rungs.windows(2).all(|pair| rung_code(pair[0]) < rung_code(pair[1])));
    }
}
