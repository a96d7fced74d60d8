//! Events, findings and alerts, one of its own for every number.

use serde_json::json;
use sortie_model::event::What;
use sortie_model::finding::Severity;
use sortie_model::ids::FindingId;
use sortie_model::{Event, Finding, Micros, ServiceName};
use sortie_store::record::delivery::Delivery;

pub(crate) fn event(number: u64) -> Event {
    Event { number, at: at(number), service: Some(ServiceName::from("shop")), what: What::Dropped { count: number } }
}

/// An event of about `bytes` bytes that compress badly.
pub(crate) fn large_event(number: u64, bytes: usize) -> Event {
    let noise =
        std::iter::successors(Some(number), |x| Some(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)));
    let version = noise.skip(1).take(bytes).map(|x| char::from(b' ' + ((x >> 33) % 90) as u8)).collect();
    Event { what: What::Started { version }, ..event(number) }
}

pub(crate) fn id(number: u64) -> FindingId {
    FindingId::from_digest(number)
}

pub(crate) fn finding(number: u64) -> Finding {
    let value = json!({
        "id": id(number), "kind": "ssrf.honoured", "severity": "high", "confidence": 0.998, "rung": "E4",
        "first_seen": at(number).rfc3339(), "last_seen": at(number).rfc3339(), "service": "shop",
        "actor": null, "actors": [], "endpoint": null, "location": "$.url", "candidate": "http://billing/",
        "destination": { "host": "billing", "address": "10.20.0.5", "port": 80, "class": "private" },
        "requests": [], "requests_total": 1, "dials": [], "dials_total": 1, "odds": [], "impact": [], "unseen": [],
        "decision": { "mode": "observe", "action": "would_block", "door": null, "rule": null }, "closed": null,
    });
    serde_json::from_value(value).expect("a finding")
}

pub(crate) fn alert(number: u64) -> Delivery {
    Delivery {
        finding: id(number),
        target: "hook".to_owned(),
        severity: Severity::High,
        payload: format!("alert {number}"),
        next_at: Micros(0),
    }
}

fn at(number: u64) -> Micros {
    Micros(1_000_000 * number)
}
