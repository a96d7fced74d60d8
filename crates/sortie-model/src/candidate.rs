//! Candidates: the destinations that a request carries.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::destination::Host;
use crate::path::PathDigest;
use crate::place::Location;

/// What form a candidate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateKind {
    /// A URL with scheme and authority, or scheme-relative (`//host/path`).
    Url,
    /// `host:port`, or `host/path` without a scheme.
    Authority,
    /// A bare host name or address.
    Host,
    /// Host and port (and perhaps scheme and path) in separate parameters.
    Composed,
    /// A label that a program may complete to a host: `acme`, of which it makes `acme.apps.example`.
    Label,
}

impl CandidateKind {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Authority => "authority",
            Self::Host => "host",
            Self::Composed => "composed",
            Self::Label => "label",
        }
    }
}

/// One step from what was on the wire to the candidate's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoding {
    /// Percent-encoding beyond the container's own.
    Percent,
    /// base64 or base64url.
    Base64,
    /// JSON inside a string.
    Json,
    /// A form inside a value.
    Form,
    /// HTML entities.
    Html,
    /// A body in gzip, deflate, br or zstd.
    Compressed,
    /// Hexadecimal text.
    Hex,
    /// The content of a `data:` URL (RFC 2397).
    Data,
}

impl Decoding {
    const ALL: [Self; 8] =
        [Self::Percent, Self::Base64, Self::Json, Self::Form, Self::Html, Self::Compressed, Self::Hex, Self::Data];

    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Base64 => "base64",
            Self::Json => "json",
            Self::Form => "form",
            Self::Html => "html",
            Self::Compressed => "compressed",
            Self::Hex => "hex",
            Self::Data => "data",
        }
    }
}

/// A set of decodings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decodings(u8);

impl Decodings {
    /// No decoding: the candidate stood there plainly.
    pub const PLAIN: Self = Self(0);

    /// This set and one more.
    #[must_use]
    pub fn with(self, decoding: Decoding) -> Self {
        Self(self.0 | 1 << decoding as u8)
    }

    /// Whether it holds `decoding`.
    pub fn contains(self, decoding: Decoding) -> bool {
        self.0 & (1 << decoding as u8) != 0
    }

    /// Whether the candidate stood there plainly.
    pub fn is_plain(self) -> bool {
        self.0 == 0
    }

    /// The decodings in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Decoding> {
        Decoding::ALL.into_iter().filter(move |&decoding| self.contains(decoding))
    }
}

/// How a candidate is written. How often and how late a place is obeyed is learned per manner: one that
/// dials URLs need not decode base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Manner {
    /// Its form.
    pub kind: CandidateKind,
    /// What had to be decoded.
    pub decodings: Decodings,
}

impl Manner {
    /// The least of all manners, where they are put in order.
    pub const FIRST: Self = Self { kind: CandidateKind::Url, decodings: Decodings::PLAIN };
}

/// What the surroundings of a candidate say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// It is the whole value of a parameter whose name or type speaks of destinations.
    Named,
    /// It is the whole value of another parameter.
    Value,
    /// It stands inside longer text.
    Prose,
    /// `Origin`, `Referer`, `Host`, `Forwarded`, `X-Forwarded-*`: sent by every client, dialled by
    /// few servers.
    Ambient,
}

impl Nature {
    /// Prior probability that a server dials what stands here.
    pub fn prior(self) -> f64 {
        match self {
            Self::Named => 0.3,
            Self::Value => 0.05,
            Self::Prose | Self::Ambient => 0.01,
        }
    }

    /// Whether a few orders that are obeyed prove a place of this nature. Where texts mention destinations it takes
    /// many, and what every client sends only the operator proves.
    pub fn is_eligible(self) -> bool {
        matches!(self, Self::Named | Self::Value)
    }
}

/// A URL scheme, as far as Sortie tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
    /// `ws`
    Ws,
    /// `wss`
    Wss,
    /// `ftp`
    Ftp,
    /// Any other, in lower case: `gopher`, `file`, `dict`, `ldap`, `jar` …
    Other(Arc<str>),
}

impl Scheme {
    /// Reads a scheme; letters may be of any case (RFC 3986 §3.1).
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "http" => Self::Http,
            "https" => Self::Https,
            "ws" => Self::Ws,
            "wss" => Self::Wss,
            "ftp" => Self::Ftp,
            other => Self::Other(Arc::from(other)),
        }
    }

    /// The text before the colon.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Ftp => "ftp",
            Self::Other(text) => text,
        }
    }

    /// The port that is dialled when none is named.
    pub fn default_port(&self) -> Option<u16> {
        Some(match self {
            Self::Http | Self::Ws => 80,
            Self::Https | Self::Wss => 443,
            Self::Ftp => 21,
            Self::Other(text) => match &**text {
                "gopher" => 70,
                "ldap" => 389,
                "ldaps" => 636,
                "dict" => 2628,
                "sftp" | "ssh" => 22,
                "telnet" => 23,
                "redis" => 6379,
                _ => return None,
            },
        })
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A destination that a request carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Where it was written.
    pub location: Location,
    /// The canonical parameter; with the endpoint's template it makes the [`crate::Place`].
    pub parameter: Arc<str>,
    /// Form and decodings.
    pub manner: Manner,
    /// What its surroundings say.
    pub nature: Nature,
    /// Its scheme, where it names one.
    pub scheme: Option<Scheme>,
    /// The host that is dialled if it is obeyed, as the first reading has it; of a label the label.
    pub host: Host,
    /// What other readings make of it, where they differ from `host`.
    pub other_hosts: SmallVec<[Host; 1]>,
    /// The port it names, else the scheme's, else none.
    pub port: Option<u16>,
    /// Path and query; `None` for kinds that name no path.
    pub path: Option<PathDigest>,
    /// Estimated information content of path and query in bits, for the proof of narrow sinks.
    pub path_bits: u16,
    /// Whether the address was not written plainly (`0x7f.1`, `2130706433`).
    pub disguised: bool,
    /// The text as people may see it: without userinfo, fragment, id segments and query values.
    pub shown: Box<str>,
}

impl Candidate {
    /// Every host that some reading would dial. None of a label: what it is completed to is the program's affair.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        let all =
            (self.manner.kind != CandidateKind::Label).then(|| std::iter::once(&self.host).chain(&self.other_hosts));
        all.into_iter().flatten()
    }

    /// The label that may be completed to a host, where it names nothing else.
    pub fn label(&self) -> Option<&str> {
        self.host.as_name().filter(|_| self.manner.kind == CandidateKind::Label)
    }

    /// Whether a dial to `host` may be its doing: some reading is the host, or the label is one of its lower ones.
    pub fn names(&self, host: &Host) -> bool {
        match self.label() {
            Some(label) => host.lower_labels().any(|of_host| of_host == label),
            None => self.hosts().any(|own| own == host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodings_are_a_set() {
        let set = Decodings::PLAIN.with(Decoding::Base64).with(Decoding::Json).with(Decoding::Base64);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Decoding::Base64, Decoding::Json]);
        assert!(!set.is_plain() && set.contains(Decoding::Json) && !set.contains(Decoding::Percent));
    }

    #[test]
    fn only_places_of_values_prove_themselves() {
        assert!(Nature::Named.is_eligible() && Nature::Value.is_eligible());
        assert!(!Nature::Prose.is_eligible() && !Nature::Ambient.is_eligible());
    }
}
