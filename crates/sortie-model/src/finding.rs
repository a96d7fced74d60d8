//! Findings: what a person should look at. One story, however many events it took.

mod decision;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::actor::ActorKind;
use crate::address::AddressClass;
use crate::ids::{FindingId, ServiceName};
use crate::time::Micros;

pub use decision::{Action, DialDecision, FindingDecision};

/// How far an attack got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rung {
    /// The request carries the candidate.
    E0,
    /// The service was about to dial it. Which destinations are unusual for a place that is dialled is
    /// for baselines to say, and there are none: every dial that was ordered is on this rung.
    E1,
    /// The service asked for the candidate's name.
    E2,
    /// The service opened a connection, or tried.
    E3,
    /// The destination answered.
    E4,
    /// The answer came back to the caller.
    E5,
}

impl Rung {
    /// The rung's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::E0 => "carried",
            Self::E1 => "unusual",
            Self::E2 => "resolved",
            Self::E3 => "connected",
            Self::E4 => "answered",
            Self::E5 => "returned",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Posture: worth knowing.
    Info,
    /// An attempt.
    Low,
    /// A denied class was blocked before it was reached.
    Medium,
    /// A denied class was reached.
    High,
    /// Credentials out, or a denied class came back to the caller.
    Critical,
}

impl Severity {
    /// The word of JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The text names no severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no severity: expected info, low, medium, high or critical")]
pub struct ParseSeverityError(String);

impl FromStr for Severity {
    type Err = ParseSeverityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| ParseSeverityError(text.to_owned()))
    }
}

/// What kind of story a finding tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FindingKind {
    /// The service dialled a denied destination by order.
    #[serde(rename = "ssrf.honoured")]
    Honoured,
    /// Such a dial, or the request that named it, was refused.
    #[serde(rename = "ssrf.blocked")]
    Blocked,
    /// A candidate named a denied destination, and no dial followed.
    #[serde(rename = "ssrf.attempt")]
    Attempt,
    /// The order was stored, and obeyed after its request had ended.
    #[serde(rename = "ssrf.stored")]
    Stored,
    /// A credential of own internal calls went out by order.
    #[serde(rename = "credential.sent")]
    CredentialSent,
    /// Posture: a parameter that dials whatever it is told.
    #[serde(rename = "sink.open")]
    OpenSink,
    /// A dial to a denied destination while a hidden redirect was possible: an order or a new own
    /// call.
    #[serde(rename = "egress.hidden")]
    HiddenHop,
    /// A client named a file of the server, and content of a file came back to him.
    #[serde(rename = "file.returned")]
    FileReturned,
}

impl FindingKind {
    /// The word of JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Honoured => "ssrf.honoured",
            Self::Blocked => "ssrf.blocked",
            Self::Attempt => "ssrf.attempt",
            Self::Stored => "ssrf.stored",
            Self::CredentialSent => "credential.sent",
            Self::OpenSink => "sink.open",
            Self::HiddenHop => "egress.hidden",
            Self::FileReturned => "file.returned",
        }
    }
}

/// What the attack cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Internal data was read.
    InternalDataRead,
    /// Internal data was changed: an unsafe method.
    InternalDataChanged,
    /// A credential of the service was sent out.
    CredentialsSent,
    /// Metadata credentials were read.
    MetadataCredentialsRead,
    /// A service was found: a port that answered, or one that refused.
    ServiceDiscovered,
    /// A file of the server was read.
    FileReturned,
}

impl Impact {
    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InternalDataRead => "internal_data_read",
            Self::InternalDataChanged => "internal_data_changed",
            Self::CredentialsSent => "credentials_sent",
            Self::MetadataCredentialsRead => "metadata_credentials_read",
            Self::ServiceDiscovered => "service_discovered",
            Self::FileReturned => "file_returned",
        }
    }
}

/// How an operator closed a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// The cause is gone.
    Fixed,
    /// The risk is taken.
    Accepted,
    /// It was none.
    FalsePositive,
}

impl Resolution {
    /// The word of JSON and the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Accepted => "accepted",
            Self::FalsePositive => "false-positive",
        }
    }
}

impl FromStr for Resolution {
    type Err = ParseResolutionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fixed" => Ok(Self::Fixed),
            "accepted" => Ok(Self::Accepted),
            "false-positive" => Ok(Self::FalsePositive),
            other => Err(ParseResolutionError(other.to_owned())),
        }
    }
}

/// The text names no resolution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no resolution: expected fixed, accepted or false-positive")]
pub struct ParseResolutionError(String);

/// One story: a place, an actor, a class of destinations.
///
/// This is the stable shape of `sortie findings --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its name, derived from the story's key.
    pub id: FindingId,
    /// The story's kind.
    pub kind: FindingKind,
    /// How urgent it is.
    pub severity: Severity,
    /// Probability that the story is what it says.
    pub confidence: f64,
    /// How far it got.
    pub rung: Rung,
    /// Time of its first event.
    #[serde(with = "rfc3339")]
    pub first_seen: Micros,
    /// Time of its last event.
    #[serde(with = "rfc3339")]
    pub last_seen: Micros,
    /// The service.
    pub service: ServiceName,
    /// Who ordered: the actor with the largest share.
    pub actor: Option<FindingActor>,
    /// Everybody who may have ordered, where it is not one.
    pub actors: Vec<ActorShare>,
    /// The operation, where an order is known.
    pub endpoint: Option<FindingEndpoint>,
    /// Where the candidate was written.
    pub location: Option<String>,
    /// The candidate's redacted text.
    pub candidate: Option<String>,
    /// Where the worst dial went, or was to go.
    pub destination: FindingDestination,
    /// Requests that carried the order; later ones beyond the limit are in `requests_total`.
    pub requests: Vec<FindingRequest>,
    /// How many there were.
    pub requests_total: u64,
    /// Dials that obeyed it.
    pub dials: Vec<FindingDial>,
    /// How many there were.
    pub dials_total: u64,
    /// What the probability rests on, in words.
    pub odds: Vec<Odds>,
    /// What it cost.
    pub impact: Vec<Impact>,
    /// What Sortie could not see.
    pub unseen: Vec<String>,
    /// What was done.
    pub decision: FindingDecision,
    /// How the operator closed it.
    pub closed: Option<Closed>,
}

/// See [`Finding::actor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingActor {
    /// What the identity rests on.
    pub kind: ActorKind,
    /// Digest or address.
    pub id: String,
    /// The client address.
    pub address: IpAddr,
}

/// See [`Finding::actors`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorShare {
    /// Digest or address.
    pub id: String,
    /// Probability that it was this one.
    pub p: f64,
}

/// See [`Finding::endpoint`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingEndpoint {
    /// Method.
    pub method: String,
    /// Virtual host, where the configuration lists it.
    pub host: Option<String>,
    /// Path template.
    pub template: String,
}

/// See [`Finding::destination`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingDestination {
    /// Host as it was asked for.
    pub host: String,
    /// Address, where one was resolved or dialled.
    pub address: Option<IpAddr>,
    /// Port, where one is known.
    pub port: Option<u16>,
    /// Class.
    pub class: AddressClass,
}

/// One row of [`Finding::requests`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRequest {
    /// Reference, `R-…`.
    pub id: String,
    /// When.
    #[serde(with = "rfc3339")]
    pub ts: Micros,
    /// Method.
    pub method: String,
    /// Redacted path.
    pub path: String,
    /// Who.
    pub actor: String,
    /// `X-Request-Id`.
    pub request_id: Option<String>,
}

/// One row of [`Finding::dials`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingDial {
    /// Reference, `D-…`.
    pub id: String,
    /// When.
    #[serde(with = "rfc3339")]
    pub ts: Micros,
    /// Host as it was asked for.
    pub host: String,
    /// The address that was dialled, or would have been.
    pub address: Option<IpAddr>,
    /// Port.
    pub port: u16,
    /// Class of this destination.
    pub class: AddressClass,
    /// Method and redacted path, where visible.
    pub request: Option<String>,
    /// How it went.
    pub outcome: String,
    /// Status, where visible.
    pub status: Option<u16>,
    /// Bytes of the answer.
    pub bytes: u64,
    /// Microseconds until the answer or the failure.
    pub took_micros: u64,
    /// Probability that it was ordered.
    pub p: f64,
    /// Kind of match: `url`, `host`, `redirect`, `content` …
    pub matched: Option<String>,
    /// The request it was ordered by, `R-…`.
    pub ordered_by: Option<String>,
    /// The dial whose answer redirected here, `D-…`.
    pub redirected_by: Option<String>,
    /// The dial whose answer names this destination in its content, `D-…`.
    pub named_by: Option<String>,
    /// What of the answer came back to the caller, in words.
    pub returned: Option<String>,
    /// What was decided of it.
    pub decision: DialDecision,
}

/// One factor of a probability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odds {
    /// `for`, `against`, `own`, `path`, `time` …
    pub factor: String,
    /// The factor in words.
    pub text: String,
}

/// See [`Finding::closed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// As what.
    #[serde(rename = "as")]
    pub resolution: Resolution,
    /// Why.
    pub reason: String,
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Micros,
    /// The rung then; the finding reopens above it.
    pub rung: Rung,
}

impl Closed {
    /// Whether the judgement still holds for a story that got to `rung` and was last seen at
    /// `last_seen`. It ends where the story gets further than it was, and one that was called fixed
    /// where it happens again. Times are compared as they are kept, to the millisecond.
    pub fn stands(&self, rung: Rung, last_seen: Micros) -> bool {
        let is_again = last_seen.0 / 1_000 > self.at.0 / 1_000;
        rung <= self.rung && !(self.resolution == Resolution::Fixed && is_again)
    }
}

/// Times as RFC 3339 text in self-describing formats, as numbers in compact ones.
mod rfc3339 {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::time::Micros;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(time: &Micros, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(time) } else { time.serialize(serializer) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Micros::parse_rfc3339(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is no RFC 3339 time")))
        } else {
            Micros::deserialize(deserializer)
        }
    }
}
