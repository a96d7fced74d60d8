//! How stories are told: which are accusations, and which of their dials is named.

use sortie_model::finding::{Action, FindingKind, Severity};
use sortie_model::policy::{Allow, AllowTarget};
use sortie_model::{Decision, Mode, Nature, Policy};

use crate::play::Play;

/// A customer's network behind a VPN, where webhooks are wanted.
fn with_allowed_network(mode: Mode) -> Play {
    let allow = Allow {
        sink: None,
        actor: None,
        to: AllowTarget::Net("10.9.0.0/16".parse().unwrap()),
        ports: Vec::new(),
        until: None,
        reason: "customer VPN".to_owned(),
    };
    Play::with(Policy { mode, allow: vec![allow], ..Policy::default() })
}

#[test]
fn an_allowed_order_accuses_nobody_wherever_it_goes() {
    for mode in [Mode::Observe, Mode::Block] {
        let mut play = with_allowed_network(mode);
        play.customers(5);
        let url = "http://hooks.customer.example/events";
        let candidate = play.candidate("url", url, Nature::Named);
        play.request(7, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.wait(10);
        let (dial, verdict) = play.dial(url, "10.9.0.1");
        assert_eq!(verdict.decision, Decision::Pass);
        play.answer(dial, 200, None);
        assert!(!play.findings.is_empty());
        for finding in play.findings.values() {
            assert_eq!((finding.kind, finding.severity), (FindingKind::OpenSink, Severity::Info), "{finding:#?}");
            assert!(finding.impact.is_empty(), "{finding:#?}");
        }
    }
}

#[test]
fn the_worst_dial_names_the_destination() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    for port in [22, 9000, 9200] {
        let url = format!("http://127.0.0.1:{port}/");
        let candidate = play.candidate("url", &url, Nature::Named);
        let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.wait(5);
        let (dial, _) = play.dial(&url, "127.0.0.1");
        if port == 9000 {
            play.answer(dial, 200, None);
        }
        play.end(request, Vec::new());
        play.wait(100);
    }
    let finding = play.finding("ssrf.honoured").expect("found");
    assert_eq!(finding.dials_total, 3);
    assert_eq!(finding.destination.port, Some(9000), "the port that answered, not the last one");
    assert_eq!(finding.decision.action, Action::WouldBlock);
}
