//! What the journal says of requests and dials.

use std::sync::Arc;

use smallvec::smallvec;
use sortie_model::event::{
    Carrier, Cut, Dial, DialProgressed, DialRequest, Dialled, HopKind, HopTarget, Outcome, Part, Refused, RequestBegan,
    RequestEnded, RequestInspected,
};
use sortie_model::file::FilesSeen;
use sortie_model::place::{Container, Location};
use sortie_model::verdict::{Explanation, Hop, Order, OwnEvidence, Rule, Source, Verdict, Window};
use sortie_model::{
    Actor, AddressClass, Candidate, CandidateKind, Decision, Decoding, Decodings, Destination, Endpoint, Host, Key,
    Manner, Method, Mode, Nature, PathDigest, PathMatch, Place, Scheme,
};

use super::*;

fn at() -> Micros {
    Micros::parse_rfc3339("2026-11-24T03:07:41Z").unwrap()
}

fn event(number: u64, what: What) -> Event {
    Event { number, at: at().plus(number), service: Some("shop".into()), what }
}

fn path() -> PathDigest {
    PathDigest::of("/r", &Key::new(&[7; 32]))
}

fn manner() -> Manner {
    Manner { kind: CandidateKind::Url, decodings: Decodings::PLAIN.with(Decoding::Base64) }
}

fn location() -> Location {
    Location { container: Container::Json, name: Arc::from("url") }
}

fn actor() -> Actor {
    Actor::by_address("198.51.100.23".parse().unwrap())
}

fn endpoint() -> Endpoint {
    Endpoint { method: Method::Post, host: None, template: Arc::from("/v1/preview") }
}

fn began() -> RequestBegan {
    RequestBegan {
        request: Reference::local(1),
        endpoint: endpoint(),
        actor: actor(),
        path: "/v1/preview".into(),
        request_id: sortie_model::ids::RequestId::parse("5b1e07"),
        candidates: Vec::new(),
        cut: None,
        goes_on: true,
        names_file: false,
        refused: None,
    }
}

fn candidate() -> Candidate {
    Candidate {
        location: location(),
        parameter: Arc::from("url"),
        manner: manner(),
        nature: Nature::Named,
        scheme: Some(Scheme::Http),
        host: Host::name("cdn.evil.example"),
        other_hosts: smallvec![Host::name("other.example")],
        port: Some(80),
        path: Some(path()),
        path_bits: 0,
        disguised: true,
        shown: "http://cdn.evil.example/r".into(),
    }
}

fn order() -> Order {
    Order {
        request: Reference::local(1),
        candidate: 0,
        actor: actor(),
        endpoint: endpoint(),
        place: Place::new(&Arc::from("/v1/preview"), Arc::from("url")),
        manner: manner(),
        nature: Nature::Named,
        location: location(),
        shown: "http://cdn.evil.example/r".into(),
        path: PathMatch::Equal,
        proven: true,
        allowed: false,
        delay: 12_000,
        stored: false,
        rho: 0.93,
    }
}

fn dialled() -> Dialled {
    Dialled {
        dial: Dial {
            dial: Reference::local(3),
            destination: Destination::new(Host::name("cdn.evil.example"), 80),
            addresses: smallvec!["10.0.0.9".parse().unwrap()],
            class: AddressClass::Private,
            further_hosts: smallvec![],
            carrier: Carrier::Absolute,
            scheme: Some(Scheme::Http),
            request: Some(DialRequest { method: Method::Get, path: path(), shown: "/r".into() }),
            credentials: smallvec![],
        },
        verdict: Verdict {
            epoch: 17,
            p_ordered: 0.998,
            p_denied: 0.998,
            q: 0.99,
            decision: Decision::WouldDeny(Rule::OrderedDeny),
            mode: Mode::Observe,
            own_evidence: OwnEvidence::None,
            window: Some(Window::Hop),
            explanations: smallvec![
                Explanation { share: 0.988, mass: 0.988, source: Source::Order(Box::new(order())) },
                Explanation { share: 0.006, mass: 0.006, source: hop(HopKind::Redirect) },
                Explanation { share: 0.004, mass: 0.004, source: hop(HopKind::Content) },
                Explanation { share: 0.002, mass: 0.002, source: Source::Background },
            ],
        },
    }
}

fn hop(kind: HopKind) -> Source {
    Source::Hop(Box::new(Hop {
        parent: Reference::local(2),
        kind,
        order: None,
        depth: 1,
        proven: false,
        allowed: false,
    }))
}

fn target(kind: HopKind, shown: &str) -> HopTarget {
    let destination = Destination::new(Host::name("x"), 80);
    HopTarget { kind, scheme: Scheme::Http, destination, path: Some(path()), shown: shown.into() }
}

fn journal() -> Vec<Event> {
    let progressed = DialProgressed {
        dial: Reference::local(3),
        outcome: Outcome::Answered,
        address: Some("10.0.0.9".parse().unwrap()),
        status: Some(302),
        bytes_in: 12,
        bytes_out: 80,
        took: 3_000,
        targets: std::iter::once(target(HopKind::Redirect, "http://x/latest\u{1b}[2J"))
            .chain((1..=6).map(|n| target(HopKind::Content, &format!("http://10.0.0.{n}/"))))
            .collect(),
        hides_targets: true,
        ended: true,
    };
    let inspected = RequestInspected {
        request: Reference::local(1),
        part: Part::Body,
        candidates: vec![Arc::new(candidate())],
        cut: Some(Cut::Bytes),
        refused: Some(Refused {
            rule: Rule::OrderedDeny,
            candidate: Some(0),
            class: Some(AddressClass::Private),
            mode: Mode::Shadow,
        }),
    };
    let ended = RequestEnded {
        request: Reference::local(1),
        status: Some(200),
        unanswered: None,
        bytes: 1_580,
        accepted: true,
        returned: Vec::new(),
        files: FilesSeen::Nothing,
    };
    vec![
        event(1, What::RequestBegan(Box::new(began()))),
        event(2, What::RequestInspected(Box::new(inspected))),
        event(3, What::Dialled(Arc::new(dialled()))),
        event(4, What::DialProgressed(Box::new(progressed))),
        event(5, What::RequestEnded(Box::new(ended))),
    ]
}

fn explained(number: usize) -> Explained {
    let journal = journal();
    let reference = Reference::local(number as u64);
    Explained::from_events(reference, &journal[number - 1], journal[number..].iter().cloned()).unwrap()
}

#[test]
fn a_request_says_what_it_carried_and_caused() {
    insta::assert_snapshot!(explain(&explained(1), None, at(), Paint::Plain));
}

#[test]
fn a_request_lists_apart_what_it_may_have_caused_and_leaves_out_what_it_hardly_did() {
    let mut journal = journal();
    for (number, share) in [(6, 0.2), (7, 0.011)] {
        let mut other = dialled();
        other.dial.dial = Reference::local(number);
        other.verdict.explanations[0].share = share;
        journal.push(event(number, What::Dialled(Arc::new(other))));
    }
    let story = Explained::from_events(Reference::local(1), &journal[0], journal[1..].iter().cloned()).unwrap();
    let shown = explain(&story, None, at(), Paint::Plain);
    let dials: Vec<&str> = shown.lines().filter(|line| line.starts_with("dial ")).collect();
    assert_eq!(dials.len(), 2, "{shown}");
    assert!(dials[0].contains("D-3 ") && !dials[0].contains("may also"), "{shown}");
    assert!(dials[1].contains("may also have caused D-6 ") && dials[1].contains("0.200"), "{shown}");
}

#[test]
fn a_dial_says_what_its_verdict_rests_on() {
    insta::assert_snapshot!(explain(&explained(3), None, at(), Paint::Plain));
}

#[test]
fn it_survives_the_wire() {
    for number in [1, 3] {
        let text = serde_json::to_string(&explained(number)).unwrap();
        assert_eq!(serde_json::from_str::<Explained>(&text).unwrap(), explained(number));
    }
}

#[test]
fn other_events_explain_nothing() {
    let journal = journal();
    assert_eq!(Explained::from_events(Reference::local(5), &journal[4], std::iter::empty()), None);
    assert!(ends(Reference::local(3), &journal[3]) && !ends(Reference::local(1), &journal[3]));
}

#[test]
fn what_is_hidden_elsewhere_is_a_share_of_all_dials() {
    let service = |tls, dials| {
        let outbound = OutboundStatus { dials, tls, ..OutboundStatus::default() };
        elsewhere(&ServiceStatus { name: "shop".into(), outbound, ..ServiceStatus::default() })
    };
    assert_eq!(service(30, 250).unwrap(), "elsewhere 12 % of shop's dials are TLS: host only");
    assert_eq!(service(1, 250).unwrap(), "elsewhere less than 1 % of shop's dials are TLS: host only");
    assert_eq!((service(0, 250), service(0, 0)), (None, None));
}
