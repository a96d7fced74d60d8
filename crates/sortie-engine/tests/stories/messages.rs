//! Messages of connections that left HTTP and stay open for hours.

use sortie_model::{Decision, Mode, Nature, Policy, Rule};

use crate::play::Play;

const HOUR: u64 = 3_600_000;
const INTERNAL: &str = "http://10.20.0.7/admin/7f3a";

/// A service at whose connections messages order dials: it obeyed so many.
fn obeying(mode: Mode, orders: u8) -> Play {
    let mut play = Play::new(mode);
    let connection = play.request(1, "GET", "/ws", Vec::new()).expect("admitted");
    for n in 0..orders {
        let url = format!("http://hooks{n}.example/events/{n:08x}");
        play.wait(HOUR);
        let candidate = play.candidate("url", &url, Nature::Named);
        play.message(connection, vec![candidate]);
        play.wait(20);
        let (dial, verdict) = play.dial(&url, "8.8.8.8");
        let (explanation, order) = verdict.leading_order().expect("an order");
        assert_eq!((order.request, order.delay), (connection, 20_000), "after {n} hours");
        assert!(explanation.mass > 0.5, "after {n} hours: {verdict:#?}");
        play.answer(dial, 200, None);
    }
    play
}

#[test]
fn an_order_is_as_old_as_its_message() {
    let play = obeying(Mode::Observe, 3);
    assert!(play.learned().has_proven_sink("/ws"), "and a place of messages is proven as any other");
}

#[test]
fn what_a_message_orders_at_a_proven_place_is_stopped() {
    let mut play = obeying(Mode::Block, 4);
    let connection = play.request(2, "GET", "/ws", Vec::new()).expect("admitted");
    play.wait(HOUR);
    let candidate = play.candidate("url", INTERNAL, Nature::Named);
    play.message(connection, vec![candidate]);
    play.wait(20);
    let (_, verdict) = play.dial(INTERNAL, "10.20.0.7");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn that_answers_over_a_websocket_are_not_read_is_said() {
    let mut play = obeying(Mode::Observe, 4);
    let connection = play.request(2, "GET", "/ws", Vec::new()).expect("admitted");
    let candidate = play.candidate("url", INTERNAL, Nature::Named);
    play.message(connection, vec![candidate]);
    play.wait(20);
    let (dial, _) = play.dial(INTERNAL, "10.20.0.7");
    play.answer(dial, 200, None);
    let finding = play.finding("ssrf.honoured").expect("found");
    assert!(finding.unseen.iter().any(|text| text.contains("WebSocket")), "{:?}", finding.unseen);
}

/// An order that was not obeyed in its time is none for as long as its connection lasts.
#[test]
fn a_message_of_long_ago_is_no_order_at_a_proven_place() {
    let mut play = obeying(Mode::Block, 4);
    let connection = play.request(2, "GET", "/ws", Vec::new()).expect("admitted");
    let candidate = play.candidate("url", "http://stock.internal/stock", Nature::Named);
    play.message(connection, vec![candidate]);
    play.wait(2 * HOUR);
    let (_, verdict) = play.dial("http://stock.internal/stock", "10.66.0.5");
    assert!(!verdict.decision.is_denied(), "{verdict:#?}");
}

#[test]
fn a_message_is_fresh_for_as_long_as_a_request_that_ended() {
    for (wait, is_stopped) in [(30, true), (1_900, true), (2_100, false), (HOUR, false)] {
        let mut play = Play::with(Policy { mode: Mode::Block, ..Policy::default() });
        let connection = play.request(1, "GET", "/ws", Vec::new()).expect("admitted");
        play.wait(HOUR);
        let candidate = play.candidate("url", INTERNAL, Nature::Named);
        play.message(connection, vec![candidate]);
        play.wait(wait);
        let (_, verdict) = play.dial(INTERNAL, "10.20.0.7");
        assert_eq!(verdict.decision == Decision::Deny(Rule::ColdExact), is_stopped, "{wait} ms: {verdict:#?}");
    }
}

#[test]
fn a_remark_in_a_message_accuses_nobody_of_the_first_own_call() {
    for wait in [47, 2_000, HOUR] {
        let mut play = Play::new(Mode::Block);
        let connection = play.request(1, "GET", "/ws", Vec::new()).expect("admitted");
        play.wait(300);
        let candidate = play.candidate("text", "http://stock.internal:8081/stock", Nature::Prose);
        play.message(connection, vec![candidate]);
        play.wait(wait);
        for _ in 0..3 {
            let request = play.request(2, "GET", "/v1/stock", Vec::new()).expect("admitted");
            play.wait(4);
            let (dial, verdict) = play.dial("http://stock.internal:8081/stock", "10.66.0.5");
            assert!(!verdict.decision.is_denied(), "{wait}: {verdict:#?}");
            play.answer(dial, 200, None);
            play.end(request, Vec::new());
            play.wait(700);
        }
        assert!(
            play.findings.values().all(|finding| finding.kind.as_str() == "sink.open"),
            "{wait}: {:#?}",
            play.findings
        );
    }
}
