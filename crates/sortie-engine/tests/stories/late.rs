//! Orders whose time is over, and calls of the service's own that look like them.

use sortie_model::event::What;
use sortie_model::finding::Severity;
use sortie_model::{Decision, Micros, Mode, Nature, Reference, Rule, limits};

use crate::play::Play;

const FIRST_CALL: &str = "http://newsvc.internal/ping";
const ADDRESS: &str = "10.20.0.77";

/// A service with a proven sink and own calls, that runs for a while.
fn settled(age: u64) -> Play {
    let mut play = Play::new(Mode::Block);
    play.customers(15);
    play.checkouts(10);
    play.wait(age);
    play
}

/// A client names what the service will call.
fn names(play: &mut Play, client: u8, url: &str) -> Reference {
    let candidate = play.candidate("url", url, Nature::Named);
    play.request(client, "POST", "/v1/hooks", vec![candidate]).expect("nothing is known of the name")
}

/// An innocent client makes the service call its new neighbour for the first time, and again.
fn calls_pass(play: &mut Play, note: &str) {
    for n in 0..4 {
        let ping = play.request(200 + n, "GET", "/v1/ping", Vec::new()).expect("admitted");
        play.wait(5);
        let (dial, verdict) = play.dial(FIRST_CALL, ADDRESS);
        assert_eq!(verdict.decision, Decision::Pass, "{note}, call {n}: {verdict:#?}");
        assert!(verdict.p_ordered < 0.5, "{note}, call {n}: {}", verdict.p_ordered);
        play.answer(dial, 200, None);
        play.end(ping, Vec::new());
        play.wait(1_000);
    }
    let accusations = || play.findings.values().filter(|finding| finding.severity > Severity::Low);
    assert_eq!(accusations().count(), 0, "{note}: {:#?}", accusations().collect::<Vec<_>>());
}

#[test]
fn a_rejected_order_blocks_no_first_own_call() {
    for age in [1_000, 3_600_000, 3 * 86_400_000] {
        for delay in [0, 15, 200, 1_500, 5_000, 150_000, 7_200_000] {
            let mut play = settled(age);
            let request = names(&mut play, 66, FIRST_CALL);
            play.wait(2);
            play.end_with(request, 401, Vec::new());
            play.wait(delay);
            calls_pass(&mut play, &format!("age {age}, delay {delay}"));
        }
    }
}

#[test]
fn a_flood_of_rejected_orders_blocks_no_first_own_call() {
    let mut play = settled(3_600_000);
    for n in 0..200u8 {
        let request = names(&mut play, n, FIRST_CALL);
        play.wait(2);
        play.end_with(request, 403, Vec::new());
        play.wait(20);
    }
    calls_pass(&mut play, "flood");
}

#[test]
fn an_order_far_later_than_its_place_obeys_blocks_no_first_own_call() {
    for delay in [5_000, 150_000, 7_200_000] {
        let mut play = settled(3_600_000);
        let request = names(&mut play, 66, FIRST_CALL);
        play.end(request, Vec::new());
        play.wait(delay);
        calls_pass(&mut play, &format!("delay {delay}"));
    }
}

#[test]
fn an_order_that_was_refused_blocks_no_first_own_call_later() {
    let mut play = settled(3_600_000);
    let request = names(&mut play, 66, FIRST_CALL);
    play.wait(15);
    let (_, verdict) = play.dial(FIRST_CALL, ADDRESS);
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny));
    play.end(request, Vec::new());
    play.wait(90_000);
    let (_, verdict) = play.dial(FIRST_CALL, ADDRESS);
    assert_eq!(verdict.decision, Decision::Pass, "{verdict:#?}");
}

#[test]
fn a_rejected_order_blocks_no_first_own_call_at_a_new_place() {
    let mut play = Play::new(Mode::Block);
    play.checkouts(3);
    let request = names(&mut play, 66, FIRST_CALL);
    play.wait(2);
    play.end_with(request, 401, Vec::new());
    play.wait(200);
    calls_pass(&mut play, "cold");
}

#[test]
fn rejected_orders_do_not_vote() {
    let mut play = settled(1_000);
    for n in 0..100u8 {
        let request = names(&mut play, n, &format!("http://nothing{n}.example/"));
        play.end_with(request, 401, Vec::new());
        play.wait(100);
    }
    play.wait(3_000);
    let learned = play.learned();
    let (_, sink) = learned.sinks.iter().find(|(key, _)| &*key.place.template == "/v1/hooks").expect("learned");
    assert!(sink.rho() > 0.9, "{}", sink.rho());
}

#[test]
fn an_order_is_stopped_though_its_answer_is_an_error() {
    let mut play = settled(1_000);
    let request = names(&mut play, 66, "http://evil.example/");
    play.wait(15);
    let (_, verdict) = play.dial("http://evil.example/", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny));
    play.end_with(request, 400, Vec::new());
    play.wait(1);
    let (_, verdict) = play.dial("http://evil.example/", "10.1.2.3");
    assert!(verdict.decision.is_denied(), "the retry of it: {verdict:#?}");
}

#[test]
fn a_place_that_obeys_what_it_rejects_is_learned() {
    let mut play = Play::new(Mode::Block);
    let order = |play: &mut Play, client: u8, url: &str, address: &str| {
        let request = names(play, client, url);
        play.wait(2);
        play.end_with(request, 422, Vec::new());
        play.wait(4_000);
        let (dial, verdict) = play.dial(url, address);
        play.answer(dial, 200, None);
        play.wait(60_000);
        verdict
    };
    for n in 0..24u8 {
        order(&mut play, n, &format!("http://site{n}.example/page/{n:016x}"), "8.8.8.8");
    }
    let verdict = order(&mut play, 66, "http://evil.example/x/5f3a9c01d2e4", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn a_webhook_an_hour_later_is_an_order_where_that_is_usual() {
    let mut play = Play::new(Mode::Block);
    let order = |play: &mut Play, client: u8, url: &str, address: &str| {
        let request = names(play, client, url);
        play.wait(30);
        play.end(request, Vec::new());
        play.wait(3_600_000);
        let (dial, verdict) = play.dial(url, address);
        play.answer(dial, 200, None);
        play.now = Micros(play.now.0 + 60_000_000);
        verdict
    };
    for n in 0..12u8 {
        order(&mut play, n, &format!("http://site{n}.example/hook"), "8.8.8.8");
    }
    let verdict = order(&mut play, 66, "http://evil.example/hook", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

/// The door judges a dial just before it lets go of the request that ordered it, and the engine, which is told of the
/// dial later, just after. The vote that the offer was in vain is taken back.
#[test]
fn an_order_at_the_end_of_its_exchanges_time_counts() {
    let mut play = Play::new(Mode::Observe);
    for n in 0..6 {
        let url = format!("http://subscriber{n}.example/events/{n:08x}");
        let candidate = play.candidate("url", &url, Nature::Named);
        let request = play.request(n, "POST", "/v1/subscriptions", vec![candidate]).expect("admitted");
        play.end_with(request, 201, Vec::new());
        play.now = play.now.plus(limits::AFTER_END_MICROS);
        // The engine alone.
        play.tell(What::Tick);
        let (dial, verdict) = play.dial(&url, "8.8.8.8");
        assert!(verdict.leading_order().is_some_and(|(_, order)| !order.stored), "{verdict:#?}");
        play.answer(dial, 200, None);
        play.wait(10_000);
    }
    let learned = play.learned();
    let sink = learned.sinks.values().next().expect("a place is known");
    assert!(sink.is_proven() && sink.rho() > 0.5, "{sink:#?}");
}

const INTERNAL: &str = "http://10.20.0.9/admin/7f3a";

/// Customers whose webhooks fire late, and then a client's own late one behind others of his at the same host.
fn planted_behind(others: u8, are_obeyed: bool) -> Play {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    for n in 0..6_u8 {
        let url = format!("http://late{n}.example/events/{n:08x}");
        let candidate = play.candidate("url", &url, Nature::Named);
        let request = play.request(20 + n, "POST", "/v1/hooks", vec![candidate]).unwrap();
        play.end(request, Vec::new());
        play.wait(30_000);
        let (dial, _) = play.dial(&url, "8.8.8.8");
        play.answer(dial, 200, None);
        play.wait(1_000);
    }
    let lure = "http://cdn.evil.example/go/8f14e45f";
    let candidate = play.candidate("url", lure, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.end(request, Vec::new());
    for n in 0..others {
        let url = format!("http://cdn.evil.example/ok/{n:08x}");
        let candidate = play.candidate("url", &url, Nature::Named);
        let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
        play.wait(20);
        if are_obeyed {
            let (dial, _) = play.dial(&url, "8.8.4.4");
            play.answer(dial, 200, None);
        }
        play.end(request, Vec::new());
        play.wait(2_000);
    }
    play.wait(5_000);
    let (dial, _) = play.dial(lure, "8.8.4.4");
    play.answer(dial, 302, Some(INTERNAL));
    play.wait(3);
    play
}

/// Nobody makes his own order forgotten by more of them.
#[test]
fn a_client_cannot_push_out_what_he_planted() {
    for (others, are_obeyed) in [(3, true), (12, true), (40, true), (12, false), (40, false)] {
        let mut play = planted_behind(others, are_obeyed);
        let (_, verdict) = play.dial(INTERNAL, "10.20.0.9");
        assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{others} {are_obeyed}: {verdict:#?}");
        let (_, order) = verdict.leading_order().expect("an order");
        assert_eq!(order.actor.id().to_string(), "198.51.100.66");
    }
}
