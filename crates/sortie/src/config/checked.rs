//! The configuration as the program uses it: nothing in it can be wrong any more.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use sortie_model::finding::Severity;
use sortie_model::policy::Scope;
use sortie_model::{Destination, Policy, ServiceName};

/// Everything that `sortie run` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from; `None` where flags gave it.
    pub file: Option<PathBuf>,
    /// The protected back ends, by name; at least one.
    pub services: BTreeMap<ServiceName, Service>,
    /// How much is looked at.
    pub inspect: Inspect,
    /// How long each phase may last.
    pub timeouts: Timeouts,
    /// Who is told about findings.
    pub alerts: Vec<Alert>,
    /// How long things are kept.
    pub retention: Retention,
    /// The data folder.
    pub data: PathBuf,
    /// The admin side.
    pub admin: AdminListen,
}

/// One protected back end.
#[derive(Clone, Debug)]
pub struct Service {
    /// The inbound door.
    pub inbound: Inbound,
    /// The outbound door.
    pub outbound: Outbound,
    /// What its doors decide by.
    pub policy: Policy,
}

/// The inbound door of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The back end.
    pub upstream: Upstream,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Virtual hosts that are told apart, in lower case.
    pub hosts: Vec<Arc<str>>,
    /// Connections that may be open at once, at least 1.
    pub max_connections: usize,
}

/// A back end that speaks plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream(pub Destination);

/// `http://host:port`.
impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

/// The outbound door of a service. Its locality stands in [`Policy::locality`].
#[derive(Clone, Debug, PartialEq)]
pub struct Outbound {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may use it.
    pub guard: Guard,
    /// Connections that may be open at once, at least 1.
    pub max_connections: usize,
}

/// Who may use an outbound door. One that is not on loopback has sources or credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Networks it accepts connections from; empty means all.
    pub sources: Vec<IpNet>,
    /// Credentials it asks for.
    pub credentials: Option<Credentials>,
}

impl Guard {
    /// Whether a connection from `source` is accepted.
    pub fn admits(&self, source: IpAddr) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|net| net.contains(&source))
    }
}

/// Proxy credentials. The password stays in its file until the door is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// The file whose first line is the password.
    pub password_file: PathBuf,
}

/// How much is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspect {
    /// Bytes of a request's body.
    pub request_bytes: usize,
    /// Bytes of a response's or an answer's body.
    pub response_bytes: usize,
    /// Other limits of single endpoints: service, endpoint, bytes of a request's body.
    pub endpoints: Vec<(ServiceName, Scope, usize)>,
}

/// How long each phase may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a request's head is complete.
    pub head: Duration,
    /// Between two pieces of a body, in either direction.
    pub body: Duration,
    /// Until a connection is made.
    pub connect: Duration,
    /// Until the other side's answer begins.
    pub answer: Duration,
    /// Between two requests of one connection.
    pub idle: Duration,
    /// Without a byte in a tunnel or an upgraded connection.
    pub tunnel: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            body: Duration::from_mins(1),
            connect: Duration::from_secs(10),
            answer: Duration::from_mins(5),
            idle: Duration::from_secs(75),
            tunnel: Duration::from_hours(1),
        }
    }
}

/// Who is told about findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Where to.
    pub to: AlertTarget,
    /// From which severity on.
    pub min: Severity,
}

/// A receiver of JSON by POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is.
    pub url: url::Url,
    /// The file whose first line is the secret that signs; it is read for each POST.
    pub secret_file: Option<PathBuf>,
}

/// Where an alert goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertTarget {
    /// A URL that is sent JSON.
    Webhook(Webhook),
    /// A line on the standard output.
    Stdout,
    /// A line in a file.
    File(PathBuf),
}

impl AlertTarget {
    /// Whether both are one receiver, whatever signs what is sent to it.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Webhook(one), Self::Webhook(other)) => one.url == other.url,
            (one, other) => one == other,
        }
    }
}

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Findings, after their last event.
    pub findings: Duration,
    /// Events.
    pub events: Duration,
    /// Events, in bytes.
    pub events_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            findings: Duration::from_hours(30 * 24),
            events: Duration::from_hours(7 * 24),
            events_bytes: 10_000_000_000,
        }
    }
}

/// Where the admin side listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminListen {
    /// A Unix socket; its mode is the protection.
    Unix(PathBuf),
    /// A loopback address; a token is the protection.
    Tcp(SocketAddr),
}

impl fmt::Display for AdminListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}
