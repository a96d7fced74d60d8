//! Whole stories through the engine: what the doors ask, what is learned, what is found.

mod calls;
mod containers;
mod contents;
mod files;
mod first_calls;
mod floods;
mod held;
mod hostile;
mod labels;
mod late;
mod manners;
mod mentions;
mod messages;
mod play;
mod redirects;
mod scoped;
mod telling;

use play::{Ask, Play};
use sortie_model::event::{Cut, Returned, ReturnedForm};
use sortie_model::finding::{Rung, Severity};
use sortie_model::{AddressClass, Decision, Mode, Nature, Rule};

const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/shop";

#[test]
fn customers_prove_a_sink_and_are_not_accused() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let learned = play.learned();
    let proven: Vec<String> =
        learned.sinks.iter().filter(|(_, sink)| sink.is_proven()).map(|(key, _)| key.place.to_string()).collect();
    assert_eq!(proven, ["/v1/hooks url"]);
    assert!(play.findings.values().all(|finding| finding.severity == Severity::Info), "{:#?}", play.findings);
}

#[test]
fn an_order_for_metadata_is_named_and_climbs_the_ladder() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let candidate = play.candidate("url", METADATA, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    let (dial, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::WouldDeny(Rule::OrderedDeny));
    assert!(verdict.p_ordered > 0.99, "{verdict:#?}");
    play.answer(dial, 200, None);
    let returned = Returned { dial, bytes: 1180, of: 1204, form: ReturnedForm::Base64, location: "$.preview".into() };
    play.end(request, vec![returned]);
    let finding = play.finding("ssrf.honoured").expect("found");
    assert_eq!((finding.rung, finding.severity), (Rung::E5, Severity::Critical));
    assert_eq!(finding.requests[0].id, format!("R-{request}"));
    assert_eq!(finding.location.as_deref(), Some("$.url"));
    assert_eq!(finding.destination.class, AddressClass::Metadata);
    assert_eq!(finding.actor.as_ref().unwrap().id, "198.51.100.66");
}

#[test]
fn the_same_order_again_is_named_again() {
    let mut play = Play::new(Mode::Observe);
    for n in 0..6 {
        let target = format!("http://127.0.0.1:15001/admin/users?page={n}");
        let candidate = play.candidate("url", &target, Nature::Named);
        let request = play.request(66, "POST", "/v1/preview", vec![candidate]).unwrap();
        play.wait(8);
        let (dial, verdict) = play.dial(&target, "127.0.0.1");
        assert!(verdict.p_ordered > 0.9, "{n}: {verdict:#?}");
        play.answer(dial, 200, None);
        play.wait(2);
        play.end(request, Vec::new());
        play.wait(300);
    }
    assert_eq!(play.finding("ssrf.honoured").unwrap().requests_total, 6);
}

#[test]
fn in_block_the_inbound_door_refuses_it() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let candidate = play.candidate("url", METADATA, Nature::Named);
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![candidate]), None);
    let finding = play.finding("ssrf.blocked").expect("found");
    assert_eq!((finding.severity, finding.decision.door.as_deref()), (Severity::Medium, Some("inbound")));
}

#[test]
fn a_seen_redirect_is_stopped_at_the_outbound_door() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let lure = "http://cdn.evil.example/r";
    let candidate = play.candidate("url", lure, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    let (first, verdict) = play.dial(lure, "8.8.4.4");
    assert_eq!(verdict.decision, Decision::Pass);
    play.answer(first, 302, Some(METADATA));
    play.wait(3);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny));
    let finding = play.finding("ssrf.blocked").expect("found");
    assert_eq!(finding.dials.len(), 2, "the dial that redirected is part of the story");
    assert_eq!(finding.dials[1].redirected_by.as_deref(), Some(finding.dials[0].id.as_str()));
}

#[test]
fn a_mention_of_an_own_host_is_no_order() {
    for mode in [Mode::Observe, Mode::Block] {
        let mut play = Play::new(mode);
        play.customers(5);
        play.checkouts(20);
        for n in 0..40 {
            let nature = [Nature::Prose, Nature::Ambient, Nature::Named][n as usize % 3];
            let text = if n % 2 == 0 { "billing.internal" } else { "http://billing.internal/" };
            let candidate = play.candidate(["note", "origin", "website"][n as usize % 3], text, nature);
            let request = play.request(100 + n, "POST", "/v1/checkout", vec![candidate]).expect("admitted");
            play.wait(15);
            let url = format!("http://billing.internal/v1/credit/{}", 500 + u32::from(n));
            let (dial, verdict) = play.dial(&url, "10.20.0.5");
            assert_eq!(verdict.decision, Decision::Pass);
            assert!(verdict.p_ordered < 0.5, "{n}: {}", verdict.p_ordered);
            play.answer(dial, 200, None);
            play.end(request, Vec::new());
            play.wait(1_500);
        }
        assert!(play.findings.values().all(|finding| finding.severity == Severity::Info), "{:#?}", play.findings);
    }
}

#[test]
fn a_mention_of_the_very_url_that_is_called_anyway_accuses_nobody() {
    let mut play = Play::new(Mode::Observe);
    play.checkouts(10);
    for n in 0..12_u8 {
        let url = format!("http://billing.internal/v1/credit/{}", 700 + u32::from(n));
        let candidate = play.candidate("website", &url, Nature::Named);
        let request = play.request(100 + n, "POST", "/v1/checkout", vec![candidate]).expect("admitted");
        play.wait(2);
        let (dial, verdict) = play.dial(&url, "10.20.0.5");
        assert_eq!(verdict.decision, Decision::Pass);
        play.answer(dial, 200, None);
        play.end(request, Vec::new());
        play.wait(1_500);
    }
    assert!(play.findings.is_empty(), "{:#?}", play.findings);
}

#[test]
fn an_order_is_named_that_follows_another_reading_to_an_own_port() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    for _ in 0..20 {
        let checkout = play.request(7, "POST", "/v1/orders", Vec::new()).unwrap();
        play.wait(3);
        play.dial("http://127.0.0.1:9000/stats", "127.0.0.1");
        play.end(checkout, Vec::new());
        play.wait(700);
    }
    let checkout = play.request(7, "POST", "/v1/orders", Vec::new()).unwrap();
    // A browser reads the first host and its port, Python the second.
    let mut candidate = play.candidate("url", "http://hooks.partner.example/@127.0.0.1:9000/console", Nature::Named);
    candidate.other_hosts.push(sortie_model::Host::parse("127.0.0.1"));
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(3);
    let (_, verdict) = play.dial("http://127.0.0.1:9000/console", "127.0.0.1");
    assert!(verdict.p_ordered > 0.9, "{verdict:#?}");
    play.end(request, Vec::new());
    play.end(checkout, Vec::new());
    assert!(play.finding("ssrf.honoured").is_some());
}

#[test]
fn an_order_for_an_own_host_is_refused_and_own_calls_go_on() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    play.checkouts(20);
    let order = "http://billing.internal/v1/admin/export";
    let candidate = play.candidate("url", order, Nature::Named);
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![candidate]), None, "the inbound door knows the name");
    play.checkouts(3);
    let denied = play.events.iter().filter(|event| match &event.what {
        sortie_model::event::What::Dialled(dialled) => dialled.verdict.decision.is_denied(),
        _ => false,
    });
    assert_eq!(denied.count(), 0);
}

#[test]
fn a_cold_exact_order_is_stopped_before_anything_is_proven() {
    let mut play = Play::new(Mode::Block);
    let candidate = play.candidate("url", METADATA, Nature::Named);
    play.request(66, "POST", "/v1/preview", vec![candidate]).unwrap();
    play.wait(10);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::ColdExact));
    // The retry is judged alike.
    play.wait(500);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert!(verdict.decision.is_denied(), "{verdict:#?}");
}

/// A service on a cloud asks its metadata endpoint for its own credentials: that opens none of the others to clients,
/// and what it asks for itself stays open to it, whoever names it.
#[test]
fn a_cold_order_for_metadata_is_stopped_where_the_service_asks_for_its_own() {
    let own = "http://169.254.169.254/latest/api/token";
    let mut play = Play::new(Mode::Block);
    for _ in 0..5 {
        let (dial, verdict) = play.dial(own, "169.254.169.254");
        assert_eq!(verdict.decision, Decision::Pass);
        play.answer(dial, 200, None);
        play.wait(20_000);
    }
    for (url, is_denied) in [(METADATA, true), (own, false)] {
        let candidate = play.candidate("url", url, Nature::Named);
        play.request(66, "POST", "/v1/preview", vec![candidate]).unwrap();
        play.wait(10);
        let (_, verdict) = play.dial(url, "169.254.169.254");
        assert_eq!(verdict.decision.is_denied(), is_denied, "{url}: {verdict:#?}");
        play.wait(90_000);
    }
}

#[test]
fn a_cold_redirect_is_stopped_too() {
    let mut play = Play::new(Mode::Block);
    let lure = "http://cdn.evil.example/r/abc";
    let candidate = play.candidate("url", lure, Nature::Named);
    play.request(66, "POST", "/v1/preview", vec![candidate]).unwrap();
    play.wait(10);
    let (first, _) = play.dial(lure, "8.8.4.4");
    play.answer(first, 302, Some(METADATA));
    play.wait(3);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert!(verdict.decision.is_denied(), "{verdict:#?}");
}

#[test]
fn a_stored_order_is_attributed_to_its_planter() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    // Customers whose webhooks fire late, so that the kernel has a tail.
    for n in 0..6_u8 {
        let url = format!("http://late{n}.example/events/{n:08x}");
        let candidate = play.candidate("url", &url, Nature::Named);
        let request = play.request(20 + n, "POST", "/v1/hooks", vec![candidate]).unwrap();
        play.end(request, Vec::new());
        play.wait(30_000);
        let (dial, verdict) = play.dial(&url, "8.8.8.8");
        assert!(verdict.p_ordered > 0.5, "{n}: {verdict:#?}");
        play.answer(dial, 200, None);
        play.wait(1_000);
    }
    let target = "http://10.20.0.9/admin/users";
    let candidate = play.candidate("url", target, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.end(request, Vec::new());
    play.wait(45_000);
    let (_, verdict) = play.dial(target, "10.20.0.9");
    assert!(verdict.p_ordered > 0.9, "{verdict:#?}");
    let finding = play.finding("ssrf.stored").expect("found");
    assert_eq!(finding.requests[0].id, format!("R-{request}"));
}

#[test]
fn an_internal_credential_must_not_leave_by_order() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    play.checkouts(10);
    let url = "http://collect.evil.example/drop";
    let candidate = play.candidate("url", url, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    let (_, verdict) = play.ask(&Ask { url, addresses: &["8.8.4.4"], hidden: false, credential: Some("Bearer own") });
    assert_eq!(verdict.decision, Decision::Deny(Rule::InternalCredentials));
}

#[test]
fn a_cut_request_to_a_proven_endpoint_is_refused_in_block() {
    let mut play = Play::new(Mode::Block);
    assert!(play.request_cut(66, "POST", "/v1/hooks", Vec::new(), Some(Cut::Bytes)).is_some());
    play.customers(5);
    assert_eq!(play.request_cut(66, "POST", "/v1/hooks", Vec::new(), Some(Cut::Bytes)), None);
    assert!(play.request_cut(66, "POST", "/v1/upload", Vec::new(), Some(Cut::Bytes)).is_some());
}

#[test]
fn metadata_is_closed_while_a_hidden_redirect_is_possible() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let lure = "https://cdn.evil.example/r";
    let candidate = play.candidate("url", lure, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    let (_, verdict) = play.ask(&Ask { url: lure, addresses: &["8.8.4.4"], hidden: true, credential: None });
    assert_eq!(verdict.decision, Decision::Pass);
    play.wait(100);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::HopWindow), "{verdict:#?}");
}

#[test]
fn a_replay_finds_the_same() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    play.checkouts(5);
    let candidate = play.candidate("url", METADATA, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.wait(10);
    play.dial(METADATA, "169.254.169.254");
    let mut again = sortie_engine::step::State::default();
    let policies = std::collections::BTreeMap::from([("shop".into(), std::sync::Arc::clone(&play.policy))]);
    let mut found = std::collections::BTreeMap::new();
    for event in &play.events {
        for fact in again.step(event, &policies) {
            if let sortie_engine::step::Fact::Finding(finding) = fact {
                found.insert(finding.id.to_string(), *finding);
            }
        }
    }
    assert_eq!(found, play.findings);
}
