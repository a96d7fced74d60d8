//! A finding in one sentence, and as the JSON object that everybody is given.

use serde::Serialize;
use sortie_model::AddressClass;
use sortie_model::finding::{Finding, FindingDial, FindingKind, Impact, Rung};

/// A finding as it leaves Sortie: all that is known, behind the sentence that says what it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summarised<'a> {
    summary: String,
    #[serde(flatten)]
    finding: &'a Finding,
}

impl<'a> From<&'a Finding> for Summarised<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self { summary: summary(finding), finding }
    }
}

/// The story in one sentence. It holds text that a client may have chosen.
pub fn summary(finding: &Finding) -> String {
    let service = &finding.service.0;
    let destination = destination(finding);
    match finding.kind {
        FindingKind::Honoured | FindingKind::Stored => {
            let later = if finding.kind == FindingKind::Stored { " after the request had ended" } else { "" };
            format!("A client made {service} {}{later}{}.", deed(finding), outcome(finding))
        }
        FindingKind::Blocked if finding.candidate.is_none() && finding.dials.is_empty() => {
            format!(
                "A request to {service} could not be inspected to its end, and was refused at an endpoint that dials what it is told."
            )
        }
        FindingKind::Blocked if names_file(finding) => {
            format!("A client ordered {service} to read a file of its own, and was stopped.")
        }
        FindingKind::Blocked => format!("A client ordered {service} to call {destination}, and was stopped."),
        FindingKind::Attempt => {
            format!("A client named {destination} to {service}; no dial to it passed the outbound door.")
        }
        FindingKind::CredentialSent => {
            format!("A client made {service} send a credential of its internal calls to {destination}.")
        }
        FindingKind::OpenSink => format!("A parameter of {service} dials whatever a client writes there."),
        FindingKind::FileReturned => {
            format!("A client made {service} read a file of its own, and content of it went back to that client.")
        }
        FindingKind::HiddenHop => {
            format!(
                "{service} called {destination} while a redirect could hide: a client's order, or a new call of its own."
            )
        }
    }
}

/// Whether what was ordered is a `file:` URL.
fn names_file(finding: &Finding) -> bool {
    finding.candidate.as_deref().is_some_and(|text| text.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("file:")))
}

fn deed(finding: &Finding) -> String {
    let destination = destination(finding);
    let has = |impact| finding.impact.contains(&impact);
    if has(Impact::MetadataCredentialsRead) {
        "fetch metadata credentials".to_owned()
    } else if has(Impact::InternalDataChanged) {
        format!("change something at {destination}")
    } else if has(Impact::InternalDataRead) {
        format!("read from {destination}{}", and_others(finding))
    } else {
        format!("call {destination}{}", and_others(finding))
    }
}

/// ` and 2 others`, where the story's dials went to more destinations than the one it is told by.
fn and_others(finding: &Finding) -> String {
    match further_destinations(finding) {
        0 => String::new(),
        1 => " and one other".to_owned(),
        others => format!(" and {others} others"),
    }
}

/// How many destinations of the story's class its listed dials went to, besides the one that it is told by.
pub fn further_destinations(finding: &Finding) -> usize {
    let told = &finding.destination;
    let of_class = finding.dials.iter().filter(|dial| dial.class == told.class);
    let mut others: Vec<_> = of_class
        .map(|dial| (dial.host.as_str(), dial.port))
        .filter(|(host, port)| (*host, Some(*port)) != (told.host.as_str(), told.port))
        .collect();
    others.sort_unstable();
    others.dedup();
    others.len()
}

/// How far the story got: `E4 answered`. A connection that did not come about is told apart.
pub fn rung(finding: &Finding) -> String {
    let name = if failed(finding).is_some() { "tried" } else { finding.rung.name() };
    format!("{} {name}", finding.rung)
}

/// What the last dial of a story met that got as far as the network, and no further.
fn failed(finding: &Finding) -> Option<&'static str> {
    let mut dials = finding.dials.iter().rev().filter(|_| finding.rung == Rung::E3);
    let last = dials.find_map(|dial| failure(&dial.outcome))?;
    let is_connected = |dial: &FindingDial| matches!(dial.outcome.as_str(), "connected" | "reset" | "bad_answer");
    (!finding.dials.iter().any(is_connected)).then_some(last)
}

fn failure(outcome: &str) -> Option<&'static str> {
    match outcome {
        "refused" => Some(", which refused the connection"),
        "timed_out" => Some(", which did not answer in time"),
        "unreachable" => Some(", which could not be reached"),
        _ => None,
    }
}

fn outcome(finding: &Finding) -> &'static str {
    if let Some(failed) = failed(finding) {
        return failed;
    }
    match finding.rung {
        Rung::E5 => ", and the answer went back to that client",
        Rung::E4 => ", and it answered",
        Rung::E3 => ", as far as the connection",
        Rung::E2 => ", as far as its name",
        Rung::E0 | Rung::E1 => "",
    }
}

fn destination(finding: &Finding) -> String {
    let destination = &finding.destination;
    let port = destination.port.map(|port| format!(":{port}")).unwrap_or_default();
    let class = match destination.class {
        AddressClass::Public => String::new(),
        class => format!(" ({class})"),
    };
    format!("{}{port}{class}", destination.host)
}
