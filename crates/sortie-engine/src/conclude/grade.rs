//! Kind, rung, severity and impact of a story, from its rows.

use serde::{Deserialize, Serialize};
use sortie_model::event::Outcome;
use sortie_model::finding::{FindingDial, FindingKind, Impact, Rung, Severity};
use sortie_model::{AddressClass, Method};

/// Words in a metadata path that stand for credentials.
const CREDENTIAL_WORDS: [&str; 5] = ["credential", "token", "identity", "user-data", "secret"];

/// How far one dial got.
pub(super) fn rung(dial: &FindingDial) -> Rung {
    if dial.returned.is_some() {
        return Rung::E5;
    }
    match outcome(dial) {
        Some(Outcome::Answered) => Rung::E4,
        Some(outcome) if outcome.reached_network() => Rung::E3,
        Some(Outcome::Denied) if dial.address.is_some() && !is_literal(dial) => Rung::E2,
        Some(Outcome::NameNotFound | Outcome::ResolveFailed) => Rung::E2,
        _ => Rung::E1,
    }
}

/// What one dial to a denied class cost.
pub(super) fn impact(dial: &FindingDial) -> Vec<Impact> {
    let mut impact = Vec::new();
    let Some(outcome) = outcome(dial) else { return impact };
    let is_success = dial.status.is_some_and(|status| status < 400);
    let method = dial.request.as_deref().and_then(|request| request.split_once(' ')).map(|(m, _)| Method::parse(m));
    let is_read = outcome == Outcome::Answered && is_success && dial.bytes > 0;
    match dial.class {
        AddressClass::Public => {}
        AddressClass::Metadata if is_read && names_credentials(dial) => impact.push(Impact::MetadataCredentialsRead),
        _ if method.as_ref().is_some_and(|method| !method.is_safe()) && is_success => {
            impact.push(Impact::InternalDataChanged);
        }
        _ if is_read => impact.push(Impact::InternalDataRead),
        _ => {}
    }
    if dial.class != AddressClass::Public
        && matches!(outcome, Outcome::Answered | Outcome::Connected | Outcome::Refused)
    {
        impact.push(Impact::ServiceDiscovered);
    }
    impact
}

/// What a story's dials did, besides their rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks {
    /// Some dial was let through.
    pub(super) passed: bool,
    /// Some order was obeyed after its request had ended.
    pub(super) stored: bool,
    /// A credential of own internal calls was carried.
    pub(super) credentials: bool,
}

/// The story's kind, from what its dials to the class did.
pub(super) fn kind(denied_class: bool, marks: Marks) -> FindingKind {
    match (denied_class, marks.passed) {
        (true, true) if marks.stored => FindingKind::Stored,
        (true, true) => FindingKind::Honoured,
        (true, false) => FindingKind::Blocked,
        (false, _) if marks.credentials => FindingKind::CredentialSent,
        (false, _) => FindingKind::OpenSink,
    }
}

/// How urgent a story of this kind, rung and impact is. An order for a public destination is posture,
/// whichever it is: without baselines none is known to be unusual.
pub(super) fn severity(kind: FindingKind, rung: Rung, impact: &[Impact], passed: bool) -> Severity {
    let credentials =
        impact.contains(&Impact::MetadataCredentialsRead) || (impact.contains(&Impact::CredentialsSent) && passed);
    match kind {
        FindingKind::Honoured | FindingKind::Stored if credentials || rung == Rung::E5 => Severity::Critical,
        FindingKind::Honoured | FindingKind::Stored if rung >= Rung::E3 => Severity::High,
        FindingKind::CredentialSent if passed => Severity::Critical,
        FindingKind::FileReturned => Severity::Critical,
        FindingKind::Honoured | FindingKind::Stored | FindingKind::Blocked | FindingKind::CredentialSent => {
            Severity::Medium
        }
        FindingKind::Attempt | FindingKind::HiddenHop => Severity::Low,
        FindingKind::OpenSink => Severity::Info,
    }
}

fn outcome(dial: &FindingDial) -> Option<Outcome> {
    [
        Outcome::Connected,
        Outcome::Answered,
        Outcome::Denied,
        Outcome::NameNotFound,
        Outcome::ResolveFailed,
        Outcome::Refused,
        Outcome::TimedOut,
        Outcome::Unreachable,
        Outcome::Reset,
        Outcome::BadAnswer,
    ]
    .into_iter()
    .find(|outcome| outcome.as_str() == dial.outcome)
}

fn is_literal(dial: &FindingDial) -> bool {
    dial.address.is_some_and(|address| sortie_model::Host::parse(&dial.host) == sortie_model::Host::ip(address))
}

fn names_credentials(dial: &FindingDial) -> bool {
    let request = dial.request.as_deref().unwrap_or_default().to_ascii_lowercase();
    CREDENTIAL_WORDS.iter().any(|word| request.contains(word))
}
