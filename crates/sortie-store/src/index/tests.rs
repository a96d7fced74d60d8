use std::fs;
use std::os::unix::fs::PermissionsExt;

use sortie_model::finding::{FindingKind, Rung, Severity};
use sortie_model::ids::FindingId;
use sortie_model::{Finding, Micros, ServiceName};

use super::*;
use crate::record::close::tests::closed;
use crate::record::delivery::{Delivery, Waiting};
use crate::record::finding::tests::sample;

struct Place {
    _dir: tempfile::TempDir,
    folder: Folder,
    index: Index,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let index = Index::open(&folder).unwrap();
        Self { _dir: dir, folder, index }
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>) -> T {
        let mut batch = self.index.begin().unwrap();
        let outcome = work(&mut batch).unwrap();
        batch.commit().unwrap();
        outcome
    }

    fn put(&mut self, finding: &Finding) -> Standing {
        self.write(|batch| batch.put(finding))
    }

    fn get(&self, number: u64) -> Option<Finding> {
        self.index.reader().finding(&id(number)).unwrap()
    }

    fn listed(&self, filter: &Filter) -> Vec<FindingId> {
        self.index.reader().findings(filter).unwrap().into_iter().map(|finding| finding.id).collect()
    }

    fn enqueue(&mut self, alert: &Delivery) -> Enqueued {
        self.write(|batch| batch.enqueue(alert))
    }
}

fn id(number: u64) -> FindingId {
    FindingId::from_digest(number)
}

fn alert(number: u64, severity: Severity) -> Delivery {
    Delivery { finding: id(number), target: "hook".into(), severity, payload: "{}".into(), next_at: Micros(100) }
}

#[test]
fn findings_are_replaced_and_survive_reopening() {
    let mut place = Place::new();
    place.put(&sample(1));
    let grown = Finding { rung: Rung::E5, severity: Severity::Critical, ..sample(1) };
    assert_eq!(place.put(&grown), Standing::Open);
    assert_eq!(place.get(1), Some(grown.clone()));
    place.index = Index::open(&place.folder).unwrap();
    assert_eq!(place.get(1), Some(grown));
    assert_eq!(place.get(2), None);
}

#[test]
fn only_the_owner_may_read_it() {
    let mut place = Place::new();
    place.put(&sample(1));
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", place.folder.layout().index().display());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
}

#[test]
fn a_batch_that_is_not_committed_leaves_no_trace() {
    let mut place = Place::new();
    let mut batch = place.index.begin().unwrap();
    batch.put(&sample(1)).unwrap();
    batch.set_last_event(9).unwrap();
    drop(batch);
    assert_eq!(place.get(1), None);
    assert_eq!(place.index.reader().last_event().unwrap(), None);
}

#[test]
fn the_last_event_only_grows() {
    let mut place = Place::new();
    for event in [3, 9, 4] {
        place.write(|batch| batch.set_last_event(event));
    }
    assert_eq!(place.index.reader().last_event().unwrap(), Some(9));
}

#[test]
fn lists_what_the_filter_says_the_last_seen_first() {
    let mut place = Place::new();
    place.put(&sample(1));
    place.put(&Finding { severity: Severity::Low, kind: FindingKind::Attempt, ..sample(2) });
    place.put(&Finding { service: ServiceName::from("billing"), ..sample(3) });
    place.write(|batch| batch.close(&id(3), &closed(Rung::E3)));
    let all = Filter::default();
    assert_eq!(place.listed(&all), [id(3), id(2), id(1)]);
    assert_eq!(place.listed(&Filter { since: sample(2).last_seen, ..all.clone() }), [id(3), id(2)]);
    assert_eq!(place.listed(&Filter { min: Severity::High, ..all.clone() }), [id(3), id(1)]);
    assert_eq!(place.listed(&Filter { kind: Some(FindingKind::Attempt), ..all.clone() }), [id(2)]);
    assert_eq!(place.listed(&Filter { service: Some(ServiceName::from("billing")), ..all.clone() }), [id(3)]);
    assert_eq!(place.listed(&Filter { open_only: true, ..all.clone() }), [id(2), id(1)]);
    assert_eq!(place.listed(&Filter { limit: 1, ..all }), [id(3)]);
}

#[test]
fn short_names_are_understood_and_ambiguous_ones_listed() {
    let mut place = Place::new();
    let numbers = [0, 1, 32, 1 << 39];
    for number in numbers {
        place.put(&sample(number));
    }
    let lookup = |typed: &str| place.index.reader().lookup(typed).unwrap();
    assert_eq!(lookup("F-00000001"), Lookup::Found(Box::new(sample(1))));
    assert_eq!(lookup("f-g"), Lookup::Found(Box::new(sample(1 << 39))));
    assert_eq!(lookup("G000"), Lookup::Found(Box::new(sample(1 << 39))));
    let zeros = [0, 1, 32].map(|number| id(number).as_str().to_owned()).to_vec();
    assert_eq!(lookup("F-0000"), Lookup::Ambiguous(zeros));
    for nothing in ["F-9", "", "F-", "F-%", "'; DROP TABLE finding; --", "R-18C3"] {
        assert_eq!(lookup(nothing), Lookup::NotFound, "{nothing}");
    }
}

#[test]
fn a_merged_story_is_found_by_its_old_names() {
    let mut place = Place::new();
    for number in [1, 2, 3] {
        place.put(&sample(number));
    }
    assert_eq!(place.enqueue(&alert(1, Severity::High)), Enqueued::Waiting);
    assert!(place.write(|batch| batch.merge(&id(1), &id(2))));
    assert!(place.write(|batch| batch.merge(&id(2), &id(3))));
    assert!(!place.write(|batch| batch.merge(&id(3), &id(9))));
    for old in [1, 2, 3] {
        assert_eq!(place.get(old), Some(sample(3)), "{old}");
    }
    assert_eq!(place.listed(&Filter::default()), [id(3)]);
    assert_eq!(place.index.reader().lookup("F-00000001").unwrap(), Lookup::Found(Box::new(sample(3))));
    assert_eq!(place.enqueue(&alert(3, Severity::High)), Enqueued::AlreadyTold);
}

#[test]
fn a_closing_stands_until_the_story_is_on_a_higher_rung() {
    let mut place = Place::new();
    place.put(&sample(1));
    assert!(place.write(|batch| batch.close(&id(1), &closed(Rung::E3))));
    assert!(!place.write(|batch| batch.close(&id(2), &closed(Rung::E3))));
    assert_eq!(place.get(1).unwrap().closed, Some(closed(Rung::E3)));
    // A replay tells the story anew, without its end.
    assert_eq!(place.put(&sample(1)), Standing::Closed);
    assert_eq!(place.get(1).unwrap().closed, Some(closed(Rung::E3)));
    assert_eq!(place.put(&Finding { rung: Rung::E4, ..sample(1) }), Standing::Open);
    assert_eq!(place.get(1).unwrap().closed, None);
}

#[test]
fn one_alert_per_story_and_per_rise() {
    let mut place = Place::new();
    assert_eq!(place.enqueue(&alert(1, Severity::Low)), Enqueued::NoFinding);
    place.put(&sample(1));
    assert_eq!(place.enqueue(&alert(1, Severity::Medium)), Enqueued::Waiting);
    assert_eq!(place.enqueue(&alert(1, Severity::Medium)), Enqueued::AlreadyTold);
    assert_eq!(place.enqueue(&alert(1, Severity::Low)), Enqueued::AlreadyTold);
    assert_eq!(place.enqueue(&Delivery { target: "stdout".into(), ..alert(1, Severity::Low) }), Enqueued::Waiting);
    assert_eq!(place.enqueue(&alert(1, Severity::High)), Enqueued::Waiting);
    assert_eq!(place.index.reader().told(&id(1), "hook").unwrap(), Some(Severity::High));
    assert_eq!(place.index.reader().waiting().unwrap(), 3);
}

#[test]
fn a_closed_story_is_told_again_only_when_it_reopens() {
    let mut place = Place::new();
    place.put(&sample(1));
    assert_eq!(place.enqueue(&alert(1, Severity::High)), Enqueued::Waiting);
    place.write(|batch| batch.close(&id(1), &closed(Rung::E3)));
    assert_eq!(place.enqueue(&alert(1, Severity::High)), Enqueued::Closed);
    let reopened = Finding { rung: Rung::E4, ..sample(1) };
    // Twice, as a replay would have it.
    for expected in [Enqueued::Waiting, Enqueued::AlreadyTold] {
        place.put(&sample(1));
        place.write(|batch| batch.close(&id(1), &closed(Rung::E3)));
        place.put(&reopened);
        assert_eq!(place.enqueue(&alert(1, Severity::High)), expected);
    }
}

fn due(place: &Place, target: &str, now: u64) -> Vec<Waiting> {
    place.index.reader().due(target, Micros(now), 10).unwrap()
}

#[test]
fn deliveries_wait_until_they_are_settled() {
    let mut place = Place::new();
    for number in [1, 2] {
        place.put(&sample(number));
        place.enqueue(&alert(number, Severity::High));
    }
    assert!(due(&place, "hook", 99).is_empty());
    let waiting = due(&place, "hook", 100);
    assert_eq!(
        waiting.iter().map(|one| one.delivery.clone()).collect::<Vec<_>>(),
        [alert(1, Severity::High), alert(2, Severity::High)]
    );
    place.write(|batch| batch.retry(waiting[0].number, Micros(500)));
    place.write(|batch| batch.settle(waiting[1].number));
    assert!(due(&place, "hook", 499).is_empty());
    place.index = Index::open(&place.folder).unwrap();
    assert_eq!(due(&place, "hook", 500)[0].attempts, 1);
    place.write(|batch| batch.settle(waiting[0].number));
    assert_eq!(place.index.reader().waiting().unwrap(), 0);
}

#[test]
fn a_target_that_is_down_gives_up_by_itself() {
    let mut place = Place::new();
    let to = |target: &str, number| Delivery { target: target.into(), ..alert(number, Severity::High) };
    place.put(&sample(1));
    place.put(&sample(2));
    for alert in [to("dead", 1), to("live", 1), to("gone", 1)] {
        place.enqueue(&alert);
    }
    assert_eq!(place.write(|batch| batch.missed("dead", 2)), 0);
    place.enqueue(&to("dead", 2));
    assert_eq!(place.write(|batch| batch.missed("dead", 2)), 1, "the older one failed twice");
    let left: Vec<_> = due(&place, "dead", 100).into_iter().map(|one| (one.attempts, one.delivery)).collect();
    assert_eq!(left, [(1, to("dead", 2))]);
    assert_eq!(due(&place, "live", 100)[0].attempts, 0);
    assert_eq!(place.index.reader().targets().unwrap(), ["dead", "gone", "live"]);
    assert_eq!(place.write(|batch| batch.forget_target("gone")), 1);
    assert_eq!(place.index.reader().targets().unwrap(), ["dead", "live"]);
}

#[test]
fn tables_of_the_first_version_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let first = rusqlite::Connection::open(folder.layout().index()).unwrap();
    first.execute_batch(schema::TABLES).unwrap();
    first.execute_batch("INSERT INTO meta VALUES ('last_event', 7); PRAGMA user_version = 1").unwrap();
    drop(first);
    let index = Index::open(&folder).unwrap();
    assert_eq!(index.reader().last_event().unwrap(), Some(7));
    assert!(index.reader().due("hook", Micros(1), 1).unwrap().is_empty());
}

#[test]
fn retention_goes_by_age_then_by_worth() {
    let mut place = Place::new();
    for number in 1..=1200 {
        let severity = if number % 2 == 0 { Severity::Low } else { Severity::High };
        place.put(&Finding { severity, ..sample(number) });
    }
    place.write(|batch| batch.close(&id(1199), &closed(Rung::E3)));
    let keep = |keep_micros, keep_findings| Retention { keep_micros, keep_findings };
    let now = sample(1200).last_seen;
    assert_eq!(place.index.retain(now, &keep(199_000_000, 10_000)).unwrap(), 1000);
    assert_eq!(place.get(1000), None);
    assert!(place.get(1001).is_some());
    // 200 are left: the closed one goes, and the hundred low ones.
    assert_eq!(place.index.retain(now, &keep(u64::MAX, 99)).unwrap(), 101);
    let left = place.index.reader().findings(&Filter::default()).unwrap();
    assert!(left.iter().all(|finding| finding.severity == Severity::High && finding.closed.is_none()));
    assert_eq!(left.len(), 99);
}

#[test]
fn what_belongs_to_a_finding_goes_with_it_but_not_its_delivery() {
    let mut place = Place::new();
    place.put(&sample(1));
    place.enqueue(&alert(1, Severity::High));
    let now = sample(1).last_seen.plus(2);
    assert_eq!(place.index.retain(now, &Retention { keep_micros: 1, keep_findings: 10 }).unwrap(), 1);
    assert_eq!(place.index.reader().told(&id(1), "hook").unwrap(), None);
    assert_eq!(place.index.reader().waiting().unwrap(), 1);
}

#[test]
fn a_reader_sees_what_is_committed_and_cannot_write() {
    let mut place = Place::new();
    let reader = IndexReader::open(place.folder.layout()).unwrap();
    let mut batch = place.index.begin().unwrap();
    batch.put(&sample(1)).unwrap();
    assert_eq!(reader.finding(&id(1)).unwrap(), None);
    batch.commit().unwrap();
    assert_eq!(reader.finding(&id(1)).unwrap(), Some(sample(1)));
    assert!(reader.connection.execute("DELETE FROM finding", []).is_err());
}

#[test]
fn a_reader_needs_no_running_process() {
    let mut place = Place::new();
    place.put(&sample(1));
    let Place { _dir, folder, index } = place;
    drop(index);
    let reader = IndexReader::open(folder.layout()).unwrap();
    assert_eq!(reader.finding(&id(1)).unwrap(), Some(sample(1)));
}

#[test]
fn errors_name_the_file_and_the_remedy() {
    let place = Place::new();
    let empty = tempfile::tempdir().unwrap();
    let missing = IndexReader::open(&Layout::new(empty.path())).unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }), "{missing}");

    place.index.reader().connection.pragma_update(None, "user_version", 99).unwrap();
    let other = Index::open(&place.folder).unwrap_err();
    assert!(matches!(other, StoreError::Version { what: "index", found: 99, .. }), "{other}");
    assert!(other.to_string().contains("index.sqlite"), "{other}");

    let folder = Folder::open(empty.path()).unwrap();
    fs::write(folder.layout().index(), "no database at all, but long enough to be looked at").unwrap();
    let damaged = Index::open(&folder).unwrap_err();
    assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged:?}");
}
