//! Candidates: every destination that a request carries.

use sortie_model::event::Cut;
use sortie_model::{Candidate, Key};

/// The head of a request, as the inbound door read it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Path and query as they were sent, beginning with `/` (an absolute-form target's authority
    /// is among the fields as `host`).
    pub target: &'a str,
    /// Header fields, names in lower case, in their order.
    pub fields: &'a [(&'a str, &'a [u8])],
}

/// The inspected prefix of a body.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// `Content-Type` as sent.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding` as sent.
    pub content_encoding: Option<&'a str>,
    /// The prefix.
    pub bytes: &'a [u8],
    /// Whether this is the whole body.
    pub complete: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Extraction {
    /// The candidates in the order in which they stand.
    pub candidates: Vec<Candidate>,
    /// What was not inspected.
    pub cut: Option<Cut>,
}

/// The path template of a request target, and what it makes parameters of.
pub fn template(_target: &str) -> String {
    String::new()
}

/// Candidates of a request's head: query, path, headers, cookies.
pub fn from_head(_head: &Head<'_>, _key: &Key) -> Extraction {
    Extraction::default()
}

/// Candidates of a request's body.
pub fn from_body(_body: &Body<'_>, _key: &Key) -> Extraction {
    Extraction::default()
}
