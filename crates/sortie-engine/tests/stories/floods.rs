//! Floods of mentions: what is sent to places that are no sinks takes nothing from what a sink obeys.

use std::net::IpAddr;
use std::sync::Arc;

use sortie_model::event::RequestBegan;
use sortie_model::{Actor, Decision, Endpoint, Method, Mode, Nature, Reference, Rule};

use crate::play::Play;

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
    for n in 0..1_000u32 {
        let mentions = (0..64).map(|i| play.candidate("q", &format!("http://h{n}-{i}.example/"), Nature::Value));
        let began = RequestBegan {
            request: Reference::local(1_000_000 + u64::from(n)),
            endpoint: Endpoint { method: Method::Get, host: None, template: "/v1/profile".into() },
            actor: Actor::by_address(IpAddr::from([198, 51, 100, (n % 200) as u8])),
            path: "/v1/profile".into(),
            request_id: None,
            candidates: mentions.map(Arc::new).collect(),
            cut: None,
            has_body: false,
            refused: None,
        };
        play.table.begin(play.now, &began, |_| false);
        play.table.end(play.now, began.request);
    }
    play.wait(60_000);
    let (_, verdict) = play.dial(PLANTED, "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}
