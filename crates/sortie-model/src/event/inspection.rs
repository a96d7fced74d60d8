//! What became of the inspection of a request.

use serde::{Deserialize, Serialize};

use crate::address::AddressClass;
use crate::policy::Mode;
use crate::verdict::Rule;

/// What of a request is inspected behind its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Its body, or a piece of it: the exchange lasts until it is answered.
    Body,
    /// A message of its upgraded connection: it is over once it is there, however long the connection lasts.
    Message,
}

impl Part {
    /// The word of tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Message => "message",
        }
    }
}

/// What made a request a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// More bytes than are inspected.
    Bytes,
    /// Nested more deeply than is followed.
    Depth,
    /// More candidates than are kept, or more to look at for them than there is time for.
    Count,
    /// A content coding that is not known or did not decode.
    Codec,
    /// A body in a format that is not read, or written so that programs read different things in it. It
    /// counts only where something may be ordered in it: at an endpoint with a proven sink.
    Format,
    /// The connection was upgraded, to a protocol that is not read, or further than it is read.
    Upgrade,
    /// The table of requests in flight was full.
    TableFull,
}

impl Cut {
    /// The word of JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Depth => "depth",
            Self::Count => "count",
            Self::Codec => "codec",
            Self::Format => "format",
            Self::Upgrade => "upgrade",
            Self::TableFull => "table-full",
        }
    }
}

/// A request that the inbound door refused, or would have refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refused {
    /// The rule.
    pub rule: Rule,
    /// The candidate that the rule is about, by its number in the request.
    pub candidate: Option<u16>,
    /// The class of what the candidate names.
    pub class: Option<AddressClass>,
    /// The mode at that place: the request was refused only in [`Mode::Block`].
    pub mode: Mode,
}

impl Refused {
    /// Whether the request did not reach the back end.
    pub fn is_enforced(&self) -> bool {
        self.mode == Mode::Block
    }
}
