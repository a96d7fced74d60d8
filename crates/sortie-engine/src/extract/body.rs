//! Destinations in a body: which reader reads it.
//!
//! The declared type is a hint. Programs read JSON that is declared a form (curl's default) and XML
//! that is declared nothing, so what a body begins with comes first.

use std::borrow::Cow;

use sortie_model::event::Cut;
use sortie_model::{Container, Decoding, Nature};

use super::collector::Collector;
use super::spot::Spot;
use super::{Body, codec, csv, html, json, markup, multipart, pairs, prose, value, xml, yaml};

/// Bytes at the beginning by which text is told from other data.
const HEAD: usize = 512;

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
    fn settled(self, is_end: impl Fn(char) -> bool) -> &'t str {
        let end = || self.data.char_indices().rfind(|&(_, c)| is_end(c)).map_or(0, |(at, c)| at + c.len_utf8());
        if self.is_whole { self.data } else { &self.data[..end()] }
    }
}

/// What stands in no URL, and at the end of every value in prose, markup and tables.
fn ends_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'')
}

/// Searches a body.
pub(super) fn search(body: &Body<'_>, out: &mut Collector<'_>) {
    if !body.complete {
        out.cut(Cut::Bytes);
    }
    let spot = Spot::new(Container::Text, "");
    let content_type = body.content_type.unwrap_or_default();
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
    let bytes = piece.data;
    let essence = essence(content_type);
    let may_be_multipart = essence.starts_with("multipart/") || (bytes.starts_with(b"--") && !is_json(&essence));
    if let Some(boundary) = multipart::boundary(content_type, bytes).filter(|_| may_be_multipart) {
        let base = Spot { decodings: spot.decodings, ..multipart::base() };
        return multipart::search(piece, boundary, &base, out);
    }
    if is_media(&essence) && !begins_text(bytes) {
        return;
    }
    let text = Piece { data: &*decoded_text(bytes), is_whole: piece.is_whole };
    structured(text, &essence, spot, out);
}

/// A part of a multipart body that is a file, or declares a type of its own.
pub(super) fn part(piece: Piece<&[u8]>, content_type: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let bytes = piece.data;
    let essence = essence(content_type);
    if begins_text(bytes) && (!is_media(&essence) || begins_markup(bytes)) {
        structured(Piece { data: &*decoded_text(bytes), is_whole: piece.is_whole }, &essence, spot, out);
    }
}

/// Text of any kind. The first byte decides, then the declared type.
fn structured(piece: Piece<&str>, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let piece = Piece { data: piece.data.trim_start_matches('\u{feff}').trim_start(), ..piece };
    let text = piece.data.trim_end();
    let settled = || piece.settled(ends_value).trim_end();
    let at = |container| Spot { container, ..*spot };
    match text.as_bytes().first() {
        Some(b'{' | b'[' | b'"') if json_body(piece, essence, &at(Container::Json), out) => return,
        Some(b'<') => return markup_body(settled(), essence, &at(Container::Xml), out),
        _ => {}
    }
    if csv::is_table(essence) {
        return csv::search(settled(), spot, out);
    }
    if yaml::is_yaml(essence) {
        return yaml::search(
            settled(),
            &if spot.container == Container::Text { at(Container::Json) } else { *spot },
            out,
        );
    }
    if essence == "application/x-www-form-urlencoded" || (!essence.starts_with("text/") && pairs::is_form(text)) {
        return pairs::search(piece.settled(|c| c == '&').trim_end(), &at(Container::Form), out);
    }
    // A file's text is no value of its field, so dotted words in it are no hosts.
    if spot.container == Container::Multipart {
        prose::search(settled(), spot, Nature::Prose, out);
    } else {
        value::search(settled(), spot, out);
    }
}

/// Returns whether the text is JSON, or at least began as such.
fn json_body(piece: Piece<&str>, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let text = piece.data.trim_end();
    let json::End::Broken { at, any_read } = json::search(text, spot, out) else { return true };
    if !is_json(essence) && !any_read {
        return false;
    }
    // A more tolerant parser may go on where this one stops.
    out.cut(Cut::Codec);
    let rest = Piece { data: &piece.data[at..], ..piece };
    prose::search(rest.settled(ends_value), spot, Nature::Prose, out);
    true
}

fn markup_body(text: &str, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let is_xml = essence.ends_with("/xml") || essence.ends_with("+xml");
    if is_xml || (essence != "text/html" && markup::is_xml(text)) {
        if let xml::End::Broken { at } = xml::search(text, spot, out) {
            markup::search_broken(&text[at..], spot, out);
        }
    } else {
        html::search(text, &Spot { container: Container::Html, ..*spot }, out);
    }
}

/// Type and subtype in lower case, without parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(essence: &str) -> bool {
    essence.ends_with("/json") || essence.ends_with("+json") || essence.ends_with("/x-ndjson")
}

/// Types that hold no text. SVG is XML.
fn is_media(essence: &str) -> bool {
    let by_type = ["image/", "audio/", "video/", "font/"].iter().any(|prefix| essence.starts_with(prefix));
    let by_name = ["application/pdf", "application/zip", "application/gzip", "application/wasm"].contains(&essence);
    by_type && !essence.ends_with("+xml") || by_name
}

fn begins_markup(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'<' | b'{' | b'['))
}

/// Whether the beginning is text: a byte order mark, or no control characters but white space.
fn begins_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    is_utf16(bytes).is_some()
        || head.iter().all(|&b| b >= 0x20 && b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c))
}

/// UTF-8, or UTF-16 by its byte order mark or by the zero that stands beside an ASCII character,
/// as JSON parsers find it (RFC 4627 §3). What does not decode is replaced.
fn decoded_text(bytes: &[u8]) -> Cow<'_, str> {
    let Some(is_big) = is_utf16(bytes) else {
        // Much faster than to replace what is to be replaced, and most often nothing is.
        return std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    };
    let unit = |pair: &[u8]| {
        if is_big { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) }
    };
    let units = bytes.chunks_exact(2).map(unit);
    Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// `Some(big-endian)` for UTF-16.
fn is_utf16(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xfe, 0xff, ..] | [0, b'{' | b'[' | b'<' | b'"', 0, ..] => Some(true),
        [0xff, 0xfe, ..] => Some(false),
        [b'{' | b'[' | b'<' | b'"', 0, next, ..] if *next != 0 => Some(false),
        _ => None,
    }
}
