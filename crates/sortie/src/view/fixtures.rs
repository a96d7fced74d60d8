//! Findings for the tests of this folder.

use std::net::IpAddr;

use sortie_model::finding::{
    Action, ActorShare, DialDecision, Finding, FindingActor, FindingDecision, FindingDestination, FindingDial,
    FindingEndpoint, FindingKind, FindingRequest, Impact, Odds, Rung, Severity,
};
use sortie_model::ids::FindingId;
use sortie_model::{ActorKind, AddressClass, Micros, Mode};

pub(super) fn at(clock: &str) -> Micros {
    Micros::parse_rfc3339(&format!("2026-11-24T{clock}Z")).unwrap()
}

fn odds(factor: &str, text: &str) -> Odds {
    Odds { factor: factor.into(), text: text.into() }
}

fn dial(id: &str, host: &str, address: &str, class: AddressClass) -> FindingDial {
    FindingDial {
        id: id.into(),
        ts: at("03:07:41"),
        host: host.into(),
        address: Some(address.parse().unwrap()),
        port: 80,
        class,
        request: Some("GET /".into()),
        outcome: "answered".into(),
        status: Some(200),
        bytes: 1_204,
        took_micros: 3_100,
        p: 0.998,
        matched: Some("url".into()),
        ordered_by: Some("R-18C3".into()),
        redirected_by: None,
        named_by: None,
        returned: None,
        decision: DialDecision { mode: Mode::Observe, action: Action::WouldBlock, grounds: None },
    }
}

/// A link preview was made to read metadata credentials through a redirect.
pub(super) fn metadata() -> Finding {
    let address: IpAddr = "198.51.100.23".parse().unwrap();
    let first = FindingDial {
        request: Some("GET /r".into()),
        status: Some(302),
        bytes: 0,
        ..dial("D-18C4", "cdn.evil.example", "203.0.113.9", AddressClass::Public)
    };
    let second = FindingDial {
        request: Some("GET /latest/meta-data/iam/security-credentials/".into()),
        redirected_by: Some("D-18C4".into()),
        returned: Some("1,180 of 1,204 bytes are in the answer to R-18C3, base64 in $.preview".into()),
        ..dial("D-18C5", "169.254.169.254", "169.254.169.254", AddressClass::Metadata)
    };
    Finding {
        id: FindingId::parse("F-7K2M9QPX").unwrap(),
        kind: FindingKind::Honoured,
        severity: Severity::Critical,
        confidence: 0.998,
        rung: Rung::E5,
        first_seen: at("03:07:41"),
        last_seen: at("03:07:41.5"),
        service: "shop".into(),
        actor: Some(FindingActor { kind: ActorKind::Session, id: "9f2c00a1b241".into(), address }),
        actors: vec![ActorShare { id: "9f2c00a1b241".into(), p: 0.998 }],
        endpoint: Some(FindingEndpoint { method: "POST".into(), host: None, template: "/v1/preview".into() }),
        location: Some("$.url".into()),
        candidate: Some("http://cdn.evil.example/r".into()),
        destination: FindingDestination {
            host: "169.254.169.254".into(),
            address: Some("169.254.169.254".parse().unwrap()),
            port: Some(80),
            class: AddressClass::Metadata,
        },
        requests: vec![FindingRequest {
            id: "R-18C3".into(),
            ts: at("03:07:41"),
            method: "POST".into(),
            path: "/v1/preview".into(),
            actor: "9f2c00a1b241".into(),
            request_id: Some("5b1e07".into()),
        }],
        requests_total: 1,
        dials: vec![first, second],
        dials_total: 2,
        odds: vec![
            odds("sure", "0.998 that it was ordered, 0.998 by R-18C3"),
            odds(
                "for",
                "proven: this place obeyed 41 of 44 offers, 41 destinations, named by 17 actors; honour rate 0.93",
            ),
            odds("path", "host, port and path equal what was named"),
            odds("hop", "the redirect was seen in the answer to D-18C4"),
            odds("own", "the service itself never dialled 169.254.169.254:80 in 13 days"),
        ],
        impact: vec![Impact::MetadataCredentialsRead, Impact::ServiceDiscovered],
        unseen: Vec::new(),
        decision: FindingDecision {
            mode: Mode::Observe,
            action: Action::WouldBlock,
            door: Some("outbound".into()),
            rule: Some("ordered.deny".into()),
            about: Some("D-18C5".into()),
        },
        closed: None,
    }
}

/// An order for an internal host, refused where it came in.
pub(super) fn refused() -> Finding {
    Finding {
        id: FindingId::parse("F-00000042").unwrap(),
        kind: FindingKind::Blocked,
        severity: Severity::Medium,
        confidence: 1.0,
        rung: Rung::E0,
        last_seen: at("04:10:00"),
        candidate: Some("http://billing.corp.example/pay".into()),
        destination: FindingDestination {
            host: "billing.corp.example".into(),
            address: None,
            port: Some(80),
            class: AddressClass::Private,
        },
        requests_total: 3,
        dials: Vec::new(),
        dials_total: 0,
        odds: vec![odds("for", "the operator says that this place is dialled")],
        impact: Vec::new(),
        decision: FindingDecision {
            mode: Mode::Block,
            action: Action::Blocked,
            door: Some("inbound".into()),
            rule: Some("ordered.deny".into()),
            about: Some("R-18C3".into()),
        },
        ..metadata()
    }
}

/// A parameter that dials whatever it is told.
pub(super) fn open_sink() -> Finding {
    let dials: Vec<_> = (0..12)
        .map(|number| FindingDial {
            outcome: "connected".into(),
            status: None,
            ..dial(&format!("D-{number}"), "hooks.partner.example", "203.0.113.7", AddressClass::Public)
        })
        .collect();
    Finding {
        id: FindingId::parse("F-000000ZZ").unwrap(),
        kind: FindingKind::OpenSink,
        severity: Severity::Info,
        confidence: 0.91,
        rung: Rung::E3,
        last_seen: at("05:00:00"),
        actors: vec![
            ActorShare { id: "9f2c00a1b241".into(), p: 0.61 },
            ActorShare { id: "77aa00a1b241".into(), p: 0.3 },
        ],
        destination: FindingDestination {
            host: "hooks.partner.example".into(),
            address: Some("203.0.113.7".parse().unwrap()),
            port: Some(443),
            class: AddressClass::Public,
        },
        dials,
        dials_total: 20,
        impact: Vec::new(),
        unseen: vec!["the dial is TLS: its path, status, answer and redirects are not seen".into()],
        decision: FindingDecision { mode: Mode::Observe, action: Action::Passed, door: None, rule: None, about: None },
        ..metadata()
    }
}
