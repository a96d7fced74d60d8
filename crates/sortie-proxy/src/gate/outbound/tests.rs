use sortie_model::event::{Event, What};
use sortie_model::policy::{Locality, Scope};
use sortie_model::{Mode, Policy};

use super::super::{Admission, AnswerPrefix, InboundBody, InboundHead, Ticket};
use super::*;

const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

fn policy(mode: Mode) -> Policy {
    let proven: Scope = "POST /v1/preview $.url".parse().unwrap();
    Policy { mode, proven: vec![proven], ..Policy::default() }
}

fn admit(gate: &Arc<Gate>, target: &str, body: Option<&str>) -> Result<Ticket, super::super::Refusal> {
    let head = InboundHead {
        method: "POST",
        target,
        host: "shop.example",
        fields: &[("host", b"shop.example"), ("content-type", b"application/json")],
        client: IpAddr::from([198, 51, 100, 7]),
        content_length: body.map(|b| b.len() as u64),
        has_body: body.is_some(),
        asks_upgrade: false,
    };
    let mut ticket = match gate.admit(&head) {
        Admission::Pass(ticket) => ticket,
        Admission::Refuse(refusal) => return Err(refusal),
    };
    if let Some(body) = body {
        let content_type = Some("application/json");
        ticket.inspect(&InboundBody {
            content_type,
            content_encoding: None,
            bytes: body.as_bytes(),
            complete: true,
        })?;
    }
    Ok(ticket)
}

fn dial<'a>(host: &str, address: &str, port: u16, target: &'a str) -> OutboundDial<'a> {
    OutboundDial {
        destination: Destination::new(Host::parse(host), port),
        addresses: std::iter::once(address.parse().unwrap()).collect(),
        further_hosts: SmallVec::new(),
        carrier: Carrier::Absolute,
        scheme: Some(Scheme::Http),
        request: Some(VisibleRequest { method: "GET", target, fields: &[] }),
        via: 0,
    }
}

fn class(event: Event) -> Option<AddressClass> {
    if let What::Dialled(dialled) = event.what { Some(dialled.dial.class) } else { None }
}

fn told(events: &std::sync::mpsc::Receiver<Event>) -> Vec<Event> {
    events.try_iter().collect()
}

#[test]
fn events_are_told_in_the_order_of_their_numbers() {
    let (gate, events) = Gate::for_tests(policy(Mode::Observe));
    let ticket = admit(&gate, "/v1/preview", Some("{}")).unwrap();
    let (record, permit) = gate.judge(dial("hooks.example", "8.8.8.8", 80, "/x")).commit();
    assert_eq!(permit.unwrap().addresses(), ["8.8.8.8".parse::<IpAddr>().unwrap()]);
    record.ended(10, 20);
    ticket.end(Some(200), 3);
    let events = told(&events);
    assert!(events.is_sorted_by(|a, b| a.number < b.number));
    assert!(matches!(events.first().unwrap().what, What::RequestBegan(_)));
    assert!(matches!(events.last().unwrap().what, What::RequestEnded(_)));
}

#[test]
fn nothing_is_told_of_a_judgement_that_was_not_committed() {
    let (gate, events) = Gate::for_tests(policy(Mode::Observe));
    drop(gate.judge(dial("hooks.example", "8.8.8.8", 80, "/x")));
    assert!(told(&events).is_empty());
}

#[test]
fn own_listeners_are_never_dialled_not_even_when_off() {
    let (queue, _events) = super::super::EventQueue::new(1, 16);
    let mut settings = super::super::GateSettings::new("test".into(), sortie_model::Key::new(&[1; 32]));
    settings.listeners.closed = vec!["127.0.0.1:3128".parse().unwrap()];
    let gate = Gate::new(settings, crate::clock::Clock::start(), queue, Arc::new(policy(Mode::Observe)));
    for off in [false, true] {
        gate.set_off(off);
        for (host, address) in [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("a.example", "::ffff:127.0.0.1")] {
            assert!(gate.judge(dial(host, address, 3128, "/")).commit().1.is_err(), "{address}");
        }
        assert!(gate.judge(dial("127.0.0.1", "127.0.0.1", 3129, "/")).commit().1.is_ok());
    }
}

#[test]
fn an_inbound_door_is_loopback_wherever_it_listens() {
    let (queue, events) = super::super::EventQueue::new(1, 16);
    let mut settings = super::super::GateSettings::new("test".into(), sortie_model::Key::new(&[1; 32]));
    settings.listeners.inbound = vec!["10.0.0.7:8080".parse().unwrap()];
    let gate = Gate::new(settings, crate::clock::Clock::start(), queue, Arc::new(policy(Mode::Observe)));
    for (address, port) in [("10.0.0.7", 8080), ("10.0.0.7", 8081), ("10.0.0.8", 8080)] {
        drop(gate.judge(dial(address, address, port, "/")).commit());
    }
    let classes: Vec<_> = told(&events).into_iter().filter_map(class).collect();
    assert_eq!(classes, [AddressClass::Loopback, AddressClass::Private, AddressClass::Private]);
}

#[test]
fn of_several_addresses_the_denied_one_counts() {
    let policy = Policy { deny: vec![AddressClass::Private, AddressClass::LinkLocal], ..policy(Mode::Block) };
    let (gate, events) = Gate::for_tests(policy);
    let _ticket = admit(&gate, "/v1/preview", Some(r#"{"url":"http://hooks.example/x"}"#)).unwrap();
    let mut mixed = dial("hooks.example", "127.0.0.1", 80, "/x");
    assert!(!gate.judge(mixed.clone()).is_denied(), "loopback alone is not denied here");
    mixed.addresses.push("10.0.0.5".parse().unwrap());
    assert!(gate.judge(mixed).commit().1.is_err());
    let classes: Vec<_> = told(&events).into_iter().filter_map(class).collect();
    assert_eq!(classes, [AddressClass::Private]);
}

#[test]
fn behind_a_remote_door_its_own_host_is_never_dialled_not_even_when_off() {
    let (gate, _events) = Gate::for_tests(Policy { locality: Locality::Remote, ..policy(Mode::Observe) });
    for off in [false, true] {
        gate.set_off(off);
        for address in ["127.0.0.1", "169.254.169.254", "169.254.7.7", "::1"] {
            assert!(gate.judge(dial("a.example", address, 80, "/")).commit().1.is_err(), "{address} {off}");
        }
        assert!(gate.judge(dial("a.example", "10.0.0.7", 80, "/")).commit().1.is_ok(), "{off}");
    }
}

#[test]
fn behind_a_remote_door_an_inbound_door_is_reached_by_own_calls() {
    let (queue, _events) = super::super::EventQueue::new(1, 16);
    let mut settings = super::super::GateSettings::new("test".into(), sortie_model::Key::new(&[1; 32]));
    settings.listeners.inbound = vec!["10.0.0.7:8080".parse().unwrap()];
    let remote = Policy { locality: Locality::Remote, ..policy(Mode::Observe) };
    let gate = Gate::new(settings, crate::clock::Clock::start(), queue, Arc::new(remote));
    assert!(gate.judge(dial("10.0.0.7", "10.0.0.7", 8080, "/")).commit().1.is_ok());
}

#[test]
fn a_loop_is_cut_by_via() {
    let (gate, _events) = Gate::for_tests(policy(Mode::Observe));
    let asked = |via| OutboundDial { via, ..dial("127.0.0.1", "127.0.0.1", 8080, "/") };
    assert!(gate.judge(asked(LOOP_LIMIT)).commit().1.is_ok());
    assert!(gate.judge(asked(LOOP_LIMIT + 1)).commit().1.is_err());
}

#[test]
fn while_off_nothing_is_judged_or_told() {
    let (gate, events) = Gate::for_tests(policy(Mode::Block));
    gate.set_off(true);
    let ticket = admit(&gate, "/v1/preview", Some(&format!("{{\"url\":\"{METADATA}\"}}"))).unwrap();
    assert!(gate.judge(dial("169.254.169.254", "169.254.169.254", 80, "/latest/meta-data/")).commit().1.is_ok());
    drop(ticket);
    assert!(told(&events).is_empty());
}

#[test]
fn a_denied_dial_has_a_reference_and_no_progress() {
    let (gate, events) = Gate::for_tests(Policy { locality: Locality::Remote, ..policy(Mode::Observe) });
    let (record, denied) = gate.judge(dial("127.0.0.1", "127.0.0.1", 80, "/")).commit();
    assert_eq!(denied.unwrap_err().reference, record.reference());
    drop(record);
    assert_eq!(told(&events).len(), 1);
}

#[test]
fn a_redirect_is_followed_through_bytes_beyond_ascii_and_bytes_that_do_not_read() {
    for location in ["http://169.254.169.254/latest?é", "http://"] {
        let (gate, _events) = Gate::for_tests(policy(Mode::Block));
        let _ticket = admit(&gate, "/v1/preview", Some(r#"{"url":"http://hooks.example/r"}"#)).unwrap();
        let (mut record, permit) = gate.judge(dial("hooks.example", "8.8.8.8", 80, "/r")).commit();
        assert!(permit.is_ok());
        record.answered(302, [("location", location.as_bytes())]);
        record.ended(0, 0);
        let hop = dial("169.254.169.254", "169.254.169.254", 80, "/latest");
        assert!(gate.judge(hop).is_denied(), "{location}");
    }
}

#[test]
fn an_unreadable_redirect_of_an_own_call_opens_no_window() {
    let (gate, _events) = Gate::for_tests(policy(Mode::Block));
    let (mut record, _) = gate.judge(dial("own.example", "8.8.8.8", 80, "/r")).commit();
    record.answered(302, [("location", &b"http://"[..])]);
    assert!(!gate.judge(dial("169.254.169.254", "169.254.169.254", 80, "/latest")).is_denied());
}

/// An answer of one text to a dial that a proven sink ordered.
fn ordered_answer(gate: &Arc<Gate>, fields: &[(&str, &[u8])]) -> (Ticket, DialRecord) {
    let ticket = admit(gate, "/v1/preview", Some(r#"{"url":"http://hooks.example/r"}"#)).unwrap();
    let (mut record, permit) = gate.judge(dial("hooks.example", "8.8.8.8", 80, "/r")).commit();
    assert!(permit.is_ok());
    record.answered(200, fields.iter().copied());
    (ticket, record)
}

fn page(content_type: &'static str, bytes: &'static [u8]) -> AnswerPrefix<'static> {
    AnswerPrefix { content_type: Some(content_type), content_encoding: None, bytes, complete: true }
}

/// The rule by which a dial to link-local is refused now.
fn refused_by(gate: &Arc<Gate>) -> Option<Rule> {
    gate.judge(dial("169.254.7.7", "169.254.7.7", 80, "/x")).dialled.verdict.decision.rule()
}

#[test]
fn what_an_ordered_answer_names_is_an_order() {
    let fields: [&[(&str, &[u8])]; 2] =
        [&[("refresh", b"0; url=http://169.254.7.7/x")], &[("link", b"<http://169.254.7.7/x>; rel=preload")]];
    for fields in fields {
        let (gate, _events) = Gate::for_tests(policy(Mode::Block));
        let (_ticket, mut record) = ordered_answer(&gate, fields);
        record.answer_body(&page("text/plain", b"ok"));
        assert_eq!(refused_by(&gate), Some(Rule::OrderedDeny), "{fields:?}");
    }
    let (gate, events) = Gate::for_tests(policy(Mode::Block));
    let (_ticket, mut record) = ordered_answer(&gate, &[]);
    record.answer_body(&page("text/html", b"<meta property=og:image content=http://169.254.7.7/x>"));
    assert_eq!(refused_by(&gate), Some(Rule::OrderedDeny));
    let told = told(&events).into_iter().filter_map(|event| match event.what {
        What::DialProgressed(progressed) => Some(progressed.targets),
        _ => None,
    });
    assert_eq!(told.flatten().map(|target| target.destination.to_string()).collect::<Vec<_>>(), ["169.254.7.7:80"]);
}

#[test]
fn an_answer_may_name_anything_until_it_is_read() {
    let (gate, _events) = Gate::for_tests(policy(Mode::Block));
    let (_ticket, mut record) = ordered_answer(&gate, &[]);
    assert_eq!(refused_by(&gate), Some(Rule::HopWindow));
    record.answer_body(&page("text/html", b"<p>nothing"));
    assert_eq!(refused_by(&gate), None);
    record.answer_body(&AnswerPrefix { complete: false, ..page("text/html", b"<p>more") });
    assert_eq!(refused_by(&gate), Some(Rule::HopWindow), "for as long as hops are followed");
}

#[test]
fn answers_to_own_calls_are_not_searched() {
    let (gate, events) = Gate::for_tests(policy(Mode::Block));
    let (mut record, _) = gate.judge(dial("own.example", "8.8.8.8", 80, "/r")).commit();
    record.answered(200, [("link", &b"<http://169.254.7.7/x>"[..])]);
    assert_eq!(record.answer_bytes(), 0);
    record.answer_body(&page("text/html", b"<img src=http://169.254.7.7/x>"));
    assert_eq!(refused_by(&gate), None);
    record.ended(0, 0);
    assert_eq!(told(&events).iter().filter(|event| matches!(event.what, What::DialProgressed(_))).count(), 1);
}
