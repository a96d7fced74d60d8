//! A body as the service reads it, whatever it declares and however it begins.
//!
//! Some programs take each body for what they expect: a page for HTML, fields for a form. What a body declares
//! is the client's word, and two formats may be one text. A proven sink knows in which containers it was obeyed,
//! so a body at its endpoint is read in these too. Nothing else of such a reading counts, for most bodies are
//! what they declare: see [`Collector::beside`].

use sortie_model::event::Cut;
use sortie_model::{Container, Containers};

use super::body::{self, Piece};
use super::collector::Collector;
use super::spot::Spot;
use super::{charset, csv, html, json, markup, multipart, pairs, value, yaml};

/// Bytes before a JSON document that some programs pass over, as `)]}',` and a line break.
const BEFORE_JSON: usize = 64;

/// Containers of text.
const OF_TEXT: [Container; 7] = [
    Container::Form,
    Container::Json,
    Container::Xml,
    Container::Html,
    Container::Text,
    Container::Graphql,
    Container::Rpc,
];

/// Searches a whole body in the containers of its endpoint's sinks that are not `done`.
pub(super) fn search(
    piece: Piece<&[u8]>,
    content_type: &str,
    done: Containers,
    spot: &Spot<'_>,
    out: &mut Collector<'_>,
) {
    if !out.has_sinks() {
        return;
    }
    let base = Spot { decodings: spot.decodings, ..multipart::base() };
    for boundary in multipart::other_boundaries(content_type, piece.data, done.contains(Container::Multipart)) {
        out.work(piece.data.len());
        // What stands in a part has the container of the part's content: any sink may.
        out.beside(Containers::ALL, |out| {
            multipart::search(piece, &boundary, &base, out);
        });
    }
    search_text(piece, done, spot, out);
}

/// The same of a part of a body.
pub(super) fn search_text(piece: Piece<&[u8]>, done: Containers, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let asked = out.read_in().without(done);
    let is_asked = |container: &Container| asked.contains(*container) && !is_done(*container, done);
    let mut containers = OF_TEXT.into_iter().filter(is_asked).peekable();
    if containers.peek().is_none() {
        return;
    }
    let decoded = charset::decode(piece.data, None).text;
    let piece = Piece { data: body::content(&decoded), is_whole: piece.is_whole };
    for container in containers {
        if out.is_done() {
            return;
        }
        if container == Container::Xml && markup::is_xml_of_other_charset(piece.data) {
            out.cut(Cut::Format);
        }
        out.work(piece.data.len());
        out.beside(container.into(), |out| read(piece, &Spot { container, ..*spot }, out));
    }
}

/// Whether a container was read with those that are done: calls stand in bodies of other formats.
fn is_done(container: Container, done: Containers) -> bool {
    match container {
        Container::Graphql => done.contains(Container::Json),
        Container::Rpc => done.contains(Container::Json) || done.contains(Container::Xml),
        _ => done.contains(container),
    }
}

/// Reads a text in the container of a spot.
fn read(piece: Piece<&str>, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let settled = || piece.settled(body::ends_value).trim_end();
    match spot.container {
        Container::Form => pairs::search_sinks(piece.settled(|c| c == '&').trim_end(), spot, out),
        Container::Json => {
            if let Some(text) = json_of(piece.data) {
                json::search(text, spot, out);
            }
            // Where JSON is read as YAML, its places are the same.
            yaml::search(settled(), spot, out);
        }
        Container::Xml => markup::search_xml(settled(), spot, out),
        Container::Html => html::search(settled(), spot, out),
        Container::Text => {
            csv::search_sinks(settled(), spot, out);
            if out.is_sink(spot) {
                value::search(settled(), spot, out);
            }
        }
        Container::Graphql | Container::Rpc => {
            if let Some(text) = json_of(piece.data) {
                json::search(text, &Spot { container: Container::Json, ..*spot }, out);
            }
            if spot.container == Container::Rpc {
                markup::search_xml(settled(), &Spot { container: Container::Xml, ..*spot }, out);
            }
        }
        Container::Query | Container::Path | Container::Header | Container::Cookie | Container::Multipart => {}
    }
}

/// The text from where a JSON document may begin.
fn json_of(text: &str) -> Option<&str> {
    let begin = &text[..text.floor_char_boundary(BEFORE_JSON)];
    if begin.starts_with('"') { Some(text) } else { begin.find(['{', '[']).map(|at| &text[at..]) }
}

#[cfg(test)]
mod tests;
