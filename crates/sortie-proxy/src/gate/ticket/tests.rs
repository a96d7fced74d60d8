//! Bodies that are judged while they come.

use std::net::IpAddr;
use std::sync::mpsc::Receiver;

use sortie_model::event::What;
use sortie_model::policy::Scope;
use sortie_model::{Event, Mode, Policy, Rule};

use super::super::{Admission, InboundHead};
use super::*;
use sortie_engine::websocket::Message;

/// A request with a body, to a sink that the operator has proven.
fn hook(mode: Mode) -> (Ticket, Receiver<Event>) {
    hook_at("POST /hooks $.url", mode)
}

fn hook_at(sink: &str, mode: Mode) -> (Ticket, Receiver<Event>) {
    let sink: Scope = sink.parse().unwrap();
    let (gate, events) = Gate::for_tests(Policy { mode, proven: vec![sink], ..Policy::default() });
    let admission = gate.admit(&InboundHead {
        method: "POST",
        target: "/hooks",
        host: "a",
        fields: &[],
        client: IpAddr::from([198, 51, 100, 7]),
        content_length: None,
        has_body: true,
        asks_upgrade: false,
    });
    let Admission::Pass(ticket) = admission else { panic!("{admission:?}") };
    (ticket, events)
}

fn form(text: &str) -> InboundBody<'_> {
    let content_type = Some("application/x-www-form-urlencoded");
    InboundBody { content_type, content_encoding: None, bytes: text.as_bytes(), complete: false }
}

fn inspected(events: &Receiver<Event>) -> Vec<RequestInspected> {
    let inspected =
        |event: Event| if let What::RequestInspected(inspected) = event.what { Some(*inspected) } else { None };
    events.try_iter().filter_map(inspected).collect()
}

#[test]
fn half_a_destination_is_not_refused_and_does_not_go_on() {
    let (mut ticket, events) = hook(Mode::Block);
    assert_eq!(ticket.inspect_beginning(&form("a=1&url=http://10.")), Ok(Release::WithMore));
    assert_eq!(ticket.inspect_beginning(&form("a=1&url=http://10.example/x&")), Ok(Release::Now));
    let told = inspected(&events);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].candidates.len(), 1, "half of it was no candidate");
}

#[test]
fn an_order_is_refused_while_more_is_to_come() {
    let (mut ticket, events) = hook(Mode::Block);
    let refusal = ticket.inspect_beginning(&form("url=http://10.0.0.1/x&pad=")).unwrap_err();
    assert_eq!(refusal.status, 403);
    let told = inspected(&events);
    assert_eq!(told[0].refused.map(|refused| refused.rule), Some(Rule::OrderedDeny));
}

/// Has a body read byte by byte until that is too much work. Returns what became of the last byte.
fn wear_out(ticket: &mut Ticket) -> Release {
    let text = format!("pad={}", "x".repeat(32 * 1024));
    for length in 1_000..text.len() {
        if ticket.inspect_beginning(&form(&text[..length])).unwrap() == Release::WithMore {
            return Release::WithMore;
        }
    }
    Release::Now
}

#[test]
fn what_is_too_much_work_waits_at_a_proven_sink_in_block() {
    let (mut ticket, events) = hook(Mode::Block);
    assert_eq!(wear_out(&mut ticket), Release::WithMore);
    assert!(ticket.active.as_ref().unwrap().worked < limits::BEGINNINGS_WORK + limits::EXTRACTION_WORK);
    // The whole is read in any case, and what is slow is not refused.
    ticket.inspect(&InboundBody { complete: true, ..form("pad=xx&url=http://hooks.example/x") }).unwrap();
    let told = inspected(&events);
    assert_eq!(told.iter().map(|told| (told.candidates.len(), told.cut)).collect::<Vec<_>>(), [(1, None)]);
}

#[test]
fn what_is_too_much_work_goes_on_elsewhere_and_makes_a_wildcard() {
    let (mut ticket, events) = hook(Mode::Shadow);
    assert_eq!(wear_out(&mut ticket), Release::Now);
    ticket.inspect(&InboundBody { complete: true, ..form("pad=xx") }).unwrap();
    let told = inspected(&events);
    assert_eq!(told.iter().map(|told| (told.cut, told.refused)).collect::<Vec<_>>(), [(Some(Cut::Count), None)]);
    assert_eq!(ticket.active.as_ref().unwrap().gate.counters.wildcards.get(), 1);
}

#[test]
fn what_cannot_be_read_waits_at_a_proven_sink_and_is_refused_at_the_end() {
    let (mut ticket, _events) = hook(Mode::Block);
    let packed = InboundBody { content_encoding: Some("compress"), ..form("url=") };
    assert_eq!(ticket.inspect_beginning(&packed), Ok(Release::WithMore));
    assert_eq!(ticket.inspect(&InboundBody { complete: true, ..packed }).unwrap_err().status, 415);
}

#[test]
fn a_body_brings_so_many_candidates_whatever_its_pieces() {
    let (mut ticket, events) = hook(Mode::Observe);
    let mut text = String::new();
    for n in 0..2 * limits::CANDIDATES {
        text = format!("u=http://h{n}.example/&");
        ticket.inspect_beginning(&form(&text)).unwrap();
    }
    ticket.inspect(&form(&text)).unwrap();
    let told = inspected(&events);
    assert_eq!(told.iter().map(|told| told.candidates.len()).sum::<usize>(), limits::CANDIDATES);
    assert!(told.iter().any(|told| told.cut == Some(Cut::Count)));
}

#[test]
fn trailers_are_read_as_header_fields() {
    let (mut ticket, events) = hook_at("POST /hooks header x-callback", Mode::Block);
    ticket.inspect(&InboundBody { complete: true, ..form("pad=xx") }).unwrap();
    let fields: [(&str, &[u8]); 2] = [("referer", b"http://a/page"), ("x-callback", b"http://hooks.example/x")];
    ticket.inspect_trailers(&fields).unwrap();
    let told = inspected(&events);
    assert_eq!(told.iter().map(|told| told.candidates.len()).collect::<Vec<_>>(), [1], "but not its own host");
    assert_eq!(&*told[0].candidates[0].parameter, "header:x-callback");
    let refusal = ticket.inspect_trailers(&[("x-callback", b"http://10.0.0.1/x")]).unwrap_err();
    assert_eq!(refusal.status, 403);
    assert_eq!(inspected(&events)[0].refused.map(|refused| refused.rule), Some(Rule::OrderedDeny));
}

fn message(text: &str) -> Message {
    Message { bytes: text.into(), is_whole: true }
}

#[test]
fn a_message_is_refused_where_a_body_would_be() {
    let order = message(r#"{"url":"http://10.0.0.1/x"}"#);
    let packed = message("\u{1}\u{0}\u{12}\u{93}");
    for (message, status) in [(&order, 403), (&packed, 415)] {
        let (mut ticket, events) = hook(Mode::Block);
        assert_eq!(ticket.inspect_message(message).unwrap_err().status, status);
        assert!(inspected(&events)[0].refused.is_some_and(|refused| refused.is_enforced()));
        let (mut ticket, _events) = hook(Mode::Shadow);
        assert_eq!(ticket.inspect_message(message), Ok(Reading::GoesOn));
    }
    let (mut ticket, events) = hook_at("POST /other $.url", Mode::Block);
    assert_eq!(ticket.inspect_message(&packed), Ok(Reading::GoesOn));
    assert!(inspected(&events).is_empty(), "it orders nothing where nothing is ordered");
}

#[test]
fn a_connection_may_be_older_than_the_proof_of_its_endpoint() {
    let (mut ticket, _events) = hook_at("POST /other $.url", Mode::Block);
    // Only where a sink is known do semicolons separate pairs.
    let order = message("a=1;note=http://10.0.0.1/");
    assert_eq!(ticket.inspect_message(&order), Ok(Reading::GoesOn));
    let proven = vec!["POST /hooks $.note".parse::<Scope>().unwrap()];
    let gate = Arc::clone(&ticket.active.as_ref().unwrap().gate);
    gate.set_policy(Arc::new(Policy { mode: Mode::Block, proven, ..Policy::default() }));
    assert_eq!(ticket.inspect_message(&order).unwrap_err().status, 403);
}

#[test]
fn messages_are_read_until_that_is_too_much_work() {
    let (mut ticket, events) = hook(Mode::Block);
    let text = message(&"x ".repeat(16_000));
    let read = |_: &usize| ticket.inspect_message(&text).expect("it is not refused") == Reading::Over;
    let count = (1..10_000).find(read).expect("it ends");
    assert!(count > 3, "{count}");
    assert!(ticket.active.as_ref().unwrap().worked < limits::BEGINNINGS_WORK + limits::EXTRACTION_WORK);
    let told = inspected(&events);
    assert_eq!(told.iter().map(|told| (told.cut, told.refused)).collect::<Vec<_>>(), [(Some(Cut::Upgrade), None)]);
}
