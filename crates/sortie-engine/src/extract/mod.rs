//! Candidates: every destination that a request carries.
//!
//! One file per carrier (`path`, `pairs`, `headers`, `json`, `graphql`, `multipart`, `xml`, `html` …). Each
//! hands its values to `value`, which tries them as a destination (`reading`), undoes encodings
//! (`decode`) and looks for URLs in prose. What is found goes to the `collector`, which keeps the
//! bounds: all work is linear in the bytes that are read, and what a bound cut off is said.
//!
//! A body is read as it declares itself and begins (`body`); at an endpoint with proven sinks also as the
//! service is known to read it (`beside`).

use sortie_model::event::Cut;
use sortie_model::file::NamedFile;
use sortie_model::{Candidate, CandidateKind, Container, Key, Nature, limits};

mod aliases;
mod authority;
mod beside;
mod bits;
mod body;
mod charset;
mod collector;
mod compose;
mod css;
mod csv;
mod data_url;
mod decode;
mod doctype;
mod graphql;
mod headers;
mod host;
mod html;
mod inert;
mod json;
mod jwt;
mod label;
mod magic;
mod markdown;
mod marks;
mod markup;
mod message;
mod multipart;
mod names;
mod office;
mod packed;
mod pairs;
mod part_head;
mod path;
#[cfg(test)]
mod properties;
mod prose;
mod proven;
mod quoted;
mod reading;
mod rpc;
mod scan;
mod segments;
mod senses;
mod shown;
mod sink;
mod spot;
mod template;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unread;
mod utf7;
mod value;
mod words;
mod work;
mod xml;
mod xml_rpc;
mod yaml;
mod yaml_otherwise;

pub use aliases::templates;
pub use proven::ProvenSink;
pub use quoted::{Quoted, Source, quoted};
pub(crate) use reading::{is_disguised, split_scheme};
pub use template::template;

use collector::Collector;
use spot::Spot;

/// Destinations of an answer that are looked for, for each that is kept: those that policy denies may
/// stand behind many others.
const SEARCHED: usize = 8;

/// The head of a request, as the inbound door read it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Path and query as they were sent, beginning with `/` (an absolute-form target's authority
    /// is among the fields as `host`).
    pub target: &'a str,
    /// Header fields, names in lower case, in their order.
    pub fields: &'a [(&'a str, &'a [u8])],
    /// The endpoint's proven sinks.
    pub sinks: &'a [ProvenSink],
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
    /// As [`Head::sinks`].
    pub sinks: &'a [ProvenSink],
}

/// A message of a WebSocket.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// What was read of it.
    pub bytes: &'a [u8],
    /// Whether this is all of it.
    pub is_whole: bool,
    /// As [`Head::sinks`].
    pub sinks: &'a [ProvenSink],
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Extraction {
    /// The candidates in the order in which they stand.
    pub candidates: Vec<Candidate>,
    /// Files that are named, at most [`limits::NAMED_FILES`].
    pub files: Vec<NamedFile>,
    /// What was not inspected.
    pub cut: Option<Cut>,
    /// What finding them cost, in nanoseconds or so: see [`sortie_model::limits::EXTRACTION_WORK`].
    pub work: usize,
}

/// Candidates of a request's head: path, query, headers, cookies.
pub fn from_head(head: &Head<'_>, key: &Key) -> Extraction {
    let mut out = Collector::new(key).with_sinks(head.sinks);
    search_head(head, &mut out);
    out.finish()
}

fn search_head(head: &Head<'_>, out: &mut Collector<'_>) {
    path::search(&segments::split(head.target), out);
    if let Some((_, query)) = head.target.split_once('?') {
        let query = query.split('#').next().unwrap_or_default();
        pairs::search(query, &Spot::new(Container::Query, ""), out);
    }
    headers::search(head.fields, out);
}

/// Candidates of a request's body.
pub fn from_body(body: &Body<'_>, key: &Key) -> Extraction {
    let mut out = Collector::new(key).with_sinks(body.sinks);
    search_body(body, &mut out);
    out.finish()
}

fn search_body(body: &Body<'_>, out: &mut Collector<'_>) {
    if !body.complete {
        out.cut(Cut::Bytes);
    }
    if !body.bytes.is_empty() || !body.complete {
        body::search(body, out);
    }
}

/// Candidates of what there is of a body that is still coming, but for values that touch its end. That
/// it is not whole is no cut; [`Body::complete`] is not asked.
pub fn from_beginning(body: &Body<'_>, key: &Key) -> Extraction {
    let mut out = Collector::new(key).with_sinks(body.sinks);
    body::search(&Body { complete: false, ..*body }, &mut out);
    let found = out.finish();
    Extraction { work: found.work + work::BEGINNING + body.bytes.len(), ..found }
}

/// Candidates of a message of a WebSocket. That it is not whole is no cut.
pub fn from_message(message: &Message<'_>, key: &Key) -> Extraction {
    let Message { bytes, is_whole, sinks } = *message;
    let mut out = Collector::new(key).with_sinks(sinks).of_message();
    message::search(&Body { content_type: None, content_encoding: None, bytes, complete: is_whole, sinks }, &mut out);
    let found = out.finish();
    Extraction { work: found.work + work::MESSAGE + bytes.len(), ..found }
}

/// What the answer to a dial names in its body. Its reader may fetch it, so it is no order by itself.
///
/// Media are not read, and that not all of them is there is no cut.
pub fn from_answer(body: &Body<'_>, key: &Key) -> Extraction {
    let mut out = Collector::new(key).with_room(limits::NAMED_BY_ANSWER * SEARCHED);
    if !body.complete && !body::is_media_alone(body) {
        out.cut(Cut::Bytes);
    }
    body::search(body, &mut out);
    let Extraction { mut candidates, cut, work, .. } = out.finish();
    candidates.retain(|candidate| candidate.manner.kind == CandidateKind::Url || candidate.nature == Nature::Named);
    Extraction { candidates, cut, work, files: Vec::new() }
}

/// Reads one text as the URL that a `Location` field holds: absolute, or `//host/path`. `None` for
/// what is relative to the answering host, and for what is no URL.
pub fn single(text: &str, key: &Key) -> Option<Candidate> {
    let reading = reading::reference(text)?;
    Some(collector::candidate(&Spot::new(Container::Header, "location"), &reading, Nature::Named, key))
}
