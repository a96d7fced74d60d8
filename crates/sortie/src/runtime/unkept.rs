//! Findings that changed and are not in the index yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sortie_model::finding::{Closed, Rung, Severity};
use sortie_model::ids::FindingId;
use sortie_model::{Finding, Micros};

/// A story that only grows is put into the index once in so long: each time is a write that waits
/// for the disk, and a busy story grows a hundred times a second.
const EVERY: Duration = Duration::from_secs(1);

/// Rows (a story, each of its requests, each of its dials) that wait at most, some 100 MB: attempts from
/// many addresses must not fill the memory while the disk is full.
const ROWS: usize = 200_000;

/// The latest telling of each changed story, and what the index was told of it last.
#[derive(Debug)]
pub(super) struct Unkept {
    waiting: BTreeMap<FindingId, Finding>,
    /// What waits, in the order in which it is let go: the least urgent first, of those the oldest.
    order: BTreeSet<(Severity, Micros, FindingId)>,
    /// Rows that wait, and that may.
    rows: usize,
    room: usize,
    kept: BTreeMap<FindingId, Kept>,
}

impl Default for Unkept {
    fn default() -> Self {
        Self::with_room(ROWS)
    }
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    severity: Severity,
    rung: Rung,
    closed: Option<Closed>,
}

impl Unkept {
    fn with_room(rows: usize) -> Self {
        Self { waiting: BTreeMap::new(), order: BTreeSet::new(), rows: 0, room: rows, kept: BTreeMap::new() }
    }

    /// A story changed. Says how many had to be let go to make room. Such a story waits again once it
    /// changes again.
    pub(super) fn add(&mut self, finding: Finding) -> u64 {
        self.take(&finding.id);
        self.rows += rows(&finding);
        self.order.insert(rank(&finding));
        self.waiting.insert(finding.id.clone(), finding);
        let mut let_go = 0;
        while self.rows > self.room
            && let Some((_, _, least)) = self.order.first().cloned()
        {
            self.take(&least);
            let_go += 1;
        }
        let_go
    }

    fn take(&mut self, id: &FindingId) -> Option<Finding> {
        let finding = self.waiting.remove(id)?;
        self.rows -= rows(&finding);
        self.order.remove(&rank(&finding));
        Some(finding)
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
        let kept: Vec<Finding> = ids.iter().filter_map(|id| self.take(id)).collect();
        for finding in &kept {
            let Finding { severity, rung, ref closed, .. } = *finding;
            self.kept.insert(finding.id.clone(), Kept { at: now, severity, rung, closed: closed.clone() });
        }
        kept
    }
}

fn rows(finding: &Finding) -> usize {
    1 + finding.requests.len() + finding.dials.len()
}

fn rank(finding: &Finding) -> (Severity, Micros, FindingId) {
    (finding.severity, finding.last_seen, finding.id.clone())
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
    #[test]
    fn the_least_urgent_and_oldest_are_let_go_where_room_ends() {
        let story = |name: &str, severity, at| Finding {
            id: FindingId::parse(name).unwrap(),
            severity,
            last_seen: Micros(at),
            ..finding()
        };
        let each = rows(&finding());
        let mut unkept = Unkept::with_room(3 * each);
        let names = |unkept: &Unkept| unkept.all().iter().map(ToString::to_string).collect::<Vec<_>>();
        for (name, severity, at) in [("F-00000001", Severity::High, 1), ("F-00000002", Severity::Low, 3)] {
            assert_eq!(unkept.add(story(name, severity, at)), 0);
        }
        assert_eq!(unkept.add(story("F-00000003", Severity::Low, 2)), 0);
        assert_eq!(unkept.add(story("F-00000003", Severity::Low, 4)), 0, "it takes its own place");
        assert_eq!(unkept.add(story("F-00000004", Severity::Medium, 1)), 1);
        assert_eq!(names(&unkept), ["F-00000001", "F-00000003", "F-00000004"]);
        assert_eq!(unkept.add(story("F-00000005", Severity::Info, 9)), 1);
        assert_eq!(names(&unkept), ["F-00000001", "F-00000003", "F-00000004"], "it is the least urgent itself");
        unkept.keep(&unkept.all(), Instant::now());
        assert_eq!((unkept.rows, unkept.order.len()), (0, 0));
    }
}
