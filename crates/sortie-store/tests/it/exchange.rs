//! An exchange and the dial it ordered, with everything that events can carry.

use std::net::Ipv4Addr;
use std::sync::Arc;

use sortie_model::event::{
    Carrier, Credential, Dial, DialProgressed, DialRequest, Dialled, HopKind, HopTarget, Outcome, Part, Refused,
    RequestBegan, RequestEnded, RequestInspected, Returned, ReturnedForm, What,
};
use sortie_model::file::FilesSeen;
use sortie_model::ids::RequestId;
use sortie_model::privacy::Domain;
use sortie_model::verdict::{Explanation, Hop, Order, OwnEvidence, Source, Window};
use sortie_model::{
    Actor, ActorKind, AddressClass, Candidate, CandidateKind, Container, Decision, Decoding, Decodings, Destination,
    Endpoint, Event, Host, Key, Location, Manner, Method, Micros, Mode, Nature, PathDigest, PathMatch, Place,
    Reference, Rule, Scheme, ServiceName, Verdict,
};

/// Events of one exchange.
pub(crate) const EVENTS: u64 = 5;

/// The events of the exchange whose first event is `first`. Exchanges differ as real ones do: 1,000
/// actors, 60 endpoints and 200 partners in no order, a path, numbers and times of their own.
pub(crate) fn exchange(first: u64) -> Vec<Event> {
    let key = Key::new(&[9; Key::LENGTH]);
    let candidate = Arc::new(candidate(&key, first));
    let order = order(&key, first, &candidate);
    let what = [
        What::RequestBegan(Box::new(began(&key, first))),
        What::RequestInspected(Box::new(inspected(first, candidate))),
        What::Dialled(Arc::new(dialled(&key, first, order))),
        What::DialProgressed(Box::new(progressed(&key, first))),
        What::RequestEnded(Box::new(ended(first))),
    ];
    let service = Some(ServiceName::from("shop"));
    let at = |step: u64| Micros(1_795_000_000_000_000 + first * 977 + step * 411 + pick(first, 4, 400));
    (0..)
        .zip(what)
        .map(|(step, what)| Event { number: first + step, at: at(step), service: service.clone(), what })
        .collect()
}

fn reference(number: u64) -> Reference {
    Reference::local(number)
}

/// One of `count`, scattered by a multiplicative hash (Knuth, TAOCP 3, §6.4) so that nothing recurs
/// in a rhythm that compresses better than traffic does.
fn pick(first: u64, salt: u64, count: u64) -> u64 {
    (first ^ salt << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15) % count
}

fn endpoint(first: u64) -> Endpoint {
    let template = Arc::from(format!("/v1/area{}/hooks/{{id}}", pick(first, 1, 60)));
    Endpoint { method: Method::Post, host: Some(Arc::from("shop.example")), template }
}

fn partner(first: u64) -> Host {
    Host::name(&format!("hooks{}.partner.example", pick(first, 2, 200)))
}

fn actor(key: &Key, first: u64) -> Actor {
    let number = pick(first, 3, 1000);
    let token = key.digest(Domain::Session, &number.to_le_bytes());
    let address = Ipv4Addr::from(0xc633_0000 | number as u32).into();
    Actor { kind: ActorKind::Session, token: Some(token), address }
}

fn manner() -> Manner {
    Manner { kind: CandidateKind::Url, decodings: Decodings::PLAIN.with(Decoding::Json) }
}

fn path(key: &Key, first: u64) -> PathDigest {
    PathDigest::of(&format!("/deliver/{first}/done?x=1"), key)
}

fn candidate(key: &Key, first: u64) -> Candidate {
    Candidate {
        location: location(),
        parameter: Arc::from("url"),
        manner: manner(),
        nature: Nature::Named,
        scheme: Some(Scheme::Https),
        host: partner(first),
        other_hosts: [Host::parse("169.254.169.254")].into_iter().collect(),
        port: Some(443),
        path: Some(path(key, first)),
        path_bits: 44,
        disguised: false,
        shown: format!("https://{}/deliver/{{…}}/done?x=…", partner(first)).into(),
    }
}

fn location() -> Location {
    Location { container: Container::Json, name: Arc::from("url") }
}

fn order(key: &Key, first: u64, candidate: &Candidate) -> Order {
    Order {
        request: reference(first),
        candidate: 0,
        actor: actor(key, first),
        endpoint: endpoint(first),
        place: Place::new(&Arc::from("/v1/hooks/{id}"), Arc::from("url")),
        manner: manner(),
        nature: Nature::Named,
        location: location(),
        shown: candidate.shown.clone(),
        path: PathMatch::Equal,
        proven: true,
        allowed: false,
        delay: 1800 + pick(first, 5, 90_000),
        stored: false,
        rho: 0.93,
    }
}

fn began(key: &Key, first: u64) -> RequestBegan {
    RequestBegan {
        request: reference(first),
        endpoint: endpoint(first),
        actor: actor(key, first),
        path: "/v1/hooks/{…}".into(),
        request_id: RequestId::parse(&format!("{:016x}", pick(first, 10, u64::MAX))),
        candidates: Vec::new(),
        cut: None,
        goes_on: true,
        names_file: false,
        refused: None,
    }
}

fn inspected(first: u64, candidate: Arc<Candidate>) -> RequestInspected {
    let class = Some(AddressClass::Metadata);
    let refused = Refused { rule: Rule::OrderedDeny, candidate: Some(0), class, mode: Mode::Shadow };
    let refused = (first % 64 == 1).then_some(refused);
    RequestInspected { request: reference(first), part: Part::Body, candidates: vec![candidate], cut: None, refused }
}

fn dialled(key: &Key, first: u64, order: Order) -> Dialled {
    let is_hop = first % 64 == 1;
    let hop = Hop {
        parent: reference(first),
        kind: HopKind::Redirect,
        order: Some(Box::new(order.clone())),
        depth: 1,
        proven: true,
        allowed: false,
    };
    let ordered = if is_hop { Source::Hop(Box::new(hop)) } else { Source::Order(Box::new(order)) };
    let own = Source::OwnCall { request: reference(first), endpoint: endpoint(first) };
    let verdict = Verdict {
        epoch: first / 1000,
        p_ordered: 0.97 + pick(first, 6, 1 << 40) as f64 * 1e-14,
        p_denied: 0.0,
        q: 0.0,
        decision: if is_hop { Decision::WouldDeny(Rule::OrderedDeny) } else { Decision::Pass },
        mode: Mode::Shadow,
        own_evidence: OwnEvidence::None,
        window: is_hop.then_some(Window::Hop),
        explanations: [(0.97 + pick(first, 9, 1 << 40) as f64 * 1e-14, ordered), (0.01, own)]
            .map(|(share, source)| Explanation { share, mass: share, source })
            .into_iter()
            .collect(),
    };
    let dial = Dial {
        dial: reference(first + 2),
        destination: Destination::new(partner(first), 443),
        addresses: ["203.0.113.9".parse().unwrap()].into_iter().collect(),
        class: AddressClass::Public,
        further_hosts: [Host::name("sni.partner.example")].into_iter().collect(),
        carrier: Carrier::TunnelHttp,
        scheme: Some(Scheme::Https),
        request: Some(DialRequest {
            method: Method::Post,
            path: path(key, first),
            shown: "/deliver/{…}/done?x=…".into(),
        }),
        credentials: [credential(key)].into_iter().collect(),
    };
    Dialled { dial, verdict }
}

fn credential(key: &Key) -> Credential {
    Credential { header: "authorization".into(), digest: key.digest(Domain::Credential, b"Bearer t0ken") }
}

fn progressed(key: &Key, first: u64) -> DialProgressed {
    let target = HopTarget {
        kind: HopKind::Redirect,
        scheme: Scheme::Http,
        destination: Destination::new(Host::parse("169.254.169.254"), 80),
        path: Some(PathDigest::of("/latest/meta-data", key)),
        shown: "http://169.254.169.254/latest/meta-data".into(),
    };
    DialProgressed {
        dial: reference(first + 2),
        outcome: Outcome::Answered,
        address: Some("203.0.113.9".parse().unwrap()),
        status: Some(200),
        bytes_in: 1204 + pick(first, 7, 5000),
        bytes_out: 402,
        took: 3100 + pick(first, 8, 90_000),
        targets: (first % 64 == 1).then_some(target).into_iter().collect(),
        hides_targets: false,
        ended: true,
    }
}

fn ended(first: u64) -> RequestEnded {
    let returned = Returned {
        dial: reference(first + 2),
        bytes: 1180,
        of: 1204,
        form: ReturnedForm::Base64,
        location: "$.preview".into(),
    };
    let returned = if first % 64 == 1 { vec![returned] } else { Vec::new() };
    RequestEnded {
        request: reference(first),
        status: Some(201),
        unanswered: None,
        bytes: 388,
        accepted: true,
        returned,
        files: FilesSeen::Nothing,
    }
}
