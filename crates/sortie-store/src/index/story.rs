//! One story from two tellings of it.
//!
//! The engine may have let go of a story, or lost its state, and tell of the same key anew from its
//! first event. What is in the index is evidence: it is added to, never taken back.

use sortie_model::{Finding, limits};

/// The story that both tell. It is described as the worse of them has it, or else as the later one.
/// Closings are kept apart, and are left to whoever asks.
pub(super) fn united(known: Finding, told: &Finding) -> Finding {
    let is_known_worse = (known.severity, known.rung) > (told.severity, told.rung);
    let (requests, dials) =
        (rows(&known.requests, &told.requests, |row| &row.id), rows(&known.dials, &told.dials, |row| &row.id));
    let totals = (known.requests_total.max(told.requests_total), known.dials_total.max(told.dials_total));
    let (rung, first_seen) = (known.rung.max(told.rung), known.first_seen.min(told.first_seen));
    let last_seen = known.last_seen.max(told.last_seen);
    let impact = each_once(&known.impact, &told.impact);
    let described = if is_known_worse { known } else { told.clone() };
    Finding {
        rung,
        first_seen,
        last_seen,
        requests,
        requests_total: totals.0,
        dials,
        dials_total: totals.1,
        impact,
        closed: told.closed.clone(),
        ..described
    }
}

/// The known rows, as they were told last, and behind them new ones as far as there is room.
fn rows<T: Clone>(known: &[T], told: &[T], id: impl Fn(&T) -> &String) -> Vec<T> {
    let of_known = known.iter().map(|row| told.iter().find(|now| id(now) == id(row)).unwrap_or(row));
    let is_new = |row: &&T| !known.iter().any(|before| id(before) == id(row));
    of_known.chain(told.iter().filter(is_new)).take(limits::FINDING_ROWS).cloned().collect()
}

fn each_once<T: Clone + PartialEq>(known: &[T], told: &[T]) -> Vec<T> {
    known.iter().chain(told.iter().filter(|&one| !known.contains(one))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use sortie_model::Micros;
    use sortie_model::finding::{FindingKind, FindingRequest, Impact, Rung, Severity};

    use super::*;
    use crate::record::finding::tests::sample;

    fn request(id: &str) -> FindingRequest {
        FindingRequest {
            id: id.into(),
            ts: Micros(1),
            method: "GET".into(),
            path: "/".into(),
            actor: "x".into(),
            request_id: None,
        }
    }

    #[test]
    fn a_weaker_telling_takes_nothing_back() {
        let theft = Finding {
            severity: Severity::Critical,
            rung: Rung::E5,
            requests: vec![request("R-1"), request("R-2")],
            requests_total: 100,
            dials_total: 90,
            ..sample(1)
        };
        let anew = Finding {
            severity: Severity::Medium,
            kind: FindingKind::Attempt,
            rung: Rung::E1,
            first_seen: theft.last_seen.plus(60_000_000),
            last_seen: theft.last_seen.plus(60_000_000),
            candidate: Some("http://10.0.0.9/".into()),
            requests: vec![request("R-9")],
            impact: vec![Impact::ServiceDiscovered],
            ..sample(1)
        };
        let expected = Finding {
            last_seen: anew.last_seen,
            requests: vec![request("R-1"), request("R-2"), request("R-9")],
            impact: vec![Impact::MetadataCredentialsRead, Impact::ServiceDiscovered],
            ..theft.clone()
        };
        assert_eq!(united(theft.clone(), &anew), expected);
        assert_eq!(united(theft.clone(), &theft), theft, "the same again changes nothing");
    }

    #[test]
    fn rows_are_told_anew_and_never_more_than_the_limit() {
        let many: Vec<FindingRequest> =
            (0..limits::FINDING_ROWS).map(|number| request(&format!("R-{number}"))).collect();
        let known = Finding { requests: many.clone(), ..sample(1) };
        let answered = FindingRequest { request_id: Some("later".into()), ..request("R-3") };
        let told = Finding { requests: vec![answered.clone(), request("R-new")], ..sample(1) };
        let united = united(known, &told).requests;
        assert_eq!((united.len(), &united[3]), (limits::FINDING_ROWS, &answered));
        assert!(!united.contains(&request("R-new")));
    }
}
