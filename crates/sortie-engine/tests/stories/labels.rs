//! Labels that a service completes to hosts: `http://{tenant}.apps.example/status`.

use sortie_model::candidate::CandidateKind;
use sortie_model::verdict::Source;
use sortie_model::{
    AddressClass, Candidate, Decision, Destination, Host, Manner, Mode, Nature, Place, Reference, Rule,
};

use crate::play::Play;

const TENANTS: &str = "/api/tenants/{id}/status";
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

/// What stands where a tenant is named.
fn tenant(play: &Play, text: &str, kind: CandidateKind) -> Candidate {
    let mut candidate = play.candidate("tenant", text, Nature::Value);
    candidate.manner.kind = kind;
    candidate
}

fn label(play: &Play, name: &str) -> Candidate {
    tenant(play, name, CandidateKind::Label)
}

/// A client asks for a tenant's status, and the service asks the tenant's host.
fn status(play: &mut Play, client: u8, name: &str, url: &str, address: &str) -> Decision {
    let candidate = label(play, name);
    let request = play.request(client, "GET", TENANTS, vec![candidate]).expect("admitted");
    play.wait(15);
    let (dial, verdict) = play.dial(url, address);
    play.answer(dial, 200, None);
    play.wait(5);
    play.end(request, Vec::new());
    play.wait(2_000);
    verdict.decision
}

fn customers(play: &mut Play, address: &str) {
    for n in 0..18_u8 {
        let name = format!("tenant{}", n % 9);
        let url = format!("http://{name}.apps.example/status");
        assert_eq!(status(play, n, &name, &url, address), Decision::Pass);
    }
}

/// `169.254.169.254/latest/meta-data/#`, which ends the authority before the service's suffix.
fn break_out(play: &Play) -> Candidate {
    let mut candidate = tenant(play, METADATA, CandidateKind::Authority);
    (candidate.scheme, candidate.port) = (None, None);
    candidate
}

fn is_proven(play: &Play) -> bool {
    let manner = Manner { kind: CandidateKind::Label, ..Manner::FIRST };
    play.learned().sink(&Place::new(&TENANTS.into(), "tenant".into()), manner).is_some_and(|sink| sink.is_proven())
}

#[test]
fn a_place_that_completes_labels_is_a_proven_sink_for_what_breaks_out_of_them() {
    for address in ["203.0.113.9", "10.20.0.9"] {
        let mut play = Play::new(Mode::Block);
        customers(&mut play, address);
        assert!(is_proven(&play), "{:#?}", play.learned().sinks);
        let candidate = break_out(&play);
        assert_eq!(play.request(66, "GET", TENANTS, vec![candidate]), None, "the inbound door refuses it");
        // A name says nothing before it is dialled.
        let url = "http://evil.example/x";
        let mut candidate = tenant(&play, url, CandidateKind::Authority);
        (candidate.scheme, candidate.port) = (None, None);
        play.request(67, "GET", TENANTS, vec![candidate]).expect("admitted");
        play.wait(15);
        let (_, verdict) = play.dial(url, "10.1.2.3");
        assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    }
}

#[test]
fn who_names_a_tenant_is_accused_of_nothing() {
    for mode in [Mode::Observe, Mode::Shadow, Mode::Block] {
        for address in ["203.0.113.9", "10.20.0.9", "127.0.0.1"] {
            let mut play = Play::new(mode);
            customers(&mut play, address);
            customers(&mut play, address);
            // A tenant whose name is a host's that the service calls, and one whose name is a word for one.
            play.checkouts(8);
            for name in ["billing", "localhost", "instance-data"] {
                let url = format!("http://{name}.apps.example/status");
                assert_eq!(status(&mut play, 7, name, &url, address), Decision::Pass, "{mode:?} {name}");
                assert_eq!(status(&mut play, 8, name, &url, address), Decision::Pass, "{mode:?} {name}");
            }
            assert!(play.findings.is_empty(), "{mode:?} {address}: {:#?}", play.findings);
        }
    }
}

#[test]
fn a_label_explains_a_dial_and_orders_nothing() {
    let mut play = Play::new(Mode::Block);
    customers(&mut play, "10.20.0.9");
    let candidate = label(&play, "tenant3");
    let request = play.request(9, "GET", TENANTS, vec![candidate]).expect("admitted");
    play.wait(15);
    let (_, verdict) = play.dial("http://tenant3.apps.example/status", "10.20.0.9");
    assert!(verdict.p_ordered < 0.01 && verdict.label_share() > 0.9, "{verdict:#?}");
    assert!(matches!(&verdict.explanations[0].source, Source::Label(label) if label.request == request));
    assert!(verdict.leading_order().is_none() && verdict.q == 0.0);
}

#[test]
fn a_mention_of_a_label_proves_no_place() {
    // The endpoint calls one host of its own, of which the value is a label.
    let mut play = Play::new(Mode::Block);
    for n in 0..20_u8 {
        let name = if n % 2 == 0 { "billing" } else { "internal" };
        status(&mut play, n, name, "http://billing.internal/v1/health", "10.20.0.5");
    }
    assert!(!is_proven(&play));
    // It calls several, all of which have the same label, while nothing is known of them.
    for common in ["prod", "internal"] {
        let mut play = Play::new(Mode::Block);
        for n in 0..20_u8 {
            let url = format!("http://service{n}.prod.internal/v1/health");
            status(&mut play, n, common, &url, "10.20.0.5");
        }
        assert!(!is_proven(&play), "{common}: {:#?}", play.learned().sinks);
    }
    // A timer calls the hosts of tenants that clients mention elsewhere.
    let mut play = Play::new(Mode::Block);
    for round in 0..6_u8 {
        for n in 0..9_u8 {
            let mention = (n % 3 == round % 3).then(|| label(&play, &format!("tenant{n}")));
            let request = play.request(n, "GET", TENANTS, mention.into_iter().collect()).expect("admitted");
            play.wait(3);
            play.end(request, Vec::new());
            play.wait(60);
            let (dial, _) = play.dial(&format!("http://tenant{n}.apps.example/poll"), "10.20.0.9");
            play.answer(dial, 200, None);
            play.wait(2_000);
        }
    }
    assert!(!is_proven(&play), "{:#?}", play.learned().sinks);
}

#[test]
fn a_label_hides_no_order() {
    let mut play = Play::new(Mode::Block);
    customers(&mut play, "203.0.113.9");
    play.customers(5);
    // Once it names the tenant's host to its customer, who knows its path.
    let url = "http://tenant20.apps.example/status";
    for n in 0..3_u8 {
        let candidate = label(&play, "tenant20");
        play.request(60 + n, "GET", TENANTS, vec![candidate]).expect("admitted");
    }
    let order = play.candidate("url", url, Nature::Named);
    let order: Reference = play.request(66, "POST", "/v1/hooks", vec![order]).expect("nothing is known of the name");
    play.wait(15);
    let (_, verdict) = play.dial(url, "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    assert_eq!(verdict.leading_order().map(|(_, leading)| leading.request), Some(order));
}

#[test]
fn a_label_at_a_place_that_completes_labels_is_no_host() {
    for mode in [Mode::Observe, Mode::Block] {
        let mut play = Play::new(mode);
        customers(&mut play, "203.0.113.9");
        let (dial, _) = play.dial("http://billing/", "10.20.0.5");
        play.answer(dial, 200, None);
        for name in ["billing", "localhost", "instance-data"] {
            // So it is read at a proven sink.
            let bare = tenant(&play, name, CandidateKind::Host);
            assert_eq!(bare.host, Host::name(name));
            let named = label(&play, name);
            let request = play.request(9, "GET", TENANTS, vec![bare, named]).expect("a tenant may be called so");
            play.wait(10);
            play.end(request, Vec::new());
            play.wait(3_000);
        }
        assert!(play.findings.is_empty(), "{mode:?}: {:#?}", play.findings);
    }
}

#[test]
fn of_two_labels_of_one_host_neither_proves_its_place() {
    let mut play = Play::new(Mode::Block);
    for n in 0..18_u8 {
        let (name, region) = (format!("tenant{}", n % 9), format!("eu{}", n % 5));
        let mut other = label(&play, &region);
        other.parameter = "region".into();
        let tenant = label(&play, &name);
        let request = play.request(n, "GET", TENANTS, vec![tenant, other]).expect("admitted");
        play.wait(15);
        let (dial, _) = play.dial(&format!("http://{name}.{region}.example/status"), "203.0.113.9");
        play.answer(dial, 200, None);
        play.end(request, Vec::new());
        play.wait(2_000);
    }
    assert!(!is_proven(&play), "{:#?}", play.learned().sinks);
}

#[test]
fn what_a_label_brings_about_is_let_through_as_the_services_own_but_is_no_rate() {
    let mut play = Play::new(Mode::Block);
    let bystander = play.request(77, "GET", "/v1/slow", Vec::new()).expect("admitted");
    customers(&mut play, "10.20.0.9");
    play.end(bystander, Vec::new());
    let learned = play.learned();
    let destination = Destination::new(Host::name("tenant4.apps.example"), 80);
    let stats = learned.destinations.get(&destination).expect("was dialled");
    assert!(stats.has_own_evidence(AddressClass::Private));
    assert!(stats.own < 0.5 && stats.callers.is_empty(), "{stats:#?}");
}
