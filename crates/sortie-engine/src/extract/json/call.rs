//! Members of the top object that may be parts of a call: of GraphQL (`query`, `variables`) or of JSON-RPC
//! (`method`, `params`). They come in any order, so they are kept as they stand and searched when the object ends.
//!
//! What is no call is searched by its path, like all else. So is a part of a call whose path is a proven sink: a
//! program that knows no calls does not ask what stands beside.

use std::borrow::Cow;

use smallvec::SmallVec;
use sortie_model::Container;
use sortie_model::event::Cut;

use super::super::graphql::{self, Document, Variables};
use super::super::{rpc, work};
use super::key::Key;
use super::members::string;
use super::source::{Source, Stop};
use super::{Walk, search, search_value};

/// Members of one object that are kept. There are more only where names stand twice.
const HELD: usize = 8;
/// Bytes of a key by which it is known; none of the words is longer.
const KEY_LENGTH: usize = 16;
/// Under which a message holds a call.
const PAYLOAD: &str = "payload";

/// What was kept of an object.
#[derive(Debug, Default)]
pub(super) struct Envelope<'t> {
    held: SmallVec<[Held<'t>; 2]>,
    has_version: bool,
    has_id: bool,
}

#[derive(Clone, Copy, Debug)]
struct Held<'t> {
    part: Part,
    key: Key<'t>,
    /// As it is written.
    value: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Query,
    Variables,
    Method,
    Params,
    /// `jsonrpc`.
    Version,
    Id,
}

const PARTS: [(&str, Part); 6] = [
    ("query", Part::Query),
    ("variables", Part::Variables),
    ("method", Part::Method),
    ("params", Part::Params),
    ("jsonrpc", Part::Version),
    ("id", Part::Id),
];

impl Part {
    fn of(key: Key<'_>) -> Option<Self> {
        // Every key of a list of records comes here, and most begin as no word does.
        let first = key.first()?;
        let may_begin =
            |word: &str| first == b'\\' || !first.is_ascii() || first.eq_ignore_ascii_case(&word.as_bytes()[0]);
        let is_part = |word: &str| may_begin(word) && is_word(&key.beginning(KEY_LENGTH), word);
        PARTS.into_iter().find(|(word, _)| is_part(word)).map(|(_, part)| part)
    }
}

/// Whether a key is a word of lower case, as the most tolerant readers compare them: Go's takes `ſ` for an S.
pub(in super::super) fn is_word(key: &str, word: &str) -> bool {
    let in_capitals = || key.chars().flat_map(char::to_uppercase);
    key.eq_ignore_ascii_case(word)
        || !key.is_ascii() && in_capitals().eq(word.chars().map(|letter| letter.to_ascii_uppercase()))
}

impl<'t> Envelope<'t> {
    fn of(&self, part: Part) -> impl Iterator<Item = Held<'t>> {
        self.held.iter().filter(move |held| held.part == part).copied()
    }

    fn texts(&self, part: Part) -> SmallVec<[Cow<'t, str>; 1]> {
        self.of(part).filter_map(|held| string(held.value)).collect()
    }

    /// Whether it says that it is a call: of version 2 by a member of its own, of version 1 by having all others.
    fn is_call(&self) -> bool {
        self.has_version || self.has_id && self.of(Part::Params).any(|held| held.value.starts_with('['))
    }
}

impl<'w> Walk<'w, '_> {
    /// Keeps the value of a key of the top object, if it may be a part of a call. Returns whether it did.
    #[inline]
    pub(super) fn hold(&mut self, key: Key<'w>) -> Result<bool, Stop> {
        if self.is_payload(key) {
            let (value, read) = self.source.value();
            self.out.work(work::VALUE + value.len());
            search(value, &self.base.named(self.path.text()), self.out);
            return read.map(|()| true);
        }
        let (Some(envelope), Some(part)) = (&mut self.envelope, Part::of(key)) else { return Ok(false) };
        match part {
            Part::Version => envelope.has_version = true,
            Part::Id => envelope.has_id = true,
            _ if envelope.held.len() == HELD => self.out.cut(Cut::Format),
            _ => {
                let (value, read) = self.source.value();
                // Its escapes are undone to see what call it is, and the walk that may follow counts by itself.
                let each = if value.contains('\\') { work::ESCAPED_BYTE } else { 1 };
                self.out.work(work::VALUE + value.len() * each);
                envelope.held.push(Held { part, key, value });
                return read.map(|()| true);
            }
        }
        Ok(false)
    }

    /// Whether the value of a key of the top object may be a part of a call, or say that it is one.
    #[inline]
    pub(super) fn is_of_call(&self, key: Key<'w>) -> bool {
        Part::of(key).is_some() || self.is_payload(key)
    }

    /// Whether a call stands under a key: that of the protocols which carry GraphQL over WebSockets.
    fn is_payload(&self, key: Key<'w>) -> bool {
        self.out.is_of_message() && self.base.name.is_empty() && is_word(&key.beginning(KEY_LENGTH), PAYLOAD)
    }

    /// Whether something of the top object was kept, to be searched when it ends.
    pub(super) fn holds_a_part(&self) -> bool {
        self.envelope.as_ref().is_some_and(|envelope| !envelope.held.is_empty())
    }

    /// The top object ends, or the text does within it: searches what was kept of it.
    pub(super) fn end_call(&mut self) {
        let Some(envelope) = &mut self.envelope else { return };
        if envelope.held.is_empty() {
            // Whatever it says that it is, nothing of it is left to be searched.
            (envelope.has_version, envelope.has_id) = (false, false);
            return;
        }
        let envelope = std::mem::take(envelope);
        self.return_to_top();
        self.graphql(&envelope);
        self.rpc(&envelope);
    }

    fn graphql(&mut self, envelope: &Envelope<'w>) {
        if self.out.is_done() {
            return;
        }
        let queries: SmallVec<[_; 1]> =
            envelope.of(Part::Query).map(|held| (held, string(held.value).unwrap_or_default())).collect();
        let documents: SmallVec<[_; 1]> = queries.iter().map(|(_, text)| graphql::read(text, self.out)).collect();
        let texts: SmallVec<[_; 1]> = envelope.of(Part::Variables).map(|held| graphql::text_of(held.value)).collect();
        let mut variables = Variables::of(&texts, self.out);
        let known: SmallVec<[&Document<'_>; 1]> = documents.iter().flatten().collect();
        graphql::search(&known, &mut variables, &self.base, self.out);
        for ((held, _), document) in queries.iter().zip(&documents) {
            if document.is_none() || self.is_sink(held) {
                self.search_by_path(held);
            }
        }
        let first = self.out.count();
        for (number, held) in envelope.of(Part::Variables).enumerate() {
            if known.is_empty() || self.is_sink(&held) {
                self.search_by_path(&held);
                continue;
            }
            self.path.next_key(held.key);
            for (name, value) in variables.unused(number) {
                let name = format!("{}.{name}", self.path.text());
                search_value(value, &self.base.named(&name), self.out);
            }
        }
        if known.is_empty() {
            // The server may know the document by its digest, or from elsewhere in the request.
            self.out.repeat_at_sinks(first, Container::Graphql);
        }
    }

    fn rpc(&mut self, envelope: &Envelope<'w>) {
        let methods = envelope.texts(Part::Method);
        // Many servers do not ask for the version.
        let is_call = !methods.is_empty() && (envelope.is_call() || self.out.has_sinks_in(Container::Rpc));
        for held in envelope.of(Part::Method) {
            self.search_by_path(&held);
        }
        for held in envelope.of(Part::Params) {
            if is_call {
                for method in &methods {
                    rpc::search(method, held.value, &self.base, self.out);
                }
            }
            if !is_call || self.is_sink(&held) {
                self.search_by_path(&held);
            }
        }
    }

    /// Whether a proven sink stands at the path of a member, or within.
    fn is_sink(&mut self, held: &Held<'w>) -> bool {
        self.path.next_key(held.key);
        self.out.has_sinks() && self.out.has_sink_within(&self.base.named(self.path.text()))
    }

    /// Searches a member like any other.
    fn search_by_path(&mut self, held: &Held<'w>) {
        if self.out.is_done() {
            return;
        }
        self.out.work(work::TOKEN);
        self.path.next_key(held.key);
        let rest = std::mem::replace(&mut self.source, Source::new(held.value));
        // It stops at the end of the value.
        let _ = self.document();
        self.source = rest;
        self.return_to_top();
    }

    fn return_to_top(&mut self) {
        if let Some(top) = self.path.return_to_top() {
            self.out.return_to(self.level + top);
        }
    }
}
