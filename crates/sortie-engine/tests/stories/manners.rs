//! One place, several ways of writing: what is proven for one holds for the others.

use sortie_model::candidate::{CandidateKind, Decoding};
use sortie_model::finding::Severity;
use sortie_model::{Candidate, Decision, Mode, Nature, Rule};

use crate::play::Play;

const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/shop";
const OWN: &str = "http://billing.internal/v1/credit/c1000";

/// What a client writes without its scheme.
fn without_scheme(play: &Play, url: &str, nature: Nature) -> Candidate {
    let mut candidate = play.candidate("url", url, nature);
    candidate.manner.kind = CandidateKind::Authority;
    candidate.scheme = None;
    candidate
}

#[test]
fn a_place_for_destinations_is_proven_however_it_is_written() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let bare = without_scheme(&play, METADATA, Nature::Named);
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![bare]), None);
    let mut encoded = play.candidate("url", METADATA, Nature::Named);
    encoded.manner.decodings = encoded.manner.decodings.with(Decoding::Base64);
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![encoded]), None);
}

#[test]
fn a_place_that_says_nothing_is_proven_however_it_is_written() {
    let mut play = search_box();
    let pasted = play.candidate("q", METADATA, Nature::Value);
    assert_eq!(play.request(66, "GET", "/v1/search", vec![pasted]), None);
    for text in ["169.254.169.254", "169.254.169.254:80/latest/"] {
        let mut bare = play.candidate("q", text, Nature::Value);
        bare.host = sortie_model::Host::parse("169.254.169.254");
        bare.manner.kind = if text.contains('/') { CandidateKind::Authority } else { CandidateKind::Host };
        assert_eq!(play.request(67, "GET", "/v1/search", vec![bare]), None, "{text}");
    }
    // Nothing is known of the name before it is dialled.
    let bare = play.candidate("q", "evil.example", Nature::Value);
    play.request(67, "GET", "/v1/search", vec![bare]).expect("admitted");
    play.wait(15);
    let (_, verdict) = play.dial("http://evil.example/", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn words_that_are_only_looked_for_are_no_orders() {
    let mut play = search_box();
    for n in 0..6_u8 {
        let word = play.candidate("q", &format!("site{n}.example"), Nature::Value);
        let request = play.request(n, "GET", "/v1/search", vec![word]).expect("admitted");
        play.wait(10);
        play.end(request, Vec::new());
        play.wait(3_000);
    }
    let word = play.candidate("q", "169.254.169.254", Nature::Value);
    assert!(play.request(67, "GET", "/v1/search", vec![word]).is_some(), "a word that is looked for");
    let pasted = play.candidate("q", METADATA, Nature::Value);
    assert_eq!(play.request(66, "GET", "/v1/search", vec![pasted]), None);
    let mut prose = play.candidate("q", "10.1.2.3", Nature::Prose);
    prose.manner.kind = CandidateKind::Composed;
    assert!(play.request(68, "GET", "/v1/search", vec![prose]).is_some(), "prose is proven by the operator alone");
}

/// A search box that previews pasted links.
fn search_box() -> Play {
    let mut play = Play::new(Mode::Block);
    for n in 0..6_u8 {
        let url = format!("http://site{n}.example/page/{n:08x}");
        let candidate = play.candidate("q", &url, Nature::Value);
        let request = play.request(n, "GET", "/v1/search", vec![candidate]).expect("admitted");
        play.wait(15);
        let (dial, _) = play.dial(&url, "8.8.8.8");
        play.answer(dial, 200, None);
        play.end(request, Vec::new());
        play.wait(2_000);
    }
    play
}

#[test]
fn a_way_of_writing_that_is_ignored_is_not_proven_by_another() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    for n in 0..4_u8 {
        let bare = without_scheme(&play, &format!("http://site{n}.example/"), Nature::Named);
        let request = play.request(n, "POST", "/v1/hooks", vec![bare]).expect("admitted");
        play.end(request, Vec::new());
        play.wait(2_000);
    }
    let bare = without_scheme(&play, METADATA, Nature::Named);
    assert!(play.request(66, "POST", "/v1/hooks", vec![bare]).is_some(), "the service does not dial that");
}

#[test]
fn orders_that_nobody_can_dial_do_not_end_a_cold_start() {
    for (clients, status) in [(1, 200), (8, 500), (8, 422)] {
        let mut play = Play::new(Mode::Block);
        for n in 0..8_u8 {
            let dud = play.candidate("url", &format!("http://a{n}.example/x"), Nature::Named);
            let request = play.request(50 + n % clients, "POST", "/v1/preview", vec![dud]).expect("admitted");
            play.wait(5);
            play.end_with(request, status, Vec::new());
        }
        play.wait(6_000);
        let order = play.candidate("url", METADATA, Nature::Named);
        play.request(66, "POST", "/v1/preview", vec![order]).expect("admitted");
        play.wait(10);
        let (_, verdict) = play.dial(METADATA, "169.254.169.254");
        assert_eq!(verdict.decision, Decision::Deny(Rule::ColdExact), "{clients} clients, {status}");
    }
}

#[test]
fn a_cold_order_may_leave_its_scheme_out() {
    let mut play = Play::new(Mode::Block);
    let bare = without_scheme(&play, METADATA, Nature::Named);
    play.request(66, "POST", "/v1/preview", vec![bare]).expect("admitted");
    play.wait(10);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::ColdExact));
    let mut other = Play::new(Mode::Block);
    let mut bare = without_scheme(&other, METADATA, Nature::Named);
    bare.port = Some(8080);
    other.request(66, "POST", "/v1/preview", vec![bare]).expect("admitted");
    other.wait(10);
    let (_, verdict) = other.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Pass, "it names another port");
}

#[test]
fn a_redirect_to_an_own_host_is_stopped_by_the_path_that_it_names() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    play.checkouts(10);
    let lure = "http://cdn.evil.example/r/9c1f";
    let candidate = play.candidate("url", lure, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    // The service decodes once more than was foreseen: the path is another one than was named.
    let (dial, _) = play.dial("http://cdn.evil.example/other", "8.8.4.4");
    let target = "http://billing.internal/v1/export/all";
    play.answer(dial, 302, Some(target));
    play.wait(2);
    let (_, verdict) = play.dial(target, "10.20.0.5");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn what_only_mentions_is_not_to_blame() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let lure = "http://cdn.evil.example/r/9c1f";
    let note = play.candidate("note", METADATA, Nature::Prose);
    let mention = play.request(7, "POST", "/v1/notes", vec![note]).expect("admitted");
    let candidate = play.candidate("url", lure, Nature::Named);
    let order = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    let (dial, _) = play.dial(lure, "8.8.4.4");
    play.answer(dial, 302, Some(METADATA));
    play.wait(2);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert!(verdict.decision.is_denied(), "{verdict:#?}");
    let finding = play.finding("ssrf.blocked").expect("found");
    let told: Vec<&str> = finding.requests.iter().map(|request| request.id.as_str()).collect();
    assert_eq!(told, [format!("R-{order}")], "and not R-{mention}");
}

#[test]
fn the_first_mention_at_a_new_endpoint_accuses_nobody() {
    let mut play = Play::new(Mode::Observe);
    for _ in 0..3 {
        let (dial, _) = play.dial("http://billing.internal/healthz", "10.20.0.5");
        play.answer(dial, 200, None);
        play.wait(500);
    }
    let website = play.candidate("website", OWN, Nature::Named);
    let request = play.request(7, "POST", "/v1/checkout", vec![website]).expect("admitted");
    play.wait(11);
    let (dial, _) = play.dial(OWN, "10.20.0.5");
    play.answer(dial, 200, None);
    play.end(request, Vec::new());
    assert!(play.findings.values().all(|finding| finding.severity == Severity::Info), "{:#?}", play.findings);
}

#[test]
fn an_unproven_order_is_told_where_others_are_too_small_to_explain_it() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    // Refused at the proven sink, with other paths: they are remembered, and explain next to nothing.
    let observed = vec![("/v1/hooks".parse().unwrap(), Mode::Observe)];
    std::sync::Arc::make_mut(&mut play.policy).scopes = observed;
    for n in 0..6_u8 {
        let candidate = play.candidate("url", &format!("http://10.20.0.6/other/{n}"), Nature::Named);
        let request = play.request(80 + n, "POST", "/v1/hooks", vec![candidate]).expect("observed");
        play.end(request, Vec::new());
    }
    play.wait(3_000);
    let target = "http://10.20.0.6/console/9c1f2e";
    let candidate = play.candidate("uri", target, Nature::Named);
    let order = play.request(66, "POST", "/v1/rpc", vec![candidate]).expect("admitted");
    play.wait(5);
    let (_, verdict) = play.dial(target, "10.20.0.6");
    assert!(verdict.decision.is_denied(), "{verdict:#?}");
    let finding = play.finding("ssrf.blocked").expect("found");
    assert_eq!(finding.requests.iter().map(|r| r.id.clone()).collect::<Vec<_>>(), [format!("R-{order}")]);
    assert_eq!(finding.actor.as_ref().unwrap().id, "198.51.100.66");
}
