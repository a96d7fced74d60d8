//! What the gate takes in, and what it does when its table is full.

use std::net::IpAddr;

use sortie_engine::extract;
use sortie_engine::inflight::{CandidateId, Progress};
use sortie_model::event::{Cut, RequestBegan, What};
use sortie_model::{Actor, Candidate, Method, Mode, Policy, Rule, limits};

use super::*;

fn head(target: &str) -> InboundHead<'_> {
    InboundHead {
        method: "GET",
        target,
        host: "shop.example",
        fields: &[("host", b"shop.example")],
        client: IpAddr::from([198, 51, 100, 7]),
        content_length: None,
        has_body: false,
        asks_upgrade: false,
    }
}

fn admit(gate: &Arc<Gate>, target: &str) -> Admission {
    gate.admit(&head(target))
}

fn fill(gate: &Arc<Gate>, count: usize, target: &str) -> Vec<Ticket> {
    let pass = |_| match admit(gate, target) {
        Admission::Pass(ticket) => ticket,
        Admission::Refuse(refusal) => panic!("{refusal:?}"),
    };
    (0..count).map(pass).collect()
}

/// How the inspection of each request was cut, by its head or by its body.
fn cuts(events: &std::sync::mpsc::Receiver<sortie_model::Event>) -> Vec<Option<Cut>> {
    let cut = |event: sortie_model::Event| match event.what {
        What::RequestBegan(began) => Some(began.cut),
        What::RequestInspected(inspected) => Some(inspected.cut),
        _ => None,
    };
    events.try_iter().filter_map(cut).collect()
}

fn policy(mode: Mode) -> Policy {
    Policy { mode, proven: vec!["GET /v1/preview query url".parse().unwrap()], ..Policy::default() }
}

#[test]
fn a_request_that_the_table_has_no_room_for_is_refused_at_a_proven_sink() {
    let (gate, events) = Gate::for_tests(policy(Mode::Block));
    let tickets = fill(&gate, limits::IN_FLIGHT, "/v1/preview");
    let target = "/v1/preview?url=http://hooks.example/";
    let Admission::Refuse(refusal) = admit(&gate, target) else { panic!("it passed") };
    assert_eq!(refusal.status, 413);
    assert!(matches!(admit(&gate, "/news"), Admission::Pass(_)), "elsewhere it goes on");
    let began = events.try_iter().filter_map(|event| match event.what {
        What::RequestBegan(began) if began.request == refusal.reference => Some(began),
        _ => None,
    });
    let told: Vec<_> = began.map(|began| (began.cut, began.refused.map(|refused| refused.rule))).collect();
    assert_eq!(told, [(Some(Cut::TableFull), Some(Rule::CutInspection))]);
    drop(tickets);
}

#[test]
fn a_full_table_refuses_nothing_in_observe() {
    let (gate, _events) = Gate::for_tests(policy(Mode::Observe));
    let tickets = fill(&gate, limits::IN_FLIGHT, "/v1/preview");
    assert!(matches!(admit(&gate, "/v1/preview?url=http://hooks.example/"), Admission::Pass(_)));
    assert_eq!(gate.counters().requests_would_refuse.get(), 1);
    drop(tickets);
}

#[test]
fn requests_elsewhere_leave_room_for_those_at_a_proven_sink() {
    let (gate, events) = Gate::for_tests(policy(Mode::Block));
    let tickets = fill(&gate, limits::IN_FLIGHT_UNPROVEN, "/news");
    assert!(cuts(&events).iter().all(Option::is_none));
    let more = fill(&gate, limits::IN_FLIGHT - limits::IN_FLIGHT_UNPROVEN + 1, "/news");
    assert!(cuts(&events).iter().all(|cut| *cut == Some(Cut::TableFull)));
    let Admission::Pass(ticket) = admit(&gate, "/v1/preview?url=http://hooks.example/") else { panic!("refused") };
    let id = CandidateId { request: ticket.reference().expect("it is followed"), index: 0 };
    assert_eq!(cuts(&events), [None]);
    assert!(gate.table.lock().inflight.candidate(id).is_some());
    drop((tickets, more));
}

#[test]
fn candidates_elsewhere_leave_room_for_those_at_a_proven_sink() {
    let (gate, events) = Gate::for_tests(policy(Mode::Block));
    let with_body = |target| {
        let Admission::Pass(ticket) = gate.admit(&InboundHead { has_body: true, ..head(target) }) else {
            panic!("{target} was refused")
        };
        ticket
    };
    let (elsewhere, early) = (with_body("/news"), with_body("/v1/preview"));
    fill_with_candidates(&gate);
    let late = with_body("/v1/preview");
    assert_eq!(cuts(&events), [None, None, None]);
    let tickets = fill(&gate, 1, "/news");
    assert_eq!(cuts(&events), [Some(Cut::TableFull)]);

    let body = InboundBody {
        content_type: Some("application/json"),
        content_encoding: None,
        bytes: br#"{"to":"http://hooks.example/"}"#,
        complete: true,
    };
    for (mut ticket, cut, is_entered) in
        [(elsewhere, Some(Cut::TableFull), false), (early, None, true), (late, None, true)]
    {
        ticket.inspect(&body).expect("it passes");
        assert_eq!(cuts(&events), [cut]);
        let id = CandidateId { request: ticket.reference().expect("it is followed"), index: 0 };
        assert_eq!(gate.table.lock().inflight.candidate(id).is_some(), is_entered);
    }
    assert_eq!(gate.counters().wildcards.get(), 2);
    drop(tickets);
}

/// A request elsewhere.
fn began(candidates: Vec<Arc<Candidate>>) -> RequestBegan {
    RequestBegan {
        request: Reference::local(0),
        endpoint: Endpoint { method: Method::Get, host: None, template: "/news".into() },
        actor: Actor::by_address(IpAddr::from([198, 51, 100, 7])),
        path: "/news".into(),
        request_id: None,
        candidates,
        cut: None,
        goes_on: false,
        names_file: false,
        refused: None,
    }
}

/// As many candidates of requests elsewhere as there may be, by the shortest way.
fn fill_with_candidates(gate: &Gate) {
    /// What head and body together may have.
    const PER_REQUEST: usize = 2 * limits::CANDIDATES;
    let candidate = extract::single("http://hooks.example/", &gate.settings.key).expect("a URL");
    let mut began = began(std::iter::repeat_n(Arc::new(candidate), PER_REQUEST).collect());
    let mut table = gate.table.lock();
    for number in 0..limits::HELD_CANDIDATES_UNPROVEN / PER_REQUEST {
        began.request = Reference::local(1_000_000 + number as u64);
        assert!(table.inflight.begin(Micros(0), &began, |_| false));
    }
}

#[test]
fn a_tick_closes_all_that_is_over_however_much_that_is() {
    let (gate, _events) = Gate::for_tests(Policy::default());
    let mut began = began(Vec::new());
    for number in 0..=3 * CLOSED_AT_A_STRETCH as u64 {
        began.request = Reference::local(number);
        let inflight = &mut gate.table.lock().inflight;
        assert!(inflight.begin(Micros(0), &began, |_| false));
        inflight.end(Micros(0), began.request, Some(200));
    }
    gate.tick();
    assert_eq!(gate.sizes(), (0, 0));
}

#[test]
fn its_own_host_is_a_candidate_of_a_request_only_where_it_is_proven_to_be_dialled() {
    let candidates = |proven: Vec<_>| {
        let (gate, events) = Gate::for_tests(Policy { proven, ..Policy::default() });
        drop(admit(&gate, "/v1/preview"));
        let began = events.try_iter().find_map(|event| match event.what {
            What::RequestBegan(began) => Some(began),
            _ => None,
        });
        began.expect("a request began").candidates.len()
    };
    assert_eq!(candidates(Vec::new()), 0);
    assert_eq!(candidates(vec!["GET /v1/preview header host".parse().unwrap()]), 1);
}

#[test]
fn what_stands_at_a_proven_sink_is_read_in_every_way() {
    let status = |target| match admit(&Gate::for_tests(policy(Mode::Block)).0, target) {
        Admission::Refuse(refusal) => Some(refusal.status),
        Admission::Pass(_) => None,
    };
    assert_eq!(status("/v1/preview?url=user@169.254.22584/latest"), Some(403));
    assert_eq!(status("/v1/preview?other=user@169.254.22584/latest"), None);
    assert_eq!(status("/v1/preview?url=report-17"), None);
}

#[test]
fn a_format_that_is_not_read_counts_only_where_something_is_ordered() {
    let inspect = |target, content_type| {
        let (gate, events) = Gate::for_tests(policy(Mode::Block));
        let admission = gate.admit(&InboundHead { has_body: true, content_length: Some(3), ..head(target) });
        let Admission::Pass(mut ticket) = admission else { panic!("{admission:?}") };
        let content_type = Some(content_type);
        let body = InboundBody { content_type, content_encoding: None, bytes: b"a b", complete: true };
        let judged = ticket.inspect(&body).map_err(|refusal| refusal.status);
        drop(ticket);
        let is_told = events.try_iter().any(|event| matches!(event.what, What::RequestInspected(_)));
        (judged, is_told)
    };
    assert_eq!(inspect("/v1/preview", "application/x-own"), (Err(415), true));
    assert_eq!(inspect("/v1/preview", "text/plain"), (Ok(()), false));
    assert_eq!(inspect("/news", "application/x-own"), (Ok(()), false));
}

#[test]
fn the_status_of_an_answer_reaches_the_table() {
    let (gate, _events) = Gate::for_tests(Policy::default());
    for (status, progress) in [(Some(401), Progress::Rejected), (Some(200), Progress::Ended), (None, Progress::Failed)]
    {
        let Admission::Pass(ticket) = admit(&gate, "/v1/preview?url=http://hooks.example/") else { panic!("refused") };
        let id = CandidateId { request: ticket.reference().expect("it is followed"), index: 0 };
        ticket.end(status, 0);
        let table = gate.table.lock();
        assert_eq!(table.inflight.candidate(id).map(|live| live.progress), Some(progress), "{status:?}");
    }
}

#[test]
fn a_virtual_host_is_one_on_any_port_unless_it_names_one() {
    let (queue, events) = EventQueue::new(1, 16);
    let mut settings = GateSettings::new("test".into(), Key::new(&[1; Key::LENGTH]));
    settings.hosts = vec!["api.example".into(), "www.example:8080".into()];
    let gate = Gate::new(settings, Clock::start(), queue, Arc::new(Policy::default()));
    for (host, endpoint) in [
        ("api.example", Some("api.example")),
        ("API.example:8080", Some("api.example")),
        ("www.example:8080", Some("www.example:8080")),
        ("www.example", None),
        ("www.example:81", None),
        ("other.example", None),
    ] {
        drop(gate.admit(&InboundHead { host, ..head("/") }));
        let began = events.try_iter().find_map(|event| match event.what {
            What::RequestBegan(began) => Some(began),
            _ => None,
        });
        assert_eq!(began.unwrap().endpoint.host.as_deref(), endpoint, "{host}");
    }
}

#[test]
fn other_spellings_of_a_proven_endpoint_are_that_endpoint() {
    let (gate, _events) = Gate::for_tests(policy(Mode::Block));
    for path in
        ["/v1/preview", "//x/v1/preview", "/v1\\preview", "/http:/../v1/preview", "/v1/localhost/%2e%2e/preview"]
    {
        let Admission::Refuse(refusal) = admit(&gate, &format!("{path}?url=http://169.254.169.254/")) else {
            panic!("{path} passed")
        };
        assert_eq!(refusal.status, 403, "{path}");
    }
    assert!(matches!(admit(&gate, "/x/v1/preview?url=http://169.254.169.254/"), Admission::Pass(_)));
}
