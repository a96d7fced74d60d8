use sortie_model::event::RequestBegan;
use sortie_model::{Actor, Key, Method, PathDigest};

use super::*;

fn began(number: u64) -> RequestBegan {
    RequestBegan {
        request: Reference::local(number),
        endpoint: Endpoint { method: Method::Get, host: None, template: Arc::from("/") },
        actor: Actor::by_address([198, 51, 100, 7].into()),
        path: "/".into(),
        request_id: None,
        candidates: Vec::new(),
        cut: None,
        goes_on: false,
        names_file: false,
        refused: None,
    }
}

#[test]
fn what_ended_a_moment_ago_makes_room_before_its_time() {
    let mut inflight = InFlight::default();
    let many = limits::JUST_ENDED as u64 + 10;
    for number in 0..many {
        assert!(inflight.begin(Micros(number), &began(number), |_| false), "{number}");
        inflight.end(Micros(number), Reference::local(number), Some(200));
        if inflight.is_full(true) {
            assert!(!inflight.expire(Micros(number), |_| false).is_empty());
        }
    }
    assert!(inflight.sizes().0 <= limits::JUST_ENDED);
    assert!(inflight.request(Reference::local(0)).is_none(), "the oldest goes first");
    assert!(inflight.request(Reference::local(many - 1)).is_some());
}

#[test]
fn requests_in_flight_have_room_of_their_own() {
    let mut inflight = InFlight::default();
    let many = limits::IN_FLIGHT as u64;
    for number in 0..many {
        assert!(inflight.begin(Micros(0), &began(number), |_| false));
    }
    assert!(inflight.is_full(true) && !inflight.begin(Micros(0), &began(many), |_| false));
    assert!(inflight.expire(Micros(0), |_| false).is_empty(), "none of them is over");
    inflight.end(Micros(1), Reference::local(0), Some(200));
    inflight.end(Micros(1), Reference::local(0), Some(200));
    assert!(inflight.begin(Micros(1), &began(many + 1), |_| false));
    assert!(inflight.is_full(true), "an end counts once");
    inflight.forget(Reference::local(1));
    assert!(!inflight.is_full(true) && inflight.is_full(false));
}

#[test]
fn a_request_that_the_doors_table_had_no_room_for_is_in_neither() {
    let mut inflight = InFlight::default();
    let began = RequestBegan { cut: Some(Cut::TableFull), ..began(1) };
    assert!(!inflight.begin(Micros(0), &began, |_| false));
    assert_eq!((inflight.sizes(), inflight.open_windows(Micros(0)).count()), ((0, 0), 1));
}

#[test]
fn of_very_many_orders_some_stand_for_all() {
    let key = Key::new(&[1; Key::LENGTH]);
    let mut inflight = InFlight::default();
    let many = 5 * limits::WEIGHED_PROVEN as u64 - 3;
    for number in 0..many {
        let order = crate::extract::single(&format!("http://zap.example/x/{number}"), &key).expect("a URL");
        let actor = Actor::by_address([198, 51, 100, (number % 20) as u8].into());
        let began = RequestBegan { actor, candidates: vec![Arc::new(order)], ..began(number) };
        assert!(inflight.begin(Micros(number), &began, |_| true));
    }
    let host = Host::name("zap.example");
    for start in [0.0, 0.3, 0.999] {
        let picked: Vec<_> = inflight.candidates_of(&host, Pick { path: None, start }).collect();
        let stand_for: f64 = picked.iter().map(|(_, stands_for)| stands_for).sum();
        assert!((stand_for - many as f64).abs() < 1e-6, "{stand_for}");
        assert!(picked.len() <= 2 * limits::WEIGHED_PROVEN);
    }
    let path = Some(PathDigest::of("/x/7", &key).fingerprint());
    let first = inflight.candidates_of(&host, Pick { path, start: 0.0 }).next().expect("some");
    assert_eq!((first.0.id.request, first.1), (Reference::local(7), 1.0), "the very path that is dialled");
    (0..many).for_each(|number| inflight.forget(Reference::local(number)));
    assert!(inflight.candidates_of(&host, Pick { path, start: 0.0 }).next().is_none());
    assert_eq!(inflight.sizes(), (0, 0));
}

#[test]
fn a_message_is_over_whatever_becomes_of_its_connection() {
    let candidate = crate::extract::single("http://h.example/x", &Key::new(&[1; Key::LENGTH])).map(Arc::new);
    let mut inflight = InFlight::default();
    assert!(inflight.begin(Micros(0), &began(1), |_| false));
    for (at, part) in [(10, Part::Body), (20, Part::Message)] {
        inflight.add_candidates(Micros(at), Reference::local(1), part, candidate.as_slice(), |_| false);
    }
    let all = |inflight: &InFlight| -> Vec<_> {
        inflight.candidates_in(Reference::local(1)).map(|live| (live.at, live.progress)).collect()
    };
    assert_eq!(all(&inflight), [(Micros(10), Progress::Open), (Micros(20), Progress::Ended)]);
    inflight.interrupted(Micros(30));
    assert_eq!(all(&inflight), [(Micros(10), Progress::Failed), (Micros(20), Progress::Ended)]);
}

#[test]
fn a_label_is_found_by_the_hosts_that_it_is_part_of() {
    let mut inflight = InFlight::default();
    let head = crate::extract::Head { target: "/status?tenant=Acme", fields: &[], sinks: &[] };
    let candidates = crate::extract::from_head(&head, &Key::new(&[1; 32])).candidates.into_iter().map(Arc::new);
    let request = RequestBegan { candidates: candidates.collect(), ..began(1) };
    inflight.begin(Micros(0), &request, |_| false);
    let pick = Pick { path: None, start: 0.0 };
    let found = |inflight: &InFlight, host: &str| inflight.candidates_of(&Host::parse(host), pick).count();
    for host in ["acme.apps.example", "eu.acme.example"] {
        assert_eq!(found(&inflight, host), 1, "{host}");
    }
    for host in ["acmes.example", "x-acme.example", "apps.acme", "acme", "10.20.0.5"] {
        assert_eq!(found(&inflight, host), 0, "{host}");
    }
    let live = inflight.request(Reference::local(1)).expect("it is in flight");
    assert!(live.hosts.is_empty() && live.names(&Host::name("acme.apps.example")));
    inflight.end(Micros(1), Reference::local(1), Some(200));
    inflight.expire(Micros(2).plus(limits::AFTER_END_MICROS), |_| false);
    assert_eq!(found(&inflight, "acme.apps.example"), 1, "it is remembered");
    inflight.expire(Micros(3).plus(limits::REMEMBERED_MICROS), |_| false);
    assert_eq!((found(&inflight, "acme.apps.example"), inflight.sizes()), (0, (0, 0)));
}
