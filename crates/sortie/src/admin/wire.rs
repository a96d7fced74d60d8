//! What the admin side says and hears, as JSON. These types are the border: the core's own types
//! need not be serialisable, or stable, for their sake.

mod modes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sortie_model::finding::{Closed, Finding, Resolution};
use sortie_model::policy::Locality;
use sortie_model::{AddressClass, Mode};

use crate::config::Target;

pub use modes::{ModeChange, ModeChanged, ReviewRow, ScopeMode, SetMode, Setting};

/// `GET /v1/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// When it started, RFC 3339 in UTC.
    pub started: String,
    /// Seconds since then.
    pub uptime_seconds: u64,
    /// Whether all doors listen.
    pub ready: bool,
    /// The data folder.
    pub data: String,
    /// Learning and findings.
    pub engine: EngineStatus,
    /// Journal and index.
    pub store: StoreStatus,
    /// Deliveries.
    pub alerts: AlertsStatus,
    /// The services, by name.
    pub services: Vec<ServiceStatus>,
}

/// See [`Status::engine`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EngineStatus {
    /// Why it does not work, where it does not. The doors go on deciding by the last snapshot.
    pub trouble: Option<String>,
    /// Events learned from since the start.
    pub events: u64,
    /// Events of the journal that are still to be read after the start; `None` where all are.
    pub behind: Option<u64>,
    /// Events in the queue.
    pub queued: u64,
    /// Events dropped because the queue was full.
    pub dropped: u64,
    /// Events passed over because they were more than the engine can take: a fault of the program.
    pub passed_over: u64,
}

/// See [`Status::store`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// What of it does not work (journal, index, checkpoint, retention), and why. The doors go on.
    pub troubles: BTreeMap<String, String>,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Events that are not on the disk yet.
    pub unwritten: u64,
    /// Events that were given up.
    pub lost: u64,
    /// Records of the journal that could not be read at the start.
    pub unreadable: u64,
    /// Findings let go because the index could not take them for too long, the least urgent first. One
    /// that goes on is told again.
    pub let_go: u64,
}

/// See [`Status::alerts`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertsStatus {
    /// What does not take alerts (`alerts[1], webhook hooks.example`), and why. It is tried again.
    pub troubles: BTreeMap<String, String>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries made since the start.
    pub delivered: u64,
    /// Deliveries given up since the start, after more than a day of trying.
    pub given_up: u64,
}

/// One service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Its mode where no scope says otherwise.
    pub mode: Mode,
    /// Whether it is switched to pass-through.
    pub off: bool,
    /// Endpoints and places that have modes of their own, as they stand.
    pub scopes: Vec<ScopeMode>,
    /// The inbound door.
    pub inbound: InboundStatus,
    /// The outbound door.
    pub outbound: OutboundStatus,
    /// What its doors counted of late.
    #[serde(default)]
    pub recent: RecentStatus,
    /// Sinks that are proven, by whatever.
    pub sinks_proven: u64,
    /// Places that obeyed at least once and are not proven.
    pub sinks_learning: u64,
    /// Places named as if they were dialled, where no dial follows through the door.
    pub unfollowed: Vec<Unfollowed>,
}

/// Counts of the last minutes; since the start, where that is not so long ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentStatus {
    /// How many minutes, at most.
    pub minutes: u64,
    /// Requests.
    pub requests: u64,
    /// Destinations that they carried.
    pub candidates: u64,
    /// Dials.
    pub dials: u64,
}

/// A place whose destinations were not dialled through the door, or no longer are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfollowed {
    /// The place, as a scope: `/api/test $.host`.
    pub at: String,
    /// How often a destination was named there, since the last one that was dialled.
    pub offers: u64,
    /// How many were dialled before that.
    #[serde(default)]
    pub obeyed: u64,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InboundStatus {
    /// Where it listens.
    pub listen: String,
    /// The back end: `http://127.0.0.1:5000`.
    pub upstream: String,
    /// Requests that the back end did not answer, by kind (RFC 9209).
    pub unanswered: BTreeMap<String, u64>,
    /// How the back end fails, where the last request went without an answer.
    pub failing: Option<BackEndFailing>,
    /// Open connections.
    pub connections: u64,
    /// Requests.
    pub requests: u64,
    /// Requests in flight.
    pub in_flight: u64,
    /// Requests that carried a destination.
    pub carrying: u64,
    /// Destinations they carried.
    pub candidates: u64,
    /// Requests refused by a rule.
    pub refused: u64,
    /// Requests that a rule would have refused in `block`.
    pub would_refuse: u64,
    /// Requests whose inspection was cut.
    pub cut: u64,
    /// Bytes of requests.
    pub bytes: u64,
    /// Of them, bytes that were not inspected.
    pub bytes_not_inspected: u64,
    /// Messages refused because two parsers would read them differently, or that never came whole,
    /// by kind.
    pub malformed: BTreeMap<String, u64>,
}

/// See [`InboundStatus::failing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackEndFailing {
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// Requests without an answer since then, one after the other.
    pub requests: u64,
    /// Why the last one had none (RFC 9209).
    pub why: String,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutboundStatus {
    /// Where it listens.
    pub listen: String,
    /// Where it stands.
    pub locality: Locality,
    /// Open connections.
    pub connections: u64,
    /// Dials.
    pub dials: u64,
    /// Dials judged ordered with probability 0.5 or more.
    pub ordered: u64,
    /// Dials refused by a rule.
    pub denied: u64,
    /// Dials that a rule would have refused in `block`.
    pub would_deny: u64,
    /// Dials whose destination was not found, or could not be reached.
    pub failed: u64,
    /// Dials whose path was visible: absolute form, or plain HTTP in a tunnel.
    pub visible: u64,
    /// Dials inside TLS: host only.
    pub tls: u64,
    /// Dials of another protocol.
    pub opaque: u64,
    /// Messages refused because two parsers would read them differently, or that never came whole,
    /// by kind.
    pub malformed: BTreeMap<String, u64>,
    /// Where TLS hides most orders: only seeing inside tells a redirect from a new own call.
    pub hidden: Vec<HiddenAt>,
}

/// A destination behind which redirects cannot be seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HiddenAt {
    /// The destination.
    pub destination: String,
    /// Ordered dials to it inside TLS.
    pub dials: u64,
}

/// `GET /v1/sinks`: one place and manner of writing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SinkView {
    /// The service.
    pub service: String,
    /// The place, as a scope: `/v1/hooks $.url`.
    pub at: String,
    /// How candidates are written here: `url`, `host (base64)`.
    pub manner: String,
    /// Who proved it; `None` while it is not proven.
    pub proven: Option<ProvenBy>,
    /// What it lacks for proof, in words; empty when it is proven.
    pub lacks: Vec<String>,
    /// Probability that the next candidate here is dialled (ρ), with orders counted whose offers are open.
    pub rho: f64,
    /// Candidates that were obeyed.
    pub obeyed: u64,
    /// Candidates in all.
    pub offers: u64,
    /// Different destinations obeyed.
    pub destinations: u64,
    /// Different senders.
    pub actors: u64,
    /// The mode that stands here.
    pub mode: Mode,
}

/// Who proved a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvenBy {
    /// Its own traffic: different destinations.
    Traffic,
    /// Its own traffic: paths that could not be known otherwise.
    Narrow,
    /// Its own traffic: most of what texts mention.
    Mentions,
    /// The operator.
    Operator,
}

impl ProvenBy {
    /// What proved it, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traffic => "destinations",
            Self::Narrow => "paths",
            Self::Mentions => "mentions",
            Self::Operator => "you",
        }
    }
}

/// `POST /v1/off` and `POST /v1/on`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Switch {
    /// Which service; empty means all.
    #[serde(default)]
    pub target: Target,
}

/// The answer to [`Switch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Switched {
    /// The services that were switched.
    pub services: Vec<String>,
    /// Whether they are off now.
    pub off: bool,
    /// Why it would not survive a restart, where that is so. It is in force all the same.
    #[serde(default)]
    pub not_kept: Option<String>,
}

/// The answer to `POST /v1/reload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// What changed and is in force.
    pub applied: Vec<String>,
    /// What changed and needs a restart.
    pub restart: Vec<String>,
    /// What the operator should know.
    pub notes: Vec<String>,
    /// Warnings about the file.
    pub warnings: u64,
}

/// `POST /v1/strike`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strike {
    /// Which service; empty means all.
    #[serde(default)]
    pub target: Target,
    /// The destination that is not its own: `host:port`.
    pub destination: String,
}

/// The answer to [`Strike`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Struck {
    /// The services whose own it was.
    pub services: Vec<String>,
}

/// `POST /v1/close`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Close {
    /// The finding: `F-…`, or the beginning of its name.
    pub finding: String,
    /// As what.
    #[serde(rename = "as")]
    pub resolution: Resolution,
    /// Why.
    pub reason: String,
}

/// The answer to [`Close`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedAnswer {
    /// The finding as it stands now.
    pub finding: Finding,
    /// How it was closed before, where it was.
    pub before: Option<Closed>,
}

/// `GET /v1/tail`: one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TailLine {
    /// A story began, or rose.
    Finding(Box<Finding>),
    /// A dial was judged.
    Dial(TailDial),
    /// A request was refused, or would have been.
    Request(TailRequest),
    /// The reader was too slow.
    Lost {
        /// Lines it did not get.
        count: u64,
    },
}

/// See [`TailLine::Dial`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailDial {
    /// When, RFC 3339 in UTC.
    pub ts: String,
    /// The service.
    pub service: String,
    /// Reference, `D-…`.
    pub id: String,
    /// `host:port`.
    pub destination: String,
    /// Its class.
    pub class: AddressClass,
    /// Probability that it was ordered.
    pub p: f64,
    /// The request that ordered it, `R-…`, where one did.
    pub ordered_by: Option<String>,
    /// The rule that forbids it.
    pub rule: Option<String>,
    /// Whether it was refused.
    pub denied: bool,
}

/// See [`TailLine::Request`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailRequest {
    /// When, RFC 3339 in UTC.
    pub ts: String,
    /// The service.
    pub service: String,
    /// Reference, `R-…`.
    pub id: String,
    /// Method and redacted path.
    pub request: String,
    /// Who sent it.
    pub actor: String,
    /// The rule.
    pub rule: String,
    /// Whether it was refused.
    pub denied: bool,
}

/// What every error answer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What is wrong, and what to do about it.
    pub error: String,
}
