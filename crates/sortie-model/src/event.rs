//! Events: what sources report, in the order in which they are numbered.
//!
//! The schema is versioned ([`SCHEMA`]) and journaled. An event is an enum whose variants carry
//! just their own data. Everything private is a digest before it gets here, see
//! [`crate::privacy`].

mod inspection;

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::actor::Actor;
use crate::address::AddressClass;
use crate::candidate::{Candidate, Scheme};
use crate::destination::{Destination, Host};
use crate::endpoint::{Endpoint, Method};
use crate::file::FilesSeen;
use crate::ids::{FindingId, Reference, RequestId, ServiceName};
use crate::path::PathDigest;
use crate::policy::Mode;
use crate::privacy::Digest;
use crate::time::Micros;
use crate::unanswered::Unanswered;
use crate::verdict::Verdict;

pub use inspection::{Cut, Part, Refused};

/// Version of the event schema. A journal of another version is not read.
pub const SCHEMA: u16 = 9;

/// One thing that happened. `number` orders all events of a process as the doors enqueued them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The event's number: unique, growing, with gaps where events were dropped.
    pub number: u64,
    /// When it happened.
    pub at: Micros,
    /// Of which service; `None` for events of the whole process.
    pub service: Option<ServiceName>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// The process started.
    Started {
        /// Version of the program.
        version: String,
    },
    /// The head of a request was read and inspected.
    RequestBegan(Box<RequestBegan>),
    /// The body of a request was inspected, or a message of its upgraded connection, as far as the limits let it.
    RequestInspected(Box<RequestInspected>),
    /// An exchange came to its end.
    RequestEnded(Box<RequestEnded>),
    /// A dial was judged. Who told it and who learns from it keep it until it is over.
    Dialled(Arc<Dialled>),
    /// A dial connected or failed, was answered, or ended.
    DialProgressed(Box<DialProgressed>),
    /// Time passed, and nothing else.
    Tick,
    /// Events were dropped because the queue was full.
    Dropped {
        /// How many.
        count: u64,
    },
    /// The operator did something.
    Operator(OperatorAct),
}

/// See [`What::RequestBegan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestBegan {
    /// The request's reference.
    pub request: Reference,
    /// The operation.
    pub endpoint: Endpoint,
    /// Who sent it.
    pub actor: Actor,
    /// The redacted path.
    pub path: Box<str>,
    /// The client's `X-Request-Id`, where it is in an id's form.
    pub request_id: Option<RequestId>,
    /// Candidates of the head: query, path, headers, cookies.
    pub candidates: Vec<Arc<Candidate>>,
    /// What of the head was not inspected.
    pub cut: Option<Cut>,
    /// Whether more may be inspected, and told as [`What::RequestInspected`]: a body follows, or an upgrade is asked for.
    pub goes_on: bool,
    /// Whether the head names a file.
    pub names_file: bool,
    /// Why the door refused the request, where it did.
    pub refused: Option<Refused>,
}

/// See [`What::RequestInspected`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestInspected {
    /// The request's reference.
    pub request: Reference,
    /// What was inspected.
    pub part: Part,
    /// Its candidates, numbered after those found before.
    pub candidates: Vec<Arc<Candidate>>,
    /// What of it was not inspected.
    pub cut: Option<Cut>,
    /// Why the door refused the request, where it did.
    pub refused: Option<Refused>,
}

/// See [`What::RequestEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestEnded {
    /// The request's reference.
    pub request: Reference,
    /// The status the caller got; `None` where the exchange broke off before.
    pub status: Option<u16>,
    /// Why the back end did not answer, where that is so; the status is Sortie's own then.
    pub unanswered: Option<Unanswered>,
    /// Bytes of the response's body.
    pub bytes: u64,
    /// Whether the back end accepted the actor's credential (a status below 400).
    pub accepted: bool,
    /// Whose answers were found again in the response.
    pub returned: Vec<Returned>,
    /// What was seen of files.
    pub files: FilesSeen,
}

/// A dial's answer that was found again in a caller's response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// The dial.
    pub dial: Reference,
    /// Bytes of the answer that were found.
    pub bytes: u32,
    /// Bytes of the answer that were fingerprinted.
    pub of: u32,
    /// How they stood there.
    pub form: ReturnedForm,
    /// Where they stood, in words: `$.preview`, `body`.
    pub location: Box<str>,
}

/// How an answer stood in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedForm {
    /// As it was.
    Raw,
    /// Inside a JSON string.
    Json,
    /// In base64.
    Base64,
}

impl ReturnedForm {
    /// The word of tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Json => "in a JSON string",
            Self::Base64 => "base64",
        }
    }
}

/// A dial before its judgement: what the outbound door sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dial {
    /// The dial's reference.
    pub dial: Reference,
    /// The destination as it was asked for.
    pub destination: Destination,
    /// What the name resolved to, or the literal address.
    pub addresses: SmallVec<[IpAddr; 4]>,
    /// The class of the destination: the worst of its name and addresses.
    pub class: AddressClass,
    /// Further hosts that the dial names: SNI, an inner authority that differs.
    pub further_hosts: SmallVec<[Host; 1]>,
    /// How the dial reached the door, and so what of it can be seen.
    pub carrier: Carrier,
    /// The scheme, where it is known.
    pub scheme: Option<Scheme>,
    /// The request inside, where it can be seen.
    pub request: Option<DialRequest>,
    /// Credentials that the request carries.
    pub credentials: SmallVec<[Credential; 1]>,
}

impl Dial {
    /// Everything that the destination is called by.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        std::iter::once(&self.destination.host).chain(&self.further_hosts)
    }
}

/// How a dial reached the outbound door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// An absolute-form request.
    Absolute,
    /// Plain HTTP inside a CONNECT tunnel.
    TunnelHttp,
    /// TLS inside a CONNECT tunnel.
    TunnelTls,
    /// Anything else inside a CONNECT tunnel, or nothing yet.
    TunnelOpaque,
}

impl Carrier {
    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::TunnelHttp => "tunnel-http",
            Self::TunnelTls => "tunnel-tls",
            Self::TunnelOpaque => "tunnel-opaque",
        }
    }
}

/// The visible request of a dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialRequest {
    /// Its method.
    pub method: Method,
    /// Its path and query in digests.
    pub path: PathDigest,
    /// The path as people may see it.
    pub shown: Box<str>,
}

/// A credential that a dial carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Credential {
    /// The header's name in lower case.
    pub header: Box<str>,
    /// Keyed digest of its value.
    pub digest: Digest,
}

/// See [`What::Dialled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dialled {
    /// What was dialled.
    pub dial: Dial,
    /// How it was judged.
    pub verdict: Verdict,
}

/// See [`What::DialProgressed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialProgressed {
    /// The dial.
    pub dial: Reference,
    /// How it went.
    pub outcome: Outcome,
    /// The address that was connected to, or tried last.
    pub address: Option<IpAddr>,
    /// The status of the answer, where it can be seen.
    pub status: Option<u16>,
    /// Bytes of the answer's body (or of the tunnel towards the app).
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Microseconds from the dial to the answer's head, or to the failure.
    pub took: u64,
    /// Where the answer may lead its reader, the likeliest first.
    pub targets: Vec<HopTarget>,
    /// Whether it may lead elsewhere too: a part of it was not read, or names more than is kept.
    pub hides_targets: bool,
    /// Whether the dial is over; a tunnel reports its connect before its end.
    pub ended: bool,
}

/// How an answer leads to another destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopKind {
    /// It redirects there: `Location`, `Refresh`.
    Redirect,
    /// It names it, and its reader may fetch what it names: an image, a link, a URL in JSON.
    Content,
}

/// Where an answer leads, resolved against the dial's own URL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HopTarget {
    /// How it leads there.
    pub kind: HopKind,
    /// Its scheme.
    pub scheme: Scheme,
    /// Its destination.
    pub destination: Destination,
    /// Its path in digests; `None` where it names the host alone, or several paths of it.
    pub path: Option<PathDigest>,
    /// The URL as people may see it.
    pub shown: Box<str>,
}

/// How a dial went. Each is told apart to the app (RFC 9209 §2.3) and in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A connection was opened; no answer is seen (yet).
    Connected,
    /// The destination answered.
    Answered,
    /// The door refused it.
    Denied,
    /// The name does not exist, or has no address.
    NameNotFound,
    /// The resolver failed.
    ResolveFailed,
    /// The destination refused the connection.
    Refused,
    /// No connection within the time.
    TimedOut,
    /// No route.
    Unreachable,
    /// The connection was reset before an answer.
    Reset,
    /// The answer was no HTTP.
    BadAnswer,
}

impl Outcome {
    /// The word of JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Answered => "answered",
            Self::Denied => "denied",
            Self::NameNotFound => "name_not_found",
            Self::ResolveFailed => "resolve_failed",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Reset => "reset",
            Self::BadAnswer => "bad_answer",
        }
    }

    /// Whether the attempt got as far as the destination's network: E3 of the ladder.
    pub fn reached_network(self) -> bool {
        !matches!(self, Self::Denied | Self::NameNotFound | Self::ResolveFailed)
    }
}

/// What an operator did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OperatorAct {
    /// Closed a finding.
    Close {
        /// The finding.
        finding: FindingId,
        /// As what.
        resolution: crate::finding::Resolution,
        /// Why.
        reason: String,
    },
    /// Changed a mode.
    Mode {
        /// The scope, `None` for the whole service.
        scope: Option<crate::policy::Scope>,
        /// The new mode.
        mode: Mode,
    },
    /// Switched a service (or all) to pass-through, or back.
    Off {
        /// Whether it is off now.
        off: bool,
    },
    /// Struck a destination from the own ones.
    Strike {
        /// The destination.
        destination: Destination,
    },
}
