//! A finding in one sentence, and as the JSON object that everybody is given.

use serde::Serialize;
use sortie_model::AddressClass;
use sortie_model::finding::{Finding, FindingKind, Impact, Rung};

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

fn deed(finding: &Finding) -> String {
    let destination = destination(finding);
    let has = |impact| finding.impact.contains(&impact);
    if has(Impact::MetadataCredentialsRead) {
        "fetch metadata credentials".to_owned()
    } else if has(Impact::InternalDataChanged) {
        format!("change something at {destination}")
    } else if has(Impact::InternalDataRead) {
        format!("read from {destination}")
    } else {
        format!("call {destination}")
    }
}

fn outcome(finding: &Finding) -> &'static str {
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
