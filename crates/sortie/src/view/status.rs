//! How the program is, and why it may be silent.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sortie_model::Mode;
use sortie_model::policy::Locality;

use super::Paint;
use super::silence::{not_yet, of_service};
use super::text::{age, bytes, clean, count, counted, pad};
use crate::admin::wire::{ScopeMode, ServiceStatus, Status, Unfollowed};

const LABEL: usize = 10;

/// The status as a text.
pub fn status(status: &Status, paint: Paint) -> String {
    let ready = if status.ready { "ready" } else { "not ready" };
    let mut lines = vec![format!(
        "sortie {}  {ready}, up {}  data {}",
        clean(&status.version),
        age(status.uptime_seconds),
        clean(&status.data)
    )];
    for (label, text, troubles) in machinery(status) {
        lines.push(line(label, &text, paint));
        lines.extend(troubles.iter().map(|why| paint.trouble(&format!("{}{}", pad("  TROUBLE", LABEL), clean(why)))));
    }
    for service in &status.services {
        lines.push(String::new());
        lines.extend(of(service, paint));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Engine, store and alerts, with their troubles.
fn machinery(status: &Status) -> [(&'static str, String, Vec<String>); 3] {
    let engine = &status.engine;
    let dropped = match engine.dropped {
        0 => String::new(),
        dropped => format!(", {} dropped: findings may lack something, decisions do not", count(dropped)),
    };
    let behind = engine.behind.map(|behind| {
        format!(", {} of the journal still to be read: doors decide by what is known so far", counted(behind, "event"))
    });
    let passed_over = match engine.passed_over {
        0 => String::new(),
        events => format!("; {} passed over: the engine failed at them, the log says which", count(events)),
    };
    let learned = format!(
        "{} learned from, {} waiting{dropped}{passed_over}{}",
        counted(engine.events, "event"),
        count(engine.queued),
        behind.unwrap_or_default()
    );
    let (store, alerts) = (&status.store, &status.alerts);
    let lost = if store.lost > 0 { format!(", {} lost", count(store.lost)) } else { String::new() };
    let damaged = match store.unreadable {
        0 => String::new(),
        records => format!(", {} of it could not be read at the start", counted(records, "record")),
    };
    let let_go = match store.let_go {
        0 => String::new(),
        findings => format!(", {} let go while the index could not take them", counted(findings, "finding")),
    };
    let kept = format!(
        "journal {}, {} to write{lost}{damaged}{let_go}",
        bytes(store.journal_bytes),
        counted(store.unwritten, "event")
    );
    let given_up = if alerts.given_up > 0 { format!(", {} given up", count(alerts.given_up)) } else { String::new() };
    let told = format!("{} delivered, {} waiting{given_up}", count(alerts.delivered), count(alerts.waiting));
    let each =
        |troubles: &BTreeMap<String, String>| troubles.iter().map(|(what, why)| format!("{what}: {why}")).collect();
    [
        ("engine", learned, engine.trouble.iter().cloned().collect()),
        ("store", kept, each(&store.troubles)),
        ("alerts", told, each(&alerts.troubles)),
    ]
}

/// The modes alone.
pub fn modes(status: &Status, paint: Paint) -> String {
    let mut lines: Vec<String> = status.services.iter().flat_map(|service| modes_of(service, paint)).collect();
    lines.push(String::new());
    lines.join("\n")
}

fn modes_of(service: &ServiceStatus, paint: Paint) -> Vec<String> {
    let off = if service.off { "  OFF" } else { "" };
    let mut lines = vec![format!("{}  {}{off}", paint.strong(&clean(&service.name)), service.mode)];
    lines.extend(service.scopes.iter().map(|scope| line("  mode", &of_scope(service, scope, paint), paint)));
    lines
}

fn of(service: &ServiceStatus, paint: Paint) -> Vec<String> {
    let (inbound, outbound) = (&service.inbound, &service.outbound);
    let mut lines = modes_of(service, paint);
    let plain = |label: &str, text: String| line(label, &text, paint);
    lines.push(plain(
        "inbound",
        format!(
            "{}  {}, {} of them carried {}; {} in flight, {}",
            clean(&inbound.listen),
            counted(inbound.requests, "request"),
            count(inbound.carrying),
            counted(inbound.candidates, "destination"),
            count(inbound.in_flight),
            stopped(inbound.refused, inbound.would_refuse, service.mode),
        ),
    ));
    lines.push(plain(
        "  seen",
        format!(
            "{} of {} not inspected, {} cut",
            bytes(inbound.bytes_not_inspected),
            bytes(inbound.bytes),
            counted(inbound.cut, "request")
        ),
    ));
    lines.extend(by_kind(&inbound.malformed, "malformed").map(|text| plain("  refused", text)));
    lines.extend(by_kind(&inbound.unanswered, "without an answer").map(|text| plain("  failed", text)));
    let locality = if outbound.locality == Locality::Remote { " remote" } else { "" };
    lines.push(plain(
        "outbound",
        format!(
            "{}{locality}  {}, {} by order; {} failed, {}",
            clean(&outbound.listen),
            counted(outbound.dials, "dial"),
            count(outbound.ordered),
            count(outbound.failed),
            stopped(outbound.denied, outbound.would_deny, service.mode),
        ),
    ));
    lines.push(plain(
        "  seen",
        format!(
            "{} with path, {} TLS (host only), {} other",
            count(outbound.visible),
            count(outbound.tls),
            count(outbound.opaque)
        ),
    ));
    lines.extend(by_kind(&outbound.malformed, "malformed").map(|text| plain("  refused", text)));
    lines.push(plain(
        "sinks",
        format!(
            "{} proven, {} on the way; `sortie sinks` lists them",
            count(service.sinks_proven),
            count(service.sinks_learning)
        ),
    ));
    lines.extend(service.unfollowed.iter().map(|place| plain("  unseen", unfollowed(place))));
    lines.extend(not_yet(service).into_iter().map(|text| line("", &clean(&text), paint)));
    lines.extend(of_service(service).into_iter().map(|text| line("!", &clean(&text), paint)));
    lines
}

/// A mode of its own; where it is laxer than the service's, with what ends that.
fn of_scope(service: &ServiceStatus, scope: &ScopeMode, paint: Paint) -> String {
    let text = format!("{} at {}", scope.mode, clean(&scope.at));
    match scope.align.filter(|_| scope.mode < service.mode) {
        Some(align) => {
            let remedy = format!("sortie mode {align} '{} {}'", clean(&service.name), clean(&scope.at));
            paint.trouble(&format!("{text}, LAXER than the service; `{remedy}` ends that"))
        }
        None => text,
    }
}

fn unfollowed(place: &Unfollowed) -> String {
    if place.obeyed > 0 {
        let (obeyed, orders) = (counted(place.obeyed, "time"), counted(place.offers, "order"));
        return format!(
            "{} was obeyed {obeyed}, and then not once in {orders}: does the program still use the proxy?",
            clean(&place.at)
        );
    }
    format!(
        "{} named at {}, none dialled through the door: nothing there is dialled, or it goes around (raw TCP, NO_PROXY)",
        counted(place.offers, "destination"),
        clean(&place.at)
    )
}

/// `3 malformed: 2 chunk, 1 bare-line-end`.
fn by_kind(kinds: &BTreeMap<String, u64>, what: &str) -> Option<String> {
    let mut kinds: Vec<(u64, &String)> = kinds.iter().map(|(kind, number)| (*number, kind)).collect();
    kinds.sort_unstable_by_key(|&(number, _)| Reverse(number));
    let each: Vec<String> = kinds.iter().map(|(number, kind)| format!("{} {}", count(*number), clean(kind))).collect();
    let all = kinds.iter().map(|(number, _)| number).sum();
    (!each.is_empty()).then(|| format!("{} {what}: {}", count(all), each.join(", ")))
}

fn stopped(refused: u64, would: u64, mode: Mode) -> String {
    // Under `block` there is none but from before, or at a laxer scope.
    match (mode, would) {
        (Mode::Block, 0) => format!("{} refused", count(refused)),
        _ => format!("{} refused, {} would be in block", count(refused), count(would)),
    }
}

fn line(label: &str, text: &str, paint: Paint) -> String {
    format!("{}{text}", paint.faint(&pad(label, LABEL)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::wire::{
        AlertsStatus, BackEndFailing, EngineStatus, InboundStatus, OutboundStatus, RecentStatus, Setting, StoreStatus,
    };

    #[test]
    fn reads_as_a_page() {
        let shop = ServiceStatus {
            name: "shop".into(),
            mode: Mode::Shadow,
            off: false,
            scopes: vec![
                ScopeMode { at: "/v1/hooks $.url".into(), mode: Mode::Block, align: Some(Setting::Own(Mode::Shadow)) },
                ScopeMode { at: "/v1/import".into(), mode: Mode::Observe, align: Some(Setting::Inherit) },
            ],
            inbound: InboundStatus {
                listen: "127.0.0.1:8080".into(),
                upstream: "http://127.0.0.1:5000".into(),
                unanswered: [("connection_refused".into(), 3), ("dns_error".into(), 1)].into(),
                failing: Some(BackEndFailing {
                    since: "2026-11-24T03:07:41.000Z".into(),
                    requests: 3,
                    why: "connection_refused".into(),
                }),
                connections: 4,
                requests: 214,
                in_flight: 2,
                carrying: 31,
                candidates: 37,
                refused: 1,
                would_refuse: 0,
                cut: 3,
                bytes: 812_345,
                bytes_not_inspected: 1_204,
                malformed: [("bare-line-end".into(), 1), ("chunk".into(), 2)].into(),
            },
            outbound: OutboundStatus { listen: "127.0.0.1:3128".into(), ..OutboundStatus::default() },
            recent: RecentStatus { minutes: 10, requests: 214, candidates: 37, dials: 0 },
            sinks_proven: 1,
            sinks_learning: 2,
            unfollowed: vec![
                Unfollowed { at: "/v1/hooks $.url".into(), offers: 4, obeyed: 12 },
                Unfollowed { at: "/v1/probe $.host".into(), offers: 6, obeyed: 0 },
            ],
        };
        let all = Status {
            version: "0.1.0".into(),
            started: "2026-11-24T03:07:41.000Z".into(),
            uptime_seconds: 9_000,
            ready: true,
            data: "./sortie-data".into(),
            engine: EngineStatus { trouble: None, events: 1_204, behind: None, queued: 3, dropped: 7, passed_over: 1 },
            store: StoreStatus {
                troubles: [("journal".into(), "no space left to write x".into())].into(),
                journal_bytes: 45_000_000,
                unwritten: 12,
                lost: 0,
                unreadable: 2,
                let_go: 40,
            },
            alerts: AlertsStatus {
                troubles: [("alerts[1], webhook hooks.example".into(), "it answered 500".into())].into(),
                waiting: 1,
                delivered: 4,
                given_up: 0,
            },
            services: vec![shop],
        };
        insta::assert_snapshot!(status(&all, Paint::Plain));
    }
}
