//! What `sortie findings --format json` says, as far as the exam reads it.

use std::net::IpAddr;

use serde::Deserialize;

/// A finding.
#[derive(Clone, Debug, Deserialize)]
pub struct Finding {
    /// Reference, `F-…`.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Severity.
    pub severity: Severity,
    /// How far it got, `E0` to `E5`.
    pub rung: String,
    /// Who ordered.
    pub actor: Option<Actor>,
    /// Everybody who may have ordered.
    pub actors: Vec<ActorShare>,
    /// The operation.
    pub endpoint: Option<Endpoint>,
    /// Where the candidate was written.
    pub location: Option<String>,
    /// Where it went.
    pub destination: Destination,
    /// Requests that carried the order.
    pub requests: Vec<Request>,
    /// Dials that obeyed it.
    pub dials: Vec<Dial>,
    /// What was done.
    pub decision: Decision,
}

/// Severity; the order is that of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Posture.
    Info,
    /// An attempt.
    Low,
    /// Blocked, or unusual.
    Medium,
    /// A denied class was reached.
    High,
    /// Worse.
    Critical,
}

/// See [`Finding::actor`].
#[derive(Clone, Debug, Deserialize)]
pub struct Actor {
    /// `session`, `api_key` or `address`.
    pub kind: String,
    /// Digest or address.
    pub id: String,
    /// Client address.
    pub address: IpAddr,
}

/// See [`Finding::actors`].
#[derive(Clone, Debug, Deserialize)]
pub struct ActorShare {
    /// Digest or address.
    pub id: String,
}

/// See [`Finding::endpoint`].
#[derive(Clone, Debug, Deserialize)]
pub struct Endpoint {
    /// Path template.
    pub template: String,
}

/// See [`Finding::destination`].
#[derive(Clone, Debug, Deserialize)]
pub struct Destination {
    /// Host as asked for.
    pub host: String,
    /// Address class.
    pub class: String,
}

/// See [`Finding::requests`].
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Reference, `R-…`.
    pub id: String,
    /// When, in RFC 3339.
    pub ts: String,
    /// Actor's id.
    pub actor: String,
    /// `X-Request-Id`.
    pub request_id: Option<String>,
}

/// See [`Finding::dials`].
#[derive(Clone, Debug, Deserialize)]
pub struct Dial {
    /// Host as asked for.
    pub host: String,
    /// Address dialled.
    pub address: Option<IpAddr>,
    /// Port.
    pub port: u16,
    /// The request that ordered it, `R-…`.
    pub ordered_by: Option<String>,
    /// What came back, in words.
    pub returned: Option<String>,
}

/// See [`Finding::decision`].
#[derive(Clone, Debug, Deserialize)]
pub struct Decision {
    /// `passed`, `would_block` or `blocked`.
    pub action: String,
    /// `inbound` or `outbound`.
    pub door: Option<String>,
    /// The rule.
    pub rule: Option<String>,
}

impl Request {
    /// When, in Unix seconds.
    pub fn at(&self) -> f64 {
        let at = sortie_model::Micros::parse_rfc3339(&self.ts).unwrap_or_else(|| panic!("'{}' is no time", self.ts));
        at.0 as f64 / 1e6
    }
}

impl Finding {
    /// The row of the request with this `X-Request-Id`.
    pub fn request(&self, request_id: &str) -> Option<&Request> {
        self.requests.iter().find(|request| request.request_id.as_deref() == Some(request_id))
    }
}
