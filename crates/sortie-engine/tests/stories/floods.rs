//! Floods of mentions: what is sent to places that are no sinks takes nothing from what a sink obeys.

use std::net::IpAddr;
use std::sync::Arc;

use sortie_model::event::RequestBegan;
use sortie_model::{Actor, Decision, Endpoint, Method, Mode, Nature, Reference, Rule, limits};

use crate::play::{Ask, Play};

const PLANTED: &str = "http://evil.example/x/5f3a9c01";

fn settled() -> Play {
    let mut play = Play::new(Mode::Block);
    play.customers(6);
    play.checkouts(10);
    play
}

#[test]
fn mentions_in_flight_do_not_hide_an_order_at_a_proven_sink() {
    let mut play = settled();
    let order = play.candidate("url", PLANTED, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![order]).expect("nothing is known of the name");
    for n in 0..17 {
        let mentions = (0..64).map(|i| play.candidate(&format!("p{i}x{n}"), PLANTED, Nature::Value)).collect();
        play.request(100 + n, "GET", "/v1/profile", mentions).expect("no sink");
    }
    play.wait(15);
    let (_, verdict) = play.dial(PLANTED, "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn mentions_of_other_hosts_do_not_make_a_planted_order_forgotten() {
    let mut play = settled();
    let order = play.candidate("url", PLANTED, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![order]).expect("nothing is known of the name");
    play.end(request, Vec::new());
    play.wait(2_000);
    // The doors' table alone: what is learned stays as it is.
    for n in 0..1_600u32 {
        let mentions = (0..64).map(|i| play.candidate("q", &format!("http://h{n}-{i}.example/"), Nature::Value));
        let began = RequestBegan {
            request: Reference::local(1_000_000 + u64::from(n)),
            endpoint: Endpoint { method: Method::Get, host: None, template: "/v1/profile".into() },
            actor: Actor::by_address(IpAddr::from([198, 51, 100, (n % 200) as u8])),
            path: "/v1/profile".into(),
            request_id: None,
            candidates: mentions.map(Arc::new).collect(),
            cut: None,
            goes_on: false,
            names_file: false,
            refused: None,
        };
        play.table.begin(play.now, &began, |_| false);
        play.table.end(play.now, began.request, Some(200));
    }
    play.wait(60_000);
    let (_, verdict) = play.dial(PLANTED, "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn what_a_few_name_and_nobody_can_dial_leaves_the_inbound_door_shut() {
    let mut play = settled();
    // Some of them were obeyed before, so that their votes weigh more.
    for client in 100..110u8 {
        for n in 0..20u32 {
            let url = format!("http://a{n}.evil.example/{client:08x}");
            let candidate = play.candidate("url", &url, Nature::Named);
            let request = play.request(client, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
            if n == 0 && client % 2 == 0 {
                play.wait(20);
                let (dial, _) = play.dial(&url, "8.8.4.4");
                play.answer(dial, 200, None);
            }
            play.end(request, Vec::new());
            play.wait(100);
        }
    }
    play.wait(3_000);
    let learned = play.learned();
    let (_, sink) = learned.sinks.iter().find(|(key, _)| &*key.place.template == "/v1/hooks").expect("learned");
    assert!(sink.rho_so_far() < 0.2, "{}", sink.rho_so_far());
    let order = play.candidate("url", "http://billing.internal/v1/admin/export", Nature::Named);
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![order]), None);
}

/// Many orders at once for one host, each a small part of the explanation of each dial.
fn burst(play: &mut Play, size: u32, round: u32, address: &str) -> sortie_model::Verdict {
    let url = |n: u32| format!("https://zap.example/x/{round:04x}{n:04x}");
    for n in 0..size {
        let candidate = play.candidate("url", &url(n), Nature::Named);
        let request = play.request((n % 200) as u8, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.end(request, Vec::new());
    }
    play.wait(2_300);
    let mut last = None;
    for n in 0..size {
        let (dial, verdict) = play.ask(&Ask { url: &url(n), addresses: &[address], hidden: true, credential: None });
        play.answer(dial, 200, None);
        last = Some(verdict);
    }
    last.expect("some")
}

#[test]
fn bursts_of_orders_are_all_learned_from() {
    for (size, rounds) in [(40, 12), (250, 8)] {
        let mut play = Play::new(Mode::Block);
        for n in 0..8u8 {
            let url = format!("http://hooks{n}.example/events/{n:08x}");
            let candidate = play.candidate("url", &url, Nature::Named);
            let request = play.request(n, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
            play.end(request, Vec::new());
            play.wait(2_300);
            let (dial, _) = play.dial(&url, "8.8.8.8");
            play.answer(dial, 200, None);
            play.wait(3_000);
        }
        for round in 0..rounds {
            burst(&mut play, size, round, "8.8.4.4");
        }
        let verdict = burst(&mut play, 1, 99, "10.1.2.3");
        assert!(!verdict.own_evidence.is_some(), "{size}: {verdict:#?}");
    }
}

/// A thousand connections that stay open and name one host do not hide who ordered what.
#[test]
fn an_order_among_very_many_to_one_host_is_told_apart() {
    let mut play = settled();
    let order = play.candidate("url", "http://zap.example/x/5f3a9c01", Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![order]).expect("nothing is known of the name");
    for n in 0..4 * limits::WEIGHED_PROVEN as u32 {
        let other = play.candidate("url", &format!("http://zap.example/x/{n:08x}"), Nature::Named);
        play.request((100 + n % 100) as u8, "POST", "/v1/hooks", vec![other]).expect("nothing is known of the name");
    }
    play.wait(15);
    let (_, verdict) = play.dial("http://zap.example/x/5f3a9c01", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    let (explanation, order) = verdict.leading_order().expect("ordered");
    assert_eq!(order.request, request);
    assert!(explanation.share > 0.5, "{explanation:#?}");
    // Where the path is hidden, each of them may be it, and together they are.
    let ask = Ask { url: "https://zap.example/", addresses: &["10.1.2.3"], hidden: true, credential: None };
    let (_, verdict) = play.ask(&ask);
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    let mass: f64 = verdict.explanations.iter().map(|explanation| explanation.mass).sum();
    assert!((mass - 1.0).abs() < 1e-6, "{mass}");
    assert!(verdict.explanations.iter().all(|explanation| explanation.share < 0.01), "no one of them is it alone");
}

#[test]
fn votes_of_many_addresses_take_no_proof_away() {
    let mut play = settled();
    for n in 0..400u32 {
        let candidate = play.candidate("url", &format!("http://nothing{n}.example/"), Nature::Named);
        let request = play.request((n % 250) as u8, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.end(request, Vec::new());
        if n % 50 == 0 {
            play.wait(1_100);
        }
    }
    play.wait(2_000);
    let order = play.candidate("url", PLANTED, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![order]).expect("nothing is known of the name");
    play.wait(15);
    let (_, verdict) = play.dial(PLANTED, "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}
