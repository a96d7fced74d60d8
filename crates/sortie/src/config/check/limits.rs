//! Sizes, durations, retention.

use std::time::Duration;

use sortie_model::limits;

use super::{Context, policy};
use crate::config::at::At;
use crate::config::checked::{Inspect, Retention, Timeouts};
use crate::config::problem::{Problem, Problems};
use crate::config::{quantity, raw};

/// Bytes of one body that may be held for inspection: thousands of requests are in flight at once.
const MOST_INSPECTED: u64 = 1024 * 1024;
/// Bytes that the journal of events needs at least: one segment, and the next.
const LEAST_EVENTS: u64 = 16 * 1024 * 1024;

/// How much is looked at.
pub(super) fn inspect(raw: &raw::Inspect, context: &Context<'_>, problems: &mut Problems) -> Inspect {
    let bytes = |at: &Option<At<String>>, default, problems: &mut Problems| {
        at.as_ref().and_then(|at| inspected(at, problems)).unwrap_or(default)
    };
    let request_bytes = bytes(&raw.request_bytes, limits::INSPECT_REQUEST_BYTES, problems);
    // Fingerprints are made of so much at the most; a larger setting promises nothing more.
    let most = limits::INSPECT_RESPONSE_BYTES;
    let response_bytes = bytes(&raw.response_bytes, most, problems).min(most);
    let mut endpoints = Vec::new();
    for endpoint in &raw.endpoints {
        let limit = inspected(&endpoint.request_bytes, problems);
        let place = policy::place(&endpoint.at, context, problems);
        if let (Some((service, scope)), Some(limit)) = (place, limit) {
            endpoints.push((service, scope, limit));
        }
    }
    Inspect { request_bytes, response_bytes, endpoints }
}

/// How long each phase may last.
pub(super) fn timeouts(raw: &raw::Timeouts, problems: &mut Problems) -> Timeouts {
    let default = Timeouts::default();
    Timeouts {
        head: duration(raw.head.as_ref(), default.head, problems),
        body: duration(raw.body.as_ref(), default.body, problems),
        connect: duration(raw.connect.as_ref(), default.connect, problems),
        answer: duration(raw.answer.as_ref(), default.answer, problems),
        idle: duration(raw.idle.as_ref(), default.idle, problems),
        tunnel: duration(raw.tunnel.as_ref(), default.tunnel, problems),
    }
}

/// How long things are kept.
pub(super) fn retention(raw: &raw::Retention, problems: &mut Problems) -> Retention {
    let default = Retention::default();
    Retention {
        findings: duration(raw.findings.as_ref(), default.findings, problems),
        events: duration(raw.events.as_ref(), default.events, problems),
        events_bytes: raw.events_bytes.as_ref().and_then(|at| events(at, problems)).unwrap_or(default.events_bytes),
    }
}

fn duration(at: Option<&At<String>>, default: Duration, problems: &mut Problems) -> Duration {
    at.and_then(|at| problems.read(at, quantity::duration(at.value()), "expected something like 500ms, 30s, 5m or 30d"))
        .unwrap_or(default)
}

fn size(at: &At<String>, problems: &mut Problems) -> Option<u64> {
    problems.read(at, quantity::size(at.value()), "expected something like 64KiB, 10MB or 10GB")
}

fn inspected(at: &At<String>, problems: &mut Problems) -> Option<usize> {
    let size = size(at, problems)?;
    if size == 0 || size > MOST_INSPECTED {
        problems.push(
            Problem::error(at.span(), format!("'{at}' of a body cannot be inspected"))
                .remedy("expected between 1 byte and 1MiB; what is cut makes a request a wildcard"),
        );
        return None;
    }
    Some(size as usize)
}

fn events(at: &At<String>, problems: &mut Problems) -> Option<u64> {
    let size = size(at, problems)?;
    if size < LEAST_EVENTS {
        problems.push(
            Problem::error(at.span(), format!("'{at}' is too little for the journal of events"))
                .remedy("expected at least 16MiB"),
        );
        return None;
    }
    Some(size)
}
