//! `/metrics`: the status in the text format of OpenMetrics.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::wire::{ServiceStatus, Status};

/// Its media type.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics of one moment.
pub(super) fn metrics(status: Status) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("sortie");
    registry.register_collector(Box::new(Snapshot(status)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Snapshot(Status);

/// What a number is.
#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

/// One metric with a value for each service: name, help, kind, value.
type PerService = (&'static str, &'static str, Kind, fn(&ServiceStatus) -> u64);

const PER_SERVICE: &[PerService] = &[
    ("requests", "Requests at the inbound door", Kind::Counter, |s| s.inbound.requests),
    ("requests_in_flight", "Requests in flight", Kind::Gauge, |s| s.inbound.in_flight),
    ("requests_carrying", "Requests that carried a destination", Kind::Counter, |s| s.inbound.carrying),
    ("candidates", "Destinations that requests carried", Kind::Counter, |s| s.inbound.candidates),
    ("requests_refused", "Requests refused by a rule", Kind::Counter, |s| s.inbound.refused),
    ("requests_would_refuse", "Requests that block would have refused", Kind::Counter, |s| s.inbound.would_refuse),
    ("requests_cut", "Requests whose inspection was cut", Kind::Counter, |s| s.inbound.cut),
    ("request_bytes", "Bytes of requests", Kind::Counter, |s| s.inbound.bytes),
    ("request_bytes_not_inspected", "Bytes of requests not inspected", Kind::Counter, |s| {
        s.inbound.bytes_not_inspected
    }),
    ("inbound_connections", "Open connections of the inbound door", Kind::Gauge, |s| s.inbound.connections),
    ("outbound_connections", "Open connections of the outbound door", Kind::Gauge, |s| s.outbound.connections),
    ("dials", "Dials at the outbound door", Kind::Counter, |s| s.outbound.dials),
    ("dials_ordered", "Dials judged ordered", Kind::Counter, |s| s.outbound.ordered),
    ("dials_denied", "Dials refused by a rule", Kind::Counter, |s| s.outbound.denied),
    ("dials_would_deny", "Dials that block would have refused", Kind::Counter, |s| s.outbound.would_deny),
    ("dials_failed", "Dials that reached nothing", Kind::Counter, |s| s.outbound.failed),
    ("dials_visible", "Dials whose path was visible", Kind::Counter, |s| s.outbound.visible),
    ("dials_tls", "Dials inside TLS", Kind::Counter, |s| s.outbound.tls),
    ("dials_opaque", "Dials of another protocol", Kind::Counter, |s| s.outbound.opaque),
    ("sinks_proven", "Proven sinks", Kind::Gauge, |s| s.sinks_proven),
    ("off", "Whether the service is switched to pass-through", Kind::Gauge, |s| u64::from(s.off)),
];

/// One metric of the process: name, help, kind, value.
type PerProcess = (&'static str, &'static str, Kind, fn(&Status) -> u64);

const PER_PROCESS: &[PerProcess] = &[
    ("ready", "Whether all doors listen", Kind::Gauge, |s| u64::from(s.ready)),
    ("uptime_seconds", "Seconds since the start", Kind::Gauge, |s| s.uptime_seconds),
    ("engine_events", "Events learned from", Kind::Counter, |s| s.engine.events),
    ("engine_behind", "Events of the journal still to be read after the start", Kind::Gauge, |s| {
        s.engine.behind.unwrap_or(0)
    }),
    ("engine_queued", "Events in the queue", Kind::Gauge, |s| s.engine.queued),
    ("engine_dropped", "Events dropped because the queue was full", Kind::Counter, |s| s.engine.dropped),
    ("engine_passed_over", "Events passed over because the engine failed at them", Kind::Counter, |s| {
        s.engine.passed_over
    }),
    ("engine_trouble", "Whether the engine does not work", Kind::Gauge, |s| u64::from(s.engine.trouble.is_some())),
    ("journal_bytes", "Bytes of the journal", Kind::Gauge, |s| s.store.journal_bytes),
    ("store_unwritten", "Events not on the disk yet", Kind::Gauge, |s| s.store.unwritten),
    ("store_lost", "Events given up", Kind::Counter, |s| s.store.lost),
    ("store_unreadable", "Records of the journal that could not be read at the start", Kind::Gauge, |s| {
        s.store.unreadable
    }),
    ("store_findings_let_go", "Findings let go because the index could not take them", Kind::Counter, |s| {
        s.store.let_go
    }),
    ("store_trouble", "Parts of the store that do not work", Kind::Gauge, |s| s.store.troubles.len() as u64),
    ("alerts_waiting", "Deliveries that wait", Kind::Gauge, |s| s.alerts.waiting),
    ("alerts_delivered", "Deliveries made", Kind::Counter, |s| s.alerts.delivered),
    ("alerts_given_up", "Deliveries given up", Kind::Counter, |s| s.alerts.given_up),
    ("alerts_trouble", "Targets that take no alerts", Kind::Gauge, |s| s.alerts.troubles.len() as u64),
];

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for &(name, help, kind, value) in PER_PROCESS {
            let value = value(&self.0);
            match kind {
                Kind::Counter => number(&mut encoder, name, help, &ConstCounter::new(value))?,
                Kind::Gauge => number(&mut encoder, name, help, &gauge(value))?,
            }
        }
        for &(name, help, kind, value) in PER_SERVICE {
            let values = self.0.services.iter().map(|service| (service.name.as_str(), value(service)));
            match kind {
                Kind::Counter => family(&mut encoder, name, help, values.map(|(s, v)| (s, ConstCounter::new(v))))?,
                Kind::Gauge => family(&mut encoder, name, help, values.map(|(s, v)| (s, gauge(v))))?,
            }
        }
        unanswered(&mut encoder, &self.0.services)?;
        malformed(&mut encoder, &self.0.services)
    }
}

/// Malformed messages, with door and kind.
fn malformed(encoder: &mut DescriptorEncoder<'_>, services: &[ServiceStatus]) -> fmt::Result {
    let doors = services.iter().flat_map(|service| {
        [("inbound", &service.inbound.malformed), ("outbound", &service.outbound.malformed)]
            .map(|(door, kinds)| (service.name.as_str(), door, kinds))
    });
    let counts = doors.flat_map(|(service, door, kinds)| {
        kinds
            .iter()
            .map(move |(kind, number)| ([("service", service), ("door", door), ("kind", kind.as_str())], *number))
    });
    labelled(encoder, "malformed", "Messages refused because two parsers would read them differently", counts)
}

/// Requests that the back end did not answer, with the type of error.
fn unanswered(encoder: &mut DescriptorEncoder<'_>, services: &[ServiceStatus]) -> fmt::Result {
    let counts = services.iter().flat_map(|service| {
        let kinds = service.inbound.unanswered.iter();
        kinds.map(|(error, number)| ([("service", service.name.as_str()), ("error", error.as_str())], *number))
    });
    labelled(encoder, "requests_unanswered", "Requests that the back end did not answer", counts)
}

/// A counter with labels; a family without a member is left out.
fn labelled<'a, const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counts: impl Iterator<Item = ([(&'a str, &'a str); N], u64)>,
) -> fmt::Result {
    let mut counts = counts.peekable();
    if counts.peek().is_none() {
        return Ok(());
    }
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, number) in counts {
        ConstCounter::new(number).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

fn number(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn family<'a, M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (&'a str, M)>,
) -> fmt::Result {
    let mut values = values.peekable();
    let Some((_, first)) = values.peek() else { return Ok(()) };
    let mut family = encoder.encode_descriptor(name, help, None, first.metric_type())?;
    for (service, metric) in values {
        metric.encode(family.encode_family(&[("service", service)])?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::wire::InboundStatus;

    #[test]
    fn every_service_has_its_line() {
        let service = |name: &str, requests| ServiceStatus {
            name: name.into(),
            inbound: InboundStatus {
                requests,
                malformed: [("chunk".into(), requests)].into(),
                unanswered: [("dns_error".into(), requests)].into(),
                ..InboundStatus::default()
            },
            ..ServiceStatus::default()
        };
        let status =
            Status { ready: true, services: vec![service("shop", 214), service("news", 3)], ..Status::default() };
        let text = metrics(status).unwrap();
        for line in [
            "# TYPE sortie_requests counter",
            "sortie_requests_total{service=\"shop\"} 214",
            "sortie_requests_total{service=\"news\"} 3",
            "sortie_malformed_total{service=\"news\",door=\"inbound\",kind=\"chunk\"} 3",
            "sortie_requests_unanswered_total{service=\"shop\",error=\"dns_error\"} 214",
            "sortie_ready 1",
            "sortie_store_trouble 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn no_service_is_no_line() {
        assert!(!metrics(Status::default()).unwrap().contains("sortie_requests"));
    }
}
