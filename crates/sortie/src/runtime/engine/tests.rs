use std::net::IpAddr;

use sortie_model::finding::Severity;
use sortie_model::{Key, Micros, Mode, Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::gate::{Admission, EventQueue, Gate, GateSettings, InboundHead};
use sortie_store::checkpoint::Checkpoints;
use sortie_store::folder::Folder;
use sortie_store::index::{Filter, IndexReader, Retention};
use sortie_store::journal::Settings;

use super::*;
use crate::alerts::Alerting;
use crate::config::checked::{Alert, AlertTarget};
use crate::runtime::{Gates, Told, recover};

/// An engine that is worked by hand, behind a gate that refuses orders at `/v1/preview`.
struct Place {
    folder: Arc<Folder>,
    gate: Arc<Gate>,
    engine: Engine,
}

impl Place {
    fn new(root: &std::path::Path) -> Self {
        Self::with(root, Settings::default(), &[])
    }

    /// Reads what is there to its end.
    fn with(root: &std::path::Path, settings: Settings, alerts: &[Alert]) -> Self {
        let folder = Arc::new(Folder::open(root).unwrap());
        let name = ServiceName::from("test");
        let proven = vec!["GET /v1/preview query url".parse().unwrap()];
        let policy = Arc::new(Policy { mode: Mode::Block, proven, ..Policy::default() });
        let recovered = recover(&folder, settings).unwrap();
        let clock = Clock::start();
        let (queue, events) = EventQueue::new(recovered.next, 1_000);
        let key = Key::new(&[7; Key::LENGTH]);
        let gate = Gate::new(GateSettings::new(name.clone(), key), clock, queue.clone(), policy);
        let parts = Parts {
            state: recovered.state,
            journal: recovered.journal,
            index: recovered.index,
            checkpoints: recovered.checkpoints,
            layout: folder.layout().clone(),
            retention: Retention::default(),
            events,
            queue,
            clock,
            gates: Gates::from([(name, Arc::clone(&gate))]),
            told: Arc::new(Told::default()),
            alerting: Arc::new(Alerting::new(alerts)),
        };
        let mut engine = Engine::new(parts);
        assert!(engine.catch_up());
        Self { folder, gate, engine }
    }

    /// Orders a dial to metadata from the given client: a story of its own.
    fn attack(&self, client: u8) {
        let admission = self.gate.admit(&InboundHead {
            method: "GET",
            target: "/v1/preview?url=http://169.254.169.254/latest/meta-data/",
            host: "shop.example",
            fields: &[("host", b"shop.example")],
            client: IpAddr::from([198, 51, 100, client]),
            content_length: None,
            has_body: false,
            asks_upgrade: false,
        });
        assert!(matches!(admission, Admission::Refuse(_)));
    }

    fn indexed(&self) -> usize {
        IndexReader::open(self.folder.layout()).unwrap().findings(&Filter::default()).unwrap().len()
    }

    fn troubles(&self) -> Vec<Part> {
        self.engine.parts.told.health().troubles.into_iter().map(|(part, _)| part).collect()
    }

    /// Makes every finding's write fail, or no more.
    fn break_index(&self, is_broken: bool) {
        let other = rusqlite::Connection::open(self.folder.layout().index()).unwrap();
        let statement = if is_broken {
            "CREATE TRIGGER broken BEFORE INSERT ON finding BEGIN SELECT RAISE(ABORT, 'broken'); END"
        } else {
            "DROP TRIGGER broken"
        };
        other.execute_batch(statement).unwrap();
    }
}

#[test]
fn no_checkpoint_covers_a_finding_that_the_index_lacks() {
    let root = tempfile::tempdir().unwrap();
    let mut place = Place::new(root.path());
    place.break_index(true);
    place.attack(7);
    place.engine.round();
    place.engine.checkpoint();
    assert_eq!(place.troubles(), [Part::Index]);
    assert!(!place.folder.layout().checkpoint_newest().exists());

    // Killed here: the next process learns of it from the journal.
    place.break_index(false);
    drop(place);
    let place = Place::new(root.path());
    assert_eq!(place.indexed(), 1);
}

#[test]
fn an_index_that_works_again_gets_what_waited() {
    let root = tempfile::tempdir().unwrap();
    let mut place = Place::new(root.path());
    place.break_index(true);
    place.attack(7);
    place.engine.round();
    place.break_index(false);
    place.engine.checkpoint();
    assert_eq!((place.indexed(), place.troubles()), (1, vec![]));
    assert_eq!(Checkpoints::open(&place.folder, super::super::recover::STATE).unwrap().1.checkpoint.unwrap().event, 1);
}

#[test]
fn alerts_of_findings_that_only_the_journal_has_are_queued_once() {
    let root = tempfile::tempdir().unwrap();
    let place = Place::new(root.path());
    place.attack(7);
    let told: Vec<Event> = place.engine.parts.events.try_iter().collect();
    let mut place = place;
    place.engine.write(&told);
    drop(place);
    let alerts = [Alert { to: AlertTarget::Stdout, min: Severity::Low }];
    // Killed again before anything else happened: the journal is read once more.
    for start in ["the first", "the second"] {
        let place = Place::with(root.path(), Settings::default(), &alerts);
        assert_eq!(place.engine.parts.index.reader().waiting().unwrap(), 1, "{start} start");
    }
}

#[test]
fn a_damaged_record_is_passed_over_and_told() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::open(root.path()).unwrap();
    let settings = Settings { segment_bytes: 1, ..Settings::default() };
    let (mut journal, _) = sortie_store::journal::Writer::open(&folder, settings).unwrap();
    for number in 1..=3 {
        journal.append(&[Event { number, at: Micros(number), service: None, what: What::Tick }]).unwrap();
        journal.sync().unwrap();
    }
    drop(journal);
    // A torn block that is no longer in the newest segment.
    let segment = folder.layout().segment(2);
    let length = std::fs::metadata(&segment).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(length - 1).unwrap();
    drop(folder);
    let place = Place::with(root.path(), settings, &[]);
    let health = place.engine.parts.told.health();
    assert_eq!((place.engine.parts.state.last, health.unreadable, health.behind), (3, 1, None));
}

#[test]
fn what_the_doors_tell_while_the_journal_is_read_is_learned_behind_it() {
    let root = tempfile::tempdir().unwrap();
    let mut place = Place::new(root.path());
    place.attack(7);
    let told: Vec<Event> = place.engine.parts.events.try_iter().collect();
    place.engine.write(&told);
    // In the journal and not learned; now the doors go on, and the engine begins to read.
    place.attack(8);
    assert!(place.engine.catch_up());
    assert_eq!((place.engine.parts.state.last, place.indexed()), (2, 2));
    let (mine, doors) = (place.engine.parts.state.inflight(place.gate.name()), place.gate.sizes());
    assert_eq!(mine.map(sortie_engine::inflight::InFlight::sizes), Some(doors));
}

#[test]
fn a_story_that_only_grows_is_kept_at_the_end() {
    let root = tempfile::tempdir().unwrap();
    let mut place = Place::new(root.path());
    let orders = |place: &Place| {
        IndexReader::open(place.folder.layout()).unwrap().findings(&Filter::default()).unwrap()[0].requests_total
    };
    place.attack(7);
    place.engine.round();
    assert_eq!(orders(&place), 1);
    for _ in 0..5 {
        place.attack(7);
    }
    place.engine.drain();
    place.engine.checkpoint();
    assert_eq!(orders(&place), 6);
}

/// Stands for an engine that fails at the orders of one client.
fn fails_at_seven(state: &mut State, event: &Event, policies: &Policies) -> Vec<Fact> {
    if let What::RequestBegan(began) = &event.what {
        assert_ne!(began.actor.address, IpAddr::from([198, 51, 100, 7]));
    }
    State::step(state, event, policies)
}

#[test]
fn an_event_that_the_engine_fails_at_is_passed_over_and_counted() {
    let root = tempfile::tempdir().unwrap();
    let mut place = Place::new(root.path());
    place.engine.step = fails_at_seven;
    for client in [7, 8, 7, 9] {
        place.attack(client);
    }
    assert!(place.engine.round());
    assert_eq!((place.indexed(), place.engine.parts.told.health().passed_over), (2, 2));
    place.attack(7);
    place.attack(10);
    place.engine.drain();
    assert_eq!((place.indexed(), place.engine.parts.told.health().passed_over), (3, 3));
}
