//! Destinations in a body: which reader reads it.
//!
//! The declared type is a hint. Programs read JSON that is declared a form (curl's default) and XML
//! that is declared nothing, so what a body begins with counts beside it. What is read in neither way
//! may be an order all the same, and is told as a cut.

use std::borrow::Cow;

use memchr::memmem;
use sortie_model::event::Cut;
use sortie_model::{Container, Containers, Decoding, Nature};

use super::charset::{self, Text};
use super::collector::Collector;
use super::part_head::parameter;
use super::spot::Spot;
use super::{
    Body, beside, csv, graphql, html, json, jwt, magic, markup, multipart, office, packed, pairs, prose, value, yaml,
};
use crate::codec;

/// Bytes at the beginning by which text is told from other data.
const HEAD: usize = 512;

/// The type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// The type of GraphQL documents.
const GRAPHQL: &str = "application/graphql";

/// Data that may go on behind what was read.
///
/// What touches an open end is no value yet: `http://1234` may become `http://1234.partner.example/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<T> {
    pub(super) data: T,
    /// Whether nothing follows.
    pub(super) is_whole: bool,
}

impl<'t> Piece<&'t str> {
    /// The text up to the last of these characters, where it may go on: no value holds one of them.
    pub(super) fn settled(self, is_end: impl Fn(char) -> bool) -> &'t str {
        let end = || self.data.char_indices().rfind(|&(_, c)| is_end(c)).map_or(0, |(at, c)| at + c.len_utf8());
        if self.is_whole { self.data } else { &self.data[..end()] }
    }
}

/// What stands in no URL, and at the end of every value in prose, markup and tables.
pub(super) fn ends_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'')
}

/// Searches a body.
pub(super) fn search(body: &Body<'_>, out: &mut Collector<'_>) {
    let spot = Spot::new(Container::Text, "");
    let content_type = body.content_type.unwrap_or_default();
    out.allow_for(body.bytes.len());
    match codec::decode(body.content_encoding, body.bytes, out.budget()) {
        codec::Decoded::Plain => read(Piece { data: body.bytes, is_whole: body.complete }, content_type, &spot, out),
        codec::Decoded::Unknown => out.cut(Cut::Codec),
        codec::Decoded::Bytes { bytes, over, damaged } => {
            if over {
                out.cut(Cut::Bytes);
            } else if damaged && body.complete {
                out.cut(Cut::Codec);
            }
            out.spend(bytes.len());
            // The layer costs no depth: it is none that a value could hide in.
            let spot = Spot { depth: 0, ..spot.decoded(Decoding::Compressed) };
            read(Piece { data: &*bytes, is_whole: body.complete && !over }, content_type, &spot, out);
        }
    }
}

/// A body, codings undone.
fn read(piece: Piece<&[u8]>, content_type: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let done = declared(piece, content_type, spot, out);
    beside::search(piece, content_type, done, spot, out);
}

/// A body as it declares itself and begins. What its type says comes first, for that is what programs go by; what
/// it begins with is read beside it. What is read in neither way is a cut. Returns the containers in which all of
/// it was read.
fn declared(piece: Piece<&[u8]>, content_type: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Containers {
    let bytes = piece.data;
    let essence = essence(content_type);
    if essence.contains(',') {
        // Of two types programs take one or the other.
        out.cut(Cut::Format);
    }
    let is_multipart = essence.starts_with("multipart/");
    let mut done = Containers::NONE;
    if is_multipart || bytes.starts_with(b"--") && !is_json(&essence) {
        let boundary = multipart::boundary(content_type, bytes);
        let base = Spot { decodings: spot.decodings, ..multipart::base() };
        let is_read = boundary.is_some_and(|boundary| multipart::search(piece, &boundary, &base, out));
        if is_multipart && !is_read && piece.is_whole {
            out.cut(Cut::Format);
        }
        if is_read {
            done = done.with(Container::Multipart);
        }
        if is_multipart || is_read && essence != FORM {
            return done;
        }
    }
    if packed::search(piece, &essence, spot, out) {
        return done;
    }
    if !begins_text(bytes) {
        if let Some(is_sure) = office::search(piece, &essence, spot, out) {
            if !is_sure {
                out.cut(Cut::Format);
            }
            return done;
        }
        if is_media(&essence) && magic::begins_media(bytes) {
            return done;
        }
        // At a proven sink it is refused as not read.
        binary(bytes, spot, out);
        return Containers::ALL;
    }
    let charset = parameter(content_type, "charset");
    let Text { text, is_sure } = charset::decode(bytes, charset.as_deref());
    let read = structured(Piece { data: &*text, is_whole: piece.is_whole }, &essence, spot, out);
    if !(read.is_known && is_sure) {
        out.cut(Cut::Format);
    }
    done.or(read.done)
}

/// What is no text may still hold some: URLs at least.
fn binary(bytes: &[u8], spot: &Spot<'_>, out: &mut Collector<'_>) {
    out.cut(Cut::Format);
    if memmem::find(bytes, b"://").is_some() {
        prose::search(&String::from_utf8_lossy(bytes), spot, Nature::Prose, out);
    }
}

/// A part of a multipart body that is a file: its content is stored, as a rule, and need not be read. Returns the
/// containers in which all of it was read, as those below do.
pub(super) fn file(piece: Piece<&[u8]>, content_type: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Containers {
    let bytes = piece.data;
    let essence = essence(content_type);
    if office::search(piece, &essence, spot, out).is_some() {
        return Containers::NONE;
    }
    if !begins_text(bytes) || is_media(&essence) && !begins_markup(bytes) {
        return Containers::NONE;
    }
    let Text { text, .. } = charset::decode(bytes, parameter(content_type, "charset").as_deref());
    structured(Piece { data: &*text, is_whole: piece.is_whole }, &essence, spot, out).done
}

/// A part of a multipart body that is a field of plain text.
pub(super) fn plain(bytes: &[u8], content_type: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Containers {
    let Text { text, is_sure } = charset::decode(bytes, parameter(content_type, "charset").as_deref());
    if !is_sure {
        out.cut(Cut::Format);
    }
    if !graphql::search_operations(&text, spot, out) {
        value::search(&text, spot, out);
    }
    Containers::NONE
}

/// A part of a multipart body that is a field and declares another type. Many programs do not look at the type.
pub(super) fn field(piece: Piece<&[u8]>, content_type: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Containers {
    let essence = essence(content_type);
    if let Some(is_sure) = office::search(piece, &essence, spot, out) {
        if !is_sure {
            out.cut(Cut::Format);
        }
        return Containers::NONE;
    }
    let Text { text, is_sure } = charset::decode(piece.data, parameter(content_type, "charset").as_deref());
    if !begins_text(piece.data) || !is_sure {
        out.cut(Cut::Format);
    }
    let piece = Piece { data: &*text, is_whole: piece.is_whole };
    if is_media(&essence) {
        value::search(piece.settled(ends_value), spot, out);
        return Containers::NONE;
    }
    let read = structured(piece, &essence, spot, out);
    if !read.is_known {
        out.cut(Cut::Format);
    }
    read.done
}

/// How a text was read.
struct Read {
    /// Whether that is how programs read it.
    is_known: bool,
    /// The containers in which all of it was read.
    done: Containers,
}

/// A text without what may stand before its content.
pub(super) fn content(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim_start()
}

/// Text of any kind: as its type says, then as it begins.
fn structured(piece: Piece<&str>, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Read {
    let piece = Piece { data: content(piece.data), ..piece };
    let text = piece.data.trim_end();
    let settled = || piece.settled(ends_value).trim_end();
    let at = |container| Spot { container, ..*spot };
    let form = || piece.settled(|c| c == '&').trim_end();
    let first = text.as_bytes().first();
    let mut done = Containers::NONE;
    // The names of a table's columns may stand in quotes.
    let begins_json = matches!(first, Some(b'{' | b'[')) || first == Some(&b'"') && !csv::is_table(essence);
    let is_read = if (is_json(essence) || begins_json) && json_body(piece, essence, &at(Container::Json), out) {
        done = done.with(Container::Json);
        true
    } else {
        let is_markup = first == Some(&b'<');
        // A page may begin with text.
        if is_markup || essence == "text/html" {
            done = done.with(markup_body(settled(), essence, spot, out));
        }
        is_markup
    };
    if essence == FORM && is_read {
        // curl declares all that it sends a form; but some programs go by the type.
        pairs::search_named(form(), &at(Container::Form), out);
    }
    if essence != FORM && !is_json(essence) {
        pairs::search_sinks(form(), &at(Container::Form), out);
        done = done.with(Container::Form);
    }
    if csv::is_table(essence) {
        csv::search(settled(), spot, out);
        return Read { is_known: true, done: done.with(Container::Text) };
    }
    if is_read {
        return Read { is_known: !markup::is_xml_of_other_charset(text), done };
    }
    if essence == GRAPHQL && graphql::search_document(text, &at(Container::Graphql), out) {
        return Read { is_known: true, done };
    }
    if yaml::is_yaml(essence) {
        let place = if spot.container == Container::Text { at(Container::Json) } else { *spot };
        yaml::search(settled(), &place, out);
        return Read { is_known: true, done: done.with(place.container) };
    }
    if essence == FORM || (!essence.starts_with("text/") && pairs::is_form(text)) {
        pairs::search(form(), &at(Container::Form), out);
        return Read { is_known: essence == FORM || essence.is_empty(), done: done.with(Container::Form) };
    }
    // A file's text is no value of its field, so dotted words in it are no hosts.
    if spot.container == Container::Multipart {
        prose::search(settled(), spot, Nature::Prose, out);
    } else {
        value::search(settled(), spot, out);
    }
    let is_value = essence.is_empty() || essence.starts_with("text/") || is_json(essence) || jwt::is_token(essence);
    let is_known = text.is_empty() || is_value;
    Read { is_known, done }
}

/// Returns whether the text is JSON, or at least began as such.
fn json_body(piece: Piece<&str>, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let text = piece.data.trim_end();
    let json::End::Broken { at, any_read } = json::search(text, spot, out) else { return true };
    if !any_read {
        if is_json(essence) {
            out.cut(Cut::Format);
        }
        return false;
    }
    // A more tolerant parser may go on where this one stops.
    out.cut(Cut::Codec);
    let rest = Piece { data: &piece.data[at..], ..piece };
    prose::search(rest.settled(ends_value), spot, Nature::Prose, out);
    true
}

/// Returns the container as which the text was read.
fn markup_body(text: &str, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Container {
    if markup::is_xml_by(essence, text) {
        markup::search_xml(text, &Spot { container: Container::Xml, ..*spot }, out);
        Container::Xml
    } else {
        html::search(text, &Spot { container: Container::Html, ..*spot }, out);
        Container::Html
    }
}

/// Type and subtype in lower case, without parameters.
pub(super) fn essence(content_type: &str) -> Cow<'_, str> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(essence.to_ascii_lowercase())
    } else {
        Cow::Borrowed(essence)
    }
}

fn is_json(essence: &str) -> bool {
    essence.ends_with("/json")
        || essence.ends_with("+json")
        || essence.ends_with("ndjson")
        || essence.ends_with("json-seq")
}

/// Types that hold no text. SVG is XML.
fn is_media(essence: &str) -> bool {
    let by_type = ["image/", "audio/", "video/", "font/"].iter().any(|prefix| essence.starts_with(prefix));
    let by_name = ["application/pdf", "application/zip", "application/gzip", "application/wasm"].contains(&essence);
    by_type && !essence.ends_with("+xml") || by_name
}

/// Whether a body is media and nothing else, which is not read.
pub(super) fn is_media_alone(body: &Body<'_>) -> bool {
    is_media(&essence(body.content_type.unwrap_or_default()))
        && !begins_text(body.bytes)
        && magic::begins_media(body.bytes)
}

fn begins_markup(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'<' | b'{' | b'['))
}

fn is_of_text(b: u8) -> bool {
    b >= 0x20 && b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1e)
}

/// Whether all of it is text, without control characters.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    // None ends the search, for so it is done to many at once.
    bytes.iter().fold(true, |is_text, &b| is_text & is_of_text(b))
}

/// Whether the beginning is text: UTF-16 or UTF-32, or no control characters but white space and what
/// separates texts of a sequence (RFC 7464). A program in C may send its closing zero.
pub(super) fn begins_text(bytes: &[u8]) -> bool {
    let head = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    let head = &head[..head.len().min(HEAD)];
    charset::wide(bytes).is_some() || is_text(head)
}
