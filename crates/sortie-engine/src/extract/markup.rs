//! Destinations in markup: what XML, HTML and CSS have in common.
//!
//! A renderer fetches every subresource alike, so all of them are one place, whatever the tag:
//! `resource` of a body, or the field itself where markup stands in a field. External entities,
//! inclusions and links that nobody follows by himself have places of their own.

use std::borrow::Cow;

use sortie_model::Nature;

use super::collector::Collector;
use super::data_url::Reader;
use super::reading::reference;
use super::spot::{Setting, Spot};
use super::{charset, css, data_url, decode, doctype, html, work, xml};
use crate::files;

/// Bytes at the beginning that tell XML from HTML.
const HEAD: usize = 1024;

/// What fetches a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A renderer, while it shows the document.
    Resource,
    /// A reader, if he follows it.
    Link,
    /// A reader of a document that people wrote, if he follows it: as a link in prose.
    Hyperlink,
    /// An XML parser that loads external entities.
    Entity,
    /// An XML parser that loads the external subset.
    Doctype,
    /// An XML parser that processes XInclude.
    Include,
    /// An XML validator.
    Schema,
    /// An XSLT processor or renderer.
    Stylesheet,
}

impl Part {
    fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Link | Self::Hyperlink => "link",
            Self::Entity => "entity",
            Self::Doctype => "doctype",
            Self::Include => "include",
            Self::Schema => "schema",
            Self::Stylesheet => "stylesheet",
        }
    }

    fn nature(self) -> Nature {
        match self {
            Self::Link => Nature::Value,
            Self::Hyperlink => Nature::Prose,
            _ => Nature::Named,
        }
    }
}

/// Whether tags stand in a text.
pub(super) fn is_markup(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'<', bytes)
        .any(|at| bytes.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'!' | b'?')))
}

/// Searches markup of either kind. Names are appended to `base`'s name.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if is_xml(text) {
        search_xml(text, base, out);
    } else {
        html::search(text, base, out);
    }
}

/// The same of markup that is declared to be of this type.
pub(super) fn search_as(text: &str, essence: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if is_xml_by(essence, text) {
        search_xml(text, base, out);
    } else {
        html::search(text, base, out);
    }
}

/// Searches XML. What an XML parser does not take, a more tolerant one may.
pub(super) fn search_xml(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if let xml::End::Broken { at } = xml::search(text, base, out) {
        doctype::search(&text[at..], base, out);
        html::search(&text[at..], base, out);
    }
}

/// XML by its declaration, a document type other than HTML's, an entity or a namespace.
pub(super) fn is_xml(text: &str) -> bool {
    let head = text[..text.floor_char_boundary(HEAD)].to_ascii_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let is_html = head.contains("<!doctype html") || head.contains("<html");
    let is_declared = head.starts_with("<?xml") || head.contains("<!entity");
    is_declared || !is_html && (head.contains("<!doctype") || head.contains("xmlns"))
}

/// The same of a text that is declared to be of this type.
pub(super) fn is_xml_by(essence: &str, text: &str) -> bool {
    essence.ends_with("/xml") || essence.ends_with("+xml") || essence != "text/html" && is_xml(text)
}

/// Whether an XML declaration names an encoding that is not read here.
pub(super) fn is_xml_of_other_charset(text: &str) -> bool {
    let declaration = text.strip_prefix("<?xml").and_then(|text| text.split_once("?>")).map(|(text, _)| text);
    let encoding = declaration.and_then(|text| text.split_once("encoding")).map(|(_, text)| text);
    let quoted = encoding.and_then(|text| text.split(['"', '\'']).nth(1));
    quoted.is_some_and(|label| !charset::is_plain(label))
}

/// Offers a reference, found in the attribute or declaration `at`.
pub(super) fn offer(text: &str, at: &str, part: Part, base: &Spot<'_>, out: &mut Collector<'_>) {
    let text: Cow<'_, str> = decode::entities(text).map_or(Cow::Borrowed(text), Cow::Owned);
    let text: Cow<'_, str> =
        if text.contains(['\t', '\n', '\r']) { Cow::Owned(text.replace(['\t', '\n', '\r'], "")) } else { text };
    out.work(work::REFERENCE + text.len());
    let is_data = data_url::begins(text.trim_start());
    // What an entity holds becomes a part of the document, and what a value is in it is a reference itself.
    let is_part = matches!(part, Part::Entity | Part::Doctype);
    if is_data && !is_part {
        data_url::search(text.trim_start(), Reader::Renderer, base, out);
        return;
    }
    let reading = reference(&text).filter(|_| !is_data);
    if reading.is_none() && !is_data && !files::is_named(&text) {
        return;
    }
    let name = joined(base.name, at);
    let parameter = match part {
        Part::Resource if !base.parameter.is_empty() => Cow::Borrowed(base.parameter),
        _ => joined(base.parameter, part.as_str()),
    };
    let spot = base.placed(&name, &parameter);
    if is_data {
        data_url::search(text.trim_start(), Reader::Program, &spot.set(Setting::Type), out);
        return;
    }
    out.name_file(&spot, &text);
    if let Some(reading) = reading {
        out.offer(&spot, &reading, part.nature());
    }
}

/// Offers what a style sheet refers to.
pub(super) fn offer_css(text: &str, at: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    for found in css::references(text) {
        if out.is_done() {
            return;
        }
        offer(found, at, Part::Resource, base, out);
    }
}

fn joined<'a>(base: &str, name: &'a str) -> Cow<'a, str> {
    if base.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{base}.{name}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_xml_from_html() {
        for text in [
            "<?xml version='1.0'?><a/>",
            " <!DOCTYPE r [<!ENTITY x 'y'>]><r/>",
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "<!--?xml?--><!DOCTYPE a SYSTEM 'x'>",
        ] {
            assert!(is_xml(text), "{text}");
        }
        for text in ["<!DOCTYPE html><p>", "<img src=x>", "<html xmlns='http://www.w3.org/1999/xhtml'>"] {
            assert!(!is_xml(text), "{text}");
        }
        assert!(is_markup("a <b> c") && !is_markup("1 < 2") && !is_markup("a <"));
    }
}
