//! The configuration file as it is written. Its keys and words are judged by [`super::shape`], its meaning
//! by [`super::check`]: a slip of one kind hides none of the other, so what is read here forgives keys that
//! are not known, words that are none, and a door without its address.
//!
//! The doc comments become the descriptions of the published JSON Schema, so they speak to the
//! person who writes the file.

use schemars::JsonSchema;
use serde::Deserialize;
use sortie_model::finding::Severity;
use sortie_model::policy::{ColdStart, HiddenHops, Locality, PortRule};
use sortie_model::{AddressClass, Mode};

use super::at::At;
use super::named::Named;
use super::word::Word;
use super::words;

/// The configuration of Sortie.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Sortie")]
pub struct Raw {
    /// The protected back ends by name. A name is at most 63 lower-case letters, digits, `-`, `_`
    /// and `.`.
    pub services: Named<Service>,
    /// What the operator knows about places of the API.
    #[serde(default)]
    pub sinks: Vec<At<Sink>>,
    /// Corrections of the public address registries.
    #[serde(default)]
    pub addresses: Addresses,
    /// What may be dialled by order, and what of a service's own accord.
    #[serde(default)]
    pub policy: Policy,
    /// How much of a request and an answer is looked at.
    #[serde(default)]
    pub inspect: Inspect,
    /// How long each phase may last.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Who is told about findings.
    #[serde(default)]
    pub alerts: Vec<At<Alert>>,
    /// How long things are kept.
    #[serde(default)]
    pub retention: Retention,
    /// The data folder; a relative path is taken from this file's folder. Default: `./sortie-data`.
    pub data: Option<String>,
    /// Where `sortie status` and its like reach the running program.
    #[serde(default)]
    pub admin: Admin,
}

/// One protected back end.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Service {
    /// The door through which API calls come in.
    #[schemars(required)]
    pub inbound: Option<Inbound>,
    /// The door through which the back end's connections go out. It belongs to this service alone.
    #[schemars(required)]
    pub outbound: Option<Outbound>,
    /// `observe` changes nothing, `shadow` reports what `block` would have refused. Default:
    /// `observe`.
    #[serde(default)]
    #[schemars(schema_with = "words::mode")]
    pub mode: Option<At<Word<Mode>>>,
}

/// The inbound door.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Inbound {
    /// Address and port that clients connect to: `127.0.0.1:8080`.
    #[schemars(required)]
    pub listen: Option<At<String>>,
    /// The back end: `http://127.0.0.1:5000`.
    #[schemars(required)]
    pub upstream: Option<At<String>>,
    /// Addresses or networks whose `X-Forwarded-For` is believed. Default: none.
    #[serde(default)]
    pub trusted_proxies: Vec<At<String>>,
    /// Virtual hosts that are told apart; any other `Host` makes no endpoint of its own. Default:
    /// none.
    #[serde(default)]
    pub hosts: Vec<At<String>>,
    /// Connections that may be open at once. Default: 10000.
    #[schemars(range(min = 1))]
    pub max_connections: Option<At<u32>>,
}

/// The outbound door: the back end's `HTTP_PROXY` and `HTTPS_PROXY`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Outbound {
    /// Address and port that the back end uses as its proxy: `127.0.0.1:3128`.
    #[schemars(required)]
    pub listen: Option<At<String>>,
    /// `same-host`: the door runs beside the back end. `remote`: elsewhere; loopback, link-local
    /// and metadata would be Sortie's own and are never dialled. Default: `same-host`.
    #[serde(default)]
    #[schemars(schema_with = "words::locality")]
    pub locality: Word<Locality>,
    /// Addresses or networks that may use a door which is not on loopback.
    #[serde(default)]
    pub sources: Vec<At<String>>,
    /// Destinations that the back end calls of its own accord, before that is learned:
    /// `169.254.169.254:80`, `vault.corp.example:8200`. Default: none, traffic shows them.
    #[serde(default)]
    pub own: Vec<At<String>>,
    /// Proxy credentials that the back end has to send.
    pub credentials: Option<At<Credentials>>,
    /// Connections that may be open at once. Default: 10000.
    #[schemars(range(min = 1))]
    pub max_connections: Option<At<u32>>,
}

/// `Proxy-Authorization: Basic`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Credentials {
    /// The user name; it holds no colon.
    pub user: At<String>,
    /// A file whose first line is the password; a relative path is taken from this file's folder.
    pub password_file: String,
}

/// What the operator knows about a place (`/v1/hooks $.url`) or an endpoint (`POST /v1/hooks`).
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sink {
    /// The place or endpoint: `/v1/hooks $.url`, `POST /v1/hooks`; where several services are
    /// configured, with the service in front: `shop /v1/hooks $.url`. The method is no part of a place.
    pub at: At<String>,
    /// Whether the service is known to dial what stands here. Default: false, traffic proves it.
    #[serde(default)]
    pub proven: bool,
    /// The mode here, in place of the service's.
    #[serde(default)]
    #[schemars(schema_with = "words::mode")]
    pub mode: Option<At<Word<Mode>>>,
    /// Networks, addresses and names (`partner.example`, `*.corp.example`) that may be ordered here
    /// although policy denies them. A name may point anywhere but to metadata, link-local and loopback;
    /// allow those by address. It asks for a `reason`.
    #[serde(default)]
    pub allow: Vec<At<String>>,
    /// The ports for which `allow` holds. Default: all.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// When `allow` ends: `2027-01-01` or `2027-01-01T12:00:00Z`, in UTC.
    pub until: Option<At<String>>,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// Corrections of the public address registries; of these entries the longest prefix wins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Addresses {
    /// Networks that are public here although the registries call them private or reserved. It
    /// never overrides loopback, link-local, metadata or multicast.
    #[serde(default)]
    pub public: Vec<At<String>>,
    /// Networks and names (`*.corp.example`) that are internal here, whatever the registries say or
    /// the names resolve to.
    #[serde(default)]
    pub internal: Vec<At<String>>,
}

/// What may be dialled.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    /// What may be dialled by a client's order.
    #[serde(default)]
    pub ordered: Ordered,
    /// What may be dialled of a service's own accord. `learned`: novelty is reported, never blocked.
    #[serde(default)]
    pub own: Word<Own>,
    /// What happens before a place is proven. `exact`: a fresh order for a denied destination, named
    /// exactly, is forbidden. `lenient`: it is reported. Default: `exact`.
    #[serde(default)]
    #[schemars(schema_with = "words::cold_start")]
    pub cold_start: Word<ColdStart>,
    /// What a dial to a private destination means while a hidden redirect is possible. `report`: a
    /// finding. `forbid-private`: it is refused, and a release's new own call may be refused by
    /// that. Default: `report`.
    #[serde(default)]
    #[schemars(schema_with = "words::hidden_hops")]
    pub hidden_hops: Word<HiddenHops>,
}

/// What may be dialled by order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ordered {
    /// Classes of addresses that must not be dialled by order. Default: all but `public`.
    #[serde(default)]
    #[schemars(schema_with = "words::classes")]
    pub deny: Option<Vec<Word<AddressClass>>>,
    /// Orders that are allowed all the same.
    #[serde(default)]
    pub allow: Vec<At<Allow>>,
    /// Ports that an order may name on a public address without being reported. Default: 80, 443,
    /// 8080, 8443.
    pub allow_ports: Option<Vec<u16>>,
    /// Whether other ports on public addresses are only reported, or forbidden (`enforce`). Default:
    /// `report`.
    #[serde(default)]
    #[schemars(schema_with = "words::ports")]
    pub ports: Word<PortRule>,
    /// Whether a credential that own calls carry to an internal destination may leave by order.
    /// Default: `deny`.
    #[serde(default)]
    pub internal_credentials: Word<InternalCredentials>,
}

/// An order that is allowed although policy denies its class.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Allow {
    /// Only at this place; such an entry proves the place for its destinations.
    pub sink: Option<At<String>>,
    /// Only for this actor, by the id that findings show.
    pub actor: Option<String>,
    /// A network, an address or a name: `10.9.0.0/16`, `partner.example`, `*.corp.example`. A name may
    /// point anywhere but to metadata, link-local and loopback; allow those by address.
    pub to: At<String>,
    /// Only these ports. Default: all.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Until when: `2027-01-01` or `2027-01-01T12:00:00Z`, in UTC.
    pub until: Option<At<String>>,
    /// Why, for the record.
    pub reason: String,
}

/// See [`Policy::own`].
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Own {
    /// Novelty is reported, never blocked.
    #[default]
    Learned,
}

/// See [`Ordered::internal_credentials`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InternalCredentials {
    /// It must not leave by order.
    #[default]
    Deny,
    /// It may.
    Allow,
}

/// How much is looked at; what is cut may hide an order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Inspect {
    /// Bytes of a request's body: `64KiB`. Default: `64KiB`, at most `1MiB`.
    pub request_bytes: Option<At<String>>,
    /// Bytes of a response's or an answer's body. Default: `64KiB`, at most `1MiB`.
    pub response_bytes: Option<At<String>>,
    /// Other limits for single endpoints.
    #[serde(default)]
    pub endpoints: Vec<InspectEndpoint>,
}

/// The limit of one endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InspectEndpoint {
    /// The endpoint: `POST /v1/import`.
    pub at: At<String>,
    /// Bytes of a request's body.
    pub request_bytes: At<String>,
}

/// How long each phase may last: `500ms`, `30s`, `5m`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Timeouts {
    /// Until a request's head is complete. Default: `30s`.
    pub head: Option<At<String>>,
    /// Between two pieces of a request's body. Default: `60s`.
    pub body: Option<At<String>>,
    /// Until a connection is made. Default: `10s`.
    pub connect: Option<At<String>>,
    /// Until the other side's answer begins, and between two pieces of its body. Default: `5m`.
    pub answer: Option<At<String>>,
    /// Between two requests of one connection. Default: `75s`.
    pub idle: Option<At<String>>,
    /// Without a byte in a tunnel or an upgraded connection. Default: `1h`.
    pub tunnel: Option<At<String>>,
}

/// Who is told: exactly one of `webhook` and `jsonl`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alert {
    /// A URL that is sent each story, and each rise of one, as JSON.
    pub webhook: Option<At<String>>,
    /// A file whose first line is a secret: with it each POST to the webhook is signed, in
    /// `Sortie-Signature`. A relative path is taken from this file's folder.
    pub secret_file: Option<At<String>>,
    /// `stdout`, or a file that gets one line for each; a relative path is taken from this file's
    /// folder.
    pub jsonl: Option<At<String>>,
    /// From which severity on. Default: `medium`.
    #[serde(default)]
    #[schemars(schema_with = "words::severity")]
    pub min: Option<Word<Severity>>,
}

/// How long things are kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Retention {
    /// Findings, after their last event: `30d`. Default: `30d`.
    pub findings: Option<At<String>>,
    /// Events: `7d`. Default: `7d`.
    pub events: Option<At<String>>,
    /// Events, in bytes: `10GB`. Default: `10GB`.
    pub events_bytes: Option<At<String>>,
}

/// The admin side.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Admin {
    /// `unix:PATH`, or a loopback address and port; the latter asks for the token in
    /// `DATA/admin.token`. Default: `unix:DATA/admin.sock`.
    pub listen: Option<At<String>>,
}
