//! A block for one place, and what must not take it away.

use std::sync::Arc;

use sortie_model::event::Cut;
use sortie_model::{Decision, Mode, Nature, Rule};

use crate::play::{Ask, Play};

const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/shop";

/// A service in observe, with one proven sink in block.
fn scoped() -> Play {
    let mut play = Play::new(Mode::Observe);
    play.customers(6);
    Arc::make_mut(&mut play.policy).scopes = vec![("POST /v1/hooks $.url".parse().unwrap(), Mode::Block)];
    play
}

#[test]
fn padding_does_not_get_past_it() {
    let mut play = scoped();
    assert_eq!(play.request_cut(66, "POST", "/v1/hooks", Vec::new(), Some(Cut::Bytes)), None);
    assert!(play.request_cut(66, "POST", "/v1/upload", Vec::new(), Some(Cut::Bytes)).is_some());
}

#[test]
fn a_hidden_redirect_does_not_get_past_it() {
    let mut play = scoped();
    let lure = "https://cdn.evil.example/r";
    let candidate = play.candidate("url", lure, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    play.ask(&Ask { url: lure, addresses: &["8.8.4.4"], hidden: true, credential: None });
    play.wait(100);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::HopWindow), "{verdict:#?}");
}

#[test]
fn a_mention_elsewhere_does_not_disarm_it() {
    let mut play = scoped();
    let target = "http://evil.example/x/7c9e66";
    let candidate = play.candidate("url", target, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(15);
    let candidate = play.candidate("website", target, Nature::Named);
    play.request(66, "POST", "/v1/profile", vec![candidate]).unwrap();
    play.wait(1);
    // The name points at an internal address by now.
    let (_, verdict) = play.dial(target, "10.1.2.3");
    assert!(verdict.decision.is_denied(), "{verdict:#?}");
}

#[test]
fn a_candidate_that_is_only_observed_does_not_hide_one_that_is_refused() {
    let mut play = Play::new(Mode::Observe);
    play.customers(6);
    let policy = Arc::make_mut(&mut play.policy);
    policy.scopes = vec![("POST /v1/hooks $.url".parse().unwrap(), Mode::Block)];
    policy.proven = vec!["/v1/hooks $.icon".parse().unwrap()];
    let candidates =
        vec![play.candidate("icon", METADATA, Nature::Named), play.candidate("url", METADATA, Nature::Named)];
    assert_eq!(play.request(66, "POST", "/v1/hooks", candidates), None);
}

#[test]
fn evidence_does_not_outlive_a_change_for_the_worse() {
    let mut play = Play::new(Mode::Block);
    play.customers(6);
    for _ in 0..5 {
        let (dial, _) = play.dial("http://partner.example/feed", "8.8.4.4");
        play.answer(dial, 200, None);
        play.wait(60_000);
    }
    let target = "http://partner.example/latest/meta-data";
    let candidate = play.candidate("url", target, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    let (_, verdict) = play.dial(target, "169.254.169.254");
    assert!(!verdict.own_evidence.is_some() && verdict.decision.is_denied(), "{verdict:#?}");
}

#[test]
fn a_dial_that_came_to_nothing_is_evidence_of_nothing() {
    let mut play = Play::new(Mode::Observe);
    for _ in 0..5 {
        play.dial("http://127.0.0.1:6379/", "127.0.0.1");
        play.wait(60_000);
    }
    let (_, verdict) = play.dial("http://127.0.0.1:6379/", "127.0.0.1");
    assert!(!verdict.own_evidence.is_some());
}

#[test]
fn a_refused_mention_and_its_retry_prove_nothing() {
    let mut play = Play::new(Mode::Block);
    let url = "http://10.20.0.7/v1/credit/77aa31f09b2c44de";
    for client in [66, 67] {
        let candidate = play.candidate("website", url, Nature::Named);
        play.request(client, "POST", "/v1/checkout", vec![candidate]).unwrap();
        play.wait(10);
        play.dial(url, "10.20.0.7");
        play.wait(300);
        play.dial(url, "10.20.0.7");
        play.wait(5_000);
    }
    let learned = play.learned();
    assert!(learned.sinks.iter().all(|(_, sink)| !sink.is_proven()), "{:#?}", learned.sinks);
}

/// A cut request that is held open might have ordered any dial, also the first that the service makes to
/// a destination of its own.
#[test]
fn what_the_operator_says_is_own_is_not_refused_for_what_a_stranger_holds_open() {
    let url = "http://169.254.169.254/latest/api/token";
    for (own, decision) in
        [(vec![], Decision::Deny(Rule::Wildcard)), (vec!["169.254.169.254:80".parse().unwrap()], Decision::Pass)]
    {
        let mut play = Play::new(Mode::Block);
        Arc::make_mut(&mut play.policy).own = own;
        play.request_cut(66, "POST", "/v1/upload", Vec::new(), Some(Cut::Bytes)).unwrap();
        play.wait(10);
        let (_, verdict) = play.dial(url, "169.254.169.254");
        assert_eq!(verdict.decision, decision, "{verdict:#?}");
    }
}

#[test]
fn what_the_operator_says_is_own_is_refused_for_an_order_of_a_path_it_never_showed() {
    let mut play = scoped();
    Arc::make_mut(&mut play.policy).own = vec!["169.254.169.254:80".parse().unwrap()];
    let token = "http://169.254.169.254/latest/api/token";
    let (dial, _) = play.dial(token, "169.254.169.254");
    play.answer(dial, 200, None);
    play.wait(60_000);
    let lure = "http://cdn.evil.example/r/7c9e66";
    let candidate = play.candidate("url", lure, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    let (dial, _) = play.dial(lure, "8.8.4.4");
    play.answer(dial, 302, Some(METADATA));
    play.wait(3);
    let verdict = play.judge(METADATA, "169.254.169.254").verdict;
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    let (_, verdict) = play.dial(token, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Pass, "{verdict:#?}");
}
