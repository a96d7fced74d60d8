//! An exchange and the dial it ordered, with everything that events can carry.

use std::sync::Arc;

use sortie_model::event::{
    Carrier, Credential, Dial, DialProgressed, DialRequest, Dialled, Outcome, RedirectTarget, Refused, RequestBegan,
    RequestEnded, RequestInspected, Returned, ReturnedForm, What,
};
use sortie_model::privacy::Domain;
use sortie_model::verdict::{Explanation, Hop, Order, Source, Window};
use sortie_model::{
    Actor, ActorKind, AddressClass, Candidate, CandidateKind, Container, Decision, Decoding, Decodings, Destination,
    Endpoint, Event, Host, Key, Location, Manner, Method, Micros, Mode, Nature, PathDigest, PathMatch, Place,
    Reference, Rule, Scheme, ServiceName, Verdict,
};

/// Events of one exchange.
pub(crate) const EVENTS: u64 = 5;

/// The events of the exchange whose first event is `first`. Every exchange differs as real ones do:
/// in its actor, its candidate's path, its numbers and times.
pub(crate) fn exchange(first: u64) -> Vec<Event> {
    let key = Key::new(&[9; Key::LENGTH]);
    let candidate = Arc::new(candidate(&key, first));
    let order = order(&key, first, &candidate);
    let what = [
        What::RequestBegan(Box::new(began(&key, first))),
        What::RequestInspected(Box::new(inspected(first, candidate))),
        What::Dialled(Box::new(dialled(&key, first, order))),
        What::DialProgressed(Box::new(progressed(&key, first))),
        What::RequestEnded(Box::new(ended(first))),
    ];
    let service = Some(ServiceName::from("shop"));
    let at = |step: u64| Micros(1_795_000_000_000_000 + first * 977 + step * 411);
    (0..)
        .zip(what)
        .map(|(step, what)| Event { number: first + step, at: at(step), service: service.clone(), what })
        .collect()
}

fn reference(number: u64) -> Reference {
    Reference::local(number)
}

fn endpoint() -> Endpoint {
    Endpoint { method: Method::Post, host: Some(Arc::from("shop.example")), template: Arc::from("/v1/hooks/{id}") }
}

fn actor(key: &Key, first: u64) -> Actor {
    let token = key.digest(Domain::Session, &(first % 300).to_le_bytes());
    Actor { kind: ActorKind::Session, token: Some(token), address: "198.51.100.23".parse().unwrap() }
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
        host: Host::name("hooks.partner.example"),
        other_hosts: [Host::parse("169.254.169.254")].into_iter().collect(),
        port: Some(443),
        path: Some(path(key, first)),
        path_bits: 44,
        disguised: false,
        shown: "https://hooks.partner.example/deliver/{…}/done?x=…".into(),
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
        endpoint: endpoint(),
        place: Place::new("/v1/hooks/{id}", Arc::from("url")),
        manner: manner(),
        nature: Nature::Named,
        location: location(),
        shown: candidate.shown.clone(),
        path: PathMatch::Equal,
        proven: true,
        allowed: false,
        delay: 1800 + first % 97,
        stored: false,
        rho: 0.93,
    }
}

fn began(key: &Key, first: u64) -> RequestBegan {
    RequestBegan {
        request: reference(first),
        endpoint: endpoint(),
        actor: actor(key, first),
        path: "/v1/hooks/{…}".into(),
        request_id: Some(format!("5b1e07{first:08x}").into()),
        candidates: Vec::new(),
        cut: None,
        has_body: true,
        refused: None,
    }
}

fn inspected(first: u64, candidate: Arc<Candidate>) -> RequestInspected {
    let class = Some(AddressClass::Metadata);
    let refused = Refused { rule: Rule::OrderedDeny, candidate: Some(0), class, mode: Mode::Shadow };
    let refused = (first % 64 == 1).then_some(refused);
    RequestInspected { request: reference(first), candidates: vec![candidate], cut: None, refused }
}

fn dialled(key: &Key, first: u64, order: Order) -> Dialled {
    let is_hop = first % 64 == 1;
    let hop =
        Hop { parent: reference(first), order: Some(Box::new(order.clone())), depth: 1, proven: true, allowed: false };
    let ordered = if is_hop { Source::Hop(Box::new(hop)) } else { Source::Order(Box::new(order)) };
    let own = Source::OwnCall { request: reference(first), endpoint: endpoint() };
    let verdict = Verdict {
        epoch: first / 1000,
        p_ordered: 0.97 + (first % 29) as f64 / 1000.0,
        p_denied: 0.0,
        q: 0.0,
        decision: if is_hop { Decision::WouldDeny(Rule::OrderedDeny) } else { Decision::Pass },
        mode: Mode::Shadow,
        own_evidence: false,
        window: is_hop.then_some(Window::Hop),
        explanations: [(0.97, ordered), (0.03, own)]
            .map(|(share, source)| Explanation { share, source })
            .into_iter()
            .collect(),
    };
    let dial = Dial {
        dial: reference(first + 2),
        destination: Destination::new(Host::name("hooks.partner.example"), 443),
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
    let target = RedirectTarget {
        scheme: Scheme::Http,
        destination: Destination::new(Host::parse("169.254.169.254"), 80),
        path: PathDigest::of("/latest/meta-data", key),
        shown: "http://169.254.169.254/latest/meta-data".into(),
    };
    DialProgressed {
        dial: reference(first + 2),
        outcome: Outcome::Answered,
        address: Some("203.0.113.9".parse().unwrap()),
        status: Some(200),
        bytes_in: 1204 + first % 511,
        bytes_out: 402,
        took: 3100 + first % 997,
        location: (first % 64 == 1).then_some(target),
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
    RequestEnded { request: reference(first), status: Some(201), bytes: 388, accepted: true, returned }
}
