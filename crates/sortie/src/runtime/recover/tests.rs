use std::net::IpAddr;

use sortie_model::event::{Event, What};
use sortie_model::finding::Severity;
use sortie_model::{Micros, Mode, Policy};
use sortie_proxy::gate::{Admission, Gate, InboundHead};

use super::*;
use crate::config::checked::AlertTarget;

type Policies = BTreeMap<ServiceName, Arc<Policy>>;

fn policies() -> Policies {
    let proven = vec!["GET /v1/preview query url".parse().unwrap()];
    let policy = Policy { mode: Mode::Block, proven, ..Policy::default() };
    BTreeMap::from([("test".into(), Arc::new(policy))])
}

/// What a gate tells of a refused order.
fn events() -> Vec<Event> {
    let (gate, events) = Gate::for_tests(Policy::clone(&policies()[&ServiceName::from("test")]));
    let admission = gate.admit(&InboundHead {
        method: "GET",
        target: "/v1/preview?url=http://169.254.169.254/latest/meta-data/",
        host: "shop.example",
        fields: &[("host", b"shop.example")],
        client: IpAddr::from([198, 51, 100, 7]),
        content_length: None,
        has_body: false,
    });
    assert!(matches!(admission, Admission::Refuse(_)));
    events.try_iter().collect()
}

#[test]
fn alerts_of_findings_that_only_the_journal_has_are_queued_once() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let (mut journal, _) = Writer::open(&folder, Settings::default()).unwrap();
    journal.append(&events()).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let alerts = [Alert { to: AlertTarget::Stdout, min: Severity::Low }];
    // Killed again before anything else happened: the journal is read once more.
    for start in ["the first", "the second"] {
        let recovered = recover(&folder, Settings::default(), &policies(), &alerts).unwrap();
        assert_eq!(recovered.index.reader().waiting().unwrap(), 1, "{start} start");
    }
}

#[test]
fn a_damaged_record_does_not_keep_the_program_from_starting() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let settings = Settings { segment_bytes: 1, ..Settings::default() };
    let (mut journal, _) = Writer::open(&folder, settings).unwrap();
    for number in 1..=3 {
        journal.append(&[Event { number, at: Micros(number), service: None, what: What::Tick }]).unwrap();
        journal.sync().unwrap();
    }
    drop(journal);
    // A torn block that is no longer in the newest segment.
    let segment = folder.layout().segment(2);
    let length = std::fs::metadata(&segment).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(length - 1).unwrap();
    let recovered = recover(&folder, settings, &policies(), &[]).unwrap();
    assert_eq!(recovered.state.last, 3);
}
