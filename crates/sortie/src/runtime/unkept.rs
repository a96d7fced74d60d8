//! Findings that changed and are not in the index yet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sortie_model::Finding;
use sortie_model::finding::{Closed, Rung, Severity};
use sortie_model::ids::FindingId;

/// A story that only grows is put into the index once in so long: each time is a write that waits
/// for the disk, and a busy story grows a hundred times a second.
const EVERY: Duration = Duration::from_secs(1);

/// The latest telling of each changed story, and what the index was told of it last.
#[derive(Debug, Default)]
pub(super) struct Unkept {
    waiting: BTreeMap<FindingId, Finding>,
    kept: BTreeMap<FindingId, Kept>,
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    severity: Severity,
    rung: Rung,
    closed: Option<Closed>,
}

impl Unkept {
    /// A story changed.
    pub(super) fn add(&mut self, finding: Finding) {
        self.waiting.insert(finding.id.clone(), finding);
    }

    /// Whether the index knows everything.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is to be put now: new stories, those that rose or were closed or opened, and those that
    /// waited long enough.
    pub(super) fn due(&self, now: Instant) -> Vec<FindingId> {
        let is_due = |finding: &Finding| {
            self.kept.get(&finding.id).is_none_or(|kept| {
                finding.severity > kept.severity
                    || finding.rung > kept.rung
                    || finding.closed != kept.closed
                    || now.duration_since(kept.at) >= EVERY
            })
        };
        self.waiting.values().filter(|finding| is_due(finding)).map(|finding| finding.id.clone()).collect()
    }

    /// Everything that waits.
    pub(super) fn all(&self) -> Vec<FindingId> {
        self.waiting.keys().cloned().collect()
    }

    /// The story as it was told last.
    pub(super) fn get(&self, id: &FindingId) -> Option<&Finding> {
        self.waiting.get(id)
    }

    /// The index has these now; gives them back.
    pub(super) fn keep(&mut self, ids: &[FindingId], now: Instant) -> Vec<Finding> {
        // What was put longer ago may be put again: it need not be remembered.
        self.kept.retain(|_, kept| now.duration_since(kept.at) < EVERY);
        let kept: Vec<Finding> = ids.iter().filter_map(|id| self.waiting.remove(id)).collect();
        for finding in &kept {
            let Finding { severity, rung, ref closed, .. } = *finding;
            self.kept.insert(finding.id.clone(), Kept { at: now, severity, rung, closed: closed.clone() });
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        serde_json::from_str(include_str!("../../testdata/finding.json")).unwrap()
    }

    #[test]
    fn a_growing_story_waits_and_a_rising_one_does_not() {
        let mut unkept = Unkept::default();
        let now = Instant::now();
        let story = Finding { severity: Severity::Medium, rung: Rung::E3, ..finding() };
        let id = [story.id.clone()];
        let mut grow = |story: &Finding, after: Duration| {
            unkept.add(story.clone());
            let due = unkept.due(now + after);
            unkept.keep(&due, now + after);
            due.len()
        };
        assert_eq!(grow(&story, Duration::ZERO), 1, "it is new");
        assert_eq!(grow(&story, Duration::from_millis(10)), 0);
        assert_eq!(grow(&Finding { rung: Rung::E4, ..story.clone() }, Duration::from_millis(20)), 1, "it rose");
        let worse = Finding { severity: Severity::High, rung: Rung::E4, ..story.clone() };
        assert_eq!(grow(&worse, Duration::from_millis(30)), 1, "it became more urgent");
        assert_eq!(grow(&worse, Duration::from_millis(40)), 0);
        assert_eq!(unkept.all(), id, "it waits");
        assert_eq!(unkept.due(now + Duration::from_millis(1_030)), id, "and not for ever");
    }
}
