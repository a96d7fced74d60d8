//! How stories are told: which are accusations, and which of their dials is named.

use std::sync::Arc;

use sortie_model::event::{Part, Refused, RequestBegan, RequestInspected, Returned, ReturnedForm, What};
use sortie_model::finding::{Action, FindingKind, Severity};
use sortie_model::policy::{Allow, AllowTarget};
use sortie_model::{Actor, AddressClass, Decision, Endpoint, Method, Mode, Nature, Policy, Reference, Rule, limits};

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
    assert_eq!(finding.decision.about, finding.dials.last().map(|dial| dial.id.clone()), "what was decided last");
}

const STORED: &str = "http://hooks.evil.example/x/5f3a9c01";

/// So many other requests that none would be noted any more which is not needed.
fn crowd(play: &mut Play) {
    let endpoint = Endpoint { method: Method::Post, host: None, template: "/v1/notes".into() };
    for n in 0..limits::NOTED_REQUESTS as u64 + 10 {
        let began = RequestBegan {
            request: Reference::local(1_000_000 + n),
            endpoint: endpoint.clone(),
            actor: Actor::by_address([198, 51, 100, 7].into()),
            path: "/v1/notes".into(),
            request_id: None,
            candidates: Vec::new(),
            cut: None,
            goes_on: true,
            names_file: false,
            refused: None,
        };
        play.tell(What::RequestBegan(Box::new(began)));
    }
}

#[test]
fn a_stored_order_is_told_with_its_request_after_a_crowd_and_a_restart() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let candidate = play.candidate("url", STORED, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.end(request, Vec::new());
    play.wait(5_000);
    crowd(&mut play);
    play.restart();
    play.wait(1_020_000);
    play.dial(STORED, "10.1.2.3");
    let finding = play.finding("ssrf.stored").expect("found");
    let row = finding.requests.first().expect("who ordered it is told");
    assert_eq!((row.id.clone(), row.path.as_str()), (format!("R-{request}"), "/v1/hooks"));
    assert_eq!(row.request_id, Some(format!("x-{request}")));
}

#[test]
fn an_order_tells_of_its_request_where_nothing_else_does() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let candidate = play.candidate("url", STORED, Nature::Named);
    let at = play.now;
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    let judged = play.judge(STORED, "10.1.2.3");
    // The event of the request was dropped before it reached the engine.
    let mut late = Play::new(Mode::Observe);
    late.now = play.now;
    late.tell(What::Dialled(Arc::new(judged)));
    let finding = late.findings.values().next().expect("found");
    let row = finding.requests.first().expect("who ordered it is told");
    assert_eq!((row.id.clone(), row.ts, row.method.as_str()), (format!("R-{request}"), at, "POST"));
}

#[test]
fn a_story_hears_how_the_dial_that_redirected_goes_on() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let candidate = play.candidate("url", STORED, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    let (first, _) = play.dial(STORED, "8.8.4.4");
    play.redirect(first, "http://169.254.169.254/latest/meta-data/");
    play.wait(3);
    play.dial("http://169.254.169.254/latest/meta-data/", "169.254.169.254");
    let returned = Returned { dial: first, bytes: 60, of: 60, form: ReturnedForm::Raw, location: "body".into() };
    play.end(request, vec![returned]);
    let finding = play.finding("ssrf.honoured").expect("found");
    assert!(finding.dials[0].returned.is_some(), "{finding:#?}");
    assert!(finding.dials[1].returned.is_none());
}

#[test]
fn the_first_wave_is_told_with_what_was_obeyed_so_far() {
    let mut play = Play::new(Mode::Observe);
    for (client, url) in [
        (1, "http://one.example/events/5f3a9c01"),
        (2, "http://two.example/events/5f3a9c02"),
        (3, "http://three.example/events/5f3a9c03"),
        (66, "http://127.0.0.1:9000/5f3a9c04"),
    ] {
        let candidate = play.candidate("url", url, Nature::Named);
        play.request(client, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.wait(5);
        play.dial(url, if client == 66 { "127.0.0.1" } else { "8.8.8.8" });
    }
    let finding = play.finding("ssrf.honoured").expect("found");
    let rests_on = &finding.odds.iter().find(|odds| odds.factor == "for").expect("told").text;
    assert!(rests_on.starts_with("proven: this place obeyed 4 of 4 offers so far, 4 destinations"), "{rests_on}");
}

/// A client names the metadata service at a proven sink, and nothing follows.
fn attempt(play: &mut Play) -> String {
    let candidate = play.candidate("url", "http://169.254.169.254/latest/meta-data/", Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(5);
    play.end(request, Vec::new());
    play.wait(2_000);
    play.finding("ssrf.attempt").expect("found").unseen.join("; ")
}

#[test]
fn an_attempt_says_what_the_missing_dial_is_worth() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let soon = attempt(&mut play);
    assert!(soon.ends_with("the last one that passed it came 2.0 s before the request"), "{soon}");
    play.wait(600_000);
    let late = attempt(&mut play);
    assert!(late.ends_with("none of this service passed it in 5 min before the request, nor since"), "{late}");
}

#[test]
fn what_own_evidence_decided_is_told() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    play.checkouts(30);
    let mut led_to = |target: &str| {
        let url = "http://hooks.evil.example/r/5f3a9c01";
        let candidate = play.candidate("url", url, Nature::Named);
        let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.wait(5);
        let (first, _) = play.dial(url, "8.8.4.4");
        play.redirect(first, target);
        play.wait(3);
        let (dial, verdict) = play.dial(target, "10.20.0.5");
        play.end(request, Vec::new());
        play.wait(5_000);
        let mut rows = play.findings.values().flat_map(|finding| &finding.dials);
        let row = rows.rfind(|row| row.id == format!("D-{dial}")).expect("told");
        (verdict.decision, row.decision.grounds.clone().expect("not plain"))
    };
    let (decision, grounds) = led_to("http://billing.internal/v1/credit/7");
    assert_eq!(decision, Decision::Pass, "the service calls it");
    assert_eq!(
        grounds,
        "the service itself calls this path; only the inbound door can stop such an order, and where an answer leads is \
         not seen there"
    );
    let (decision, grounds) = led_to("http://billing.internal/admin/keys");
    assert_eq!(decision, Decision::Deny(Rule::OrderedDeny));
    assert_eq!(grounds, "the service itself calls billing.internal:80, but never showed this path");
}

/// Where one place of a request is watched and another forbids, the one that forbids is told.
#[test]
fn a_refusal_of_a_body_is_told_of_its_own_candidate() {
    let refused = |number, mode| Refused {
        rule: Rule::OrderedDeny,
        candidate: Some(number),
        class: Some(AddressClass::Private),
        mode,
    };
    for head in [Some(refused(0, Mode::Observe)), None] {
        let mut play = Play::new(Mode::Observe);
        let [a, b] = [("a", "http://192.168.0.1/x"), ("b", "http://172.16.0.2/y")]
            .map(|(name, url)| Arc::new(play.candidate(name, url, Nature::Named)));
        let request = Reference::local(1);
        play.tell(What::RequestBegan(Box::new(RequestBegan {
            request,
            endpoint: Endpoint { method: Method::Post, host: None, template: "/v1/two".into() },
            actor: Actor::by_address([198, 51, 100, 7].into()),
            path: "/v1/two".into(),
            request_id: None,
            candidates: vec![a],
            cut: None,
            goes_on: true,
            names_file: false,
            refused: head,
        })));
        play.tell(What::RequestInspected(Box::new(RequestInspected {
            request,
            part: Part::Body,
            candidates: vec![b],
            cut: None,
            refused: Some(refused(1, Mode::Block)),
        })));
        let finding = play.findings.values().next().expect("a refusal is told");
        assert_eq!(finding.candidate.as_deref(), Some("http://172.16.0.2/y"), "{head:?}");
        assert_eq!(finding.destination.host, "172.16.0.2", "{head:?}");
    }
}

/// A client orders a host, and another one writes of the very URL that the service makes of it.
#[test]
fn a_refusal_is_told_of_its_order_and_not_of_who_speaks_of_the_same() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let url = "http://zap.example/x/5f3a9c01";
    let mention = play.candidate("text", url, Nature::Prose);
    play.request(77, "POST", "/v1/notes", vec![mention]).expect("admitted");
    let order = play.candidate("url", "zap.example", Nature::Named);
    let order = play.request(66, "POST", "/v1/hooks", vec![order]).expect("nothing is known of the name");
    play.wait(5);
    let (_, verdict) = play.dial(url, "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    let (leading, of) = verdict.leading_order().expect("an order");
    assert!(of.request == order && leading.share < 0.5, "{verdict:#?}");
    let accused: Vec<_> = play.findings.values().filter(|finding| finding.severity > Severity::Low).collect();
    assert!(accused.iter().all(|finding| finding.actor.as_ref().is_some_and(|actor| actor.id.contains("66"))));
    assert_eq!(accused.len(), 1, "{accused:#?}");
}

/// An order that is not read, while others happen to mention the host by other paths: nobody of them is named.
#[test]
fn where_many_mention_the_host_of_an_unread_order_nobody_is_named() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let mentions: Vec<_> = (0..8)
        .map(|n| {
            let url = format!("http://127.0.0.1:9000/stats?page={n}");
            let candidate = play.candidate("q", &url, Nature::Value);
            play.request(100 + n, "GET", &format!("/items/{n}"), vec![candidate]).expect("admitted")
        })
        .collect();
    play.wait(10);
    let (_, verdict) = play.dial("http://127.0.0.1:9000/admin/secret", "127.0.0.1");
    assert!(!verdict.names_somebody(), "{verdict:#?}");
    for mention in mentions {
        play.end(mention, Vec::new());
    }
    let told: Vec<_> = play.findings.values().filter(|finding| finding.severity > Severity::Info).collect();
    assert!(told.iter().all(|finding| finding.actor.is_none() && finding.requests.is_empty()), "{told:#?}");
    assert_eq!(told.len(), 1);
}
