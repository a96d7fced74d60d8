//! One XML member of a document: what refers to something outside, by the attributes and fields that do so.
//!
//! Namespaces and types of relationships are URLs too, in every document: nothing is looked for in attributes that are
//! not known to refer. Links that a reader may follow are as links in prose.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sortie_model::Nature;

use super::super::collector::Collector;
use super::super::markup::{Part, offer, offer_css};
use super::super::spot::Spot;
use super::super::xml::content_or_reference;
use super::super::{decode, doctype, html, prose, work};

/// Longest field instruction that is put together, in bytes.
const INSTRUCTION: usize = 4096;
/// Bytes of an element's name that are kept.
const NAME: usize = 64;

/// Elements whose `href` a reader follows by himself: links, and shapes of VML that are links.
#[rustfmt::skip]
const LINKS: &[&str] = &[
    "a", "arc", "area", "curve", "group", "line", "oval", "polyline", "rect", "roundrect", "shape",
];

/// Fields of Word and functions of spreadsheets that fetch what they name.
#[rustfmt::skip]
const FETCHING: &[&str] = &[
    "INCLUDE", "IMPORT", "LINK", "DDE", "DATABASE", "WEBSERVICE", "IMAGE(", "EXTERNALDATA",
];

/// Searches a member whose name is in the spot's.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let text_place = if base.parameter.is_empty() { "text".to_owned() } else { format!("{}.text", base.parameter) };
    let mut walk = Walk {
        out,
        base: *base,
        text: base.placed(base.name, &text_place),
        element: Element::Other,
        content: String::new(),
        instruction: String::new(),
    };
    loop {
        if walk.out.is_done() {
            return;
        }
        walk.out.work(2 * work::TOKEN);
        let at = reader.buffer_position() as usize;
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => walk.event(&event),
            Err(_) => {
                // What an XML parser does not take, a more tolerant one may.
                let rest = &text[text.floor_char_boundary(at)..];
                doctype::search(rest, base, walk.out);
                html::search(rest, base, walk.out);
                break;
            }
        }
    }
    walk.flush();
    walk.end_instruction();
}

/// Elements whose text is more than text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// A piece of a field instruction of Word.
    Instruction,
    /// A formula of a spreadsheet.
    Formula,
    /// A style sheet.
    Style,
    Other,
}

impl Element {
    fn of(local: &str) -> Self {
        match local {
            "instrText" => Self::Instruction,
            "f" => Self::Formula,
            "style" => Self::Style,
            _ => Self::Other,
        }
    }
}

struct Walk<'w, 'k> {
    out: &'w mut Collector<'k>,
    base: Spot<'w>,
    /// Where text stands.
    text: Spot<'w>,
    /// That which was opened last and is not closed.
    element: Element,
    /// Text since the last tag, references resolved.
    content: String,
    /// A field instruction, which may be written in pieces.
    instruction: String,
}

impl Walk<'_, '_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                self.flush();
                let name = start.local_name();
                let name: &str = name.as_ref();
                if name == "fldChar" {
                    self.end_instruction();
                }
                self.attributes(name, start);
                self.element = if matches!(event, Event::Start(_)) { Element::of(name) } else { Element::Other };
            }
            Event::End(_) => {
                self.flush();
                self.element = Element::Other;
            }
            _ => content_or_reference(event, &mut self.content, &self.base, self.out),
        }
    }

    fn flush(&mut self) {
        match self.element {
            Element::Instruction => {
                self.instruction.push_str(&self.content);
                if self.instruction.len() > INSTRUCTION {
                    self.end_instruction();
                }
            }
            Element::Formula => self.command(&self.content.clone(), "f"),
            Element::Style => offer_css(&self.content, "style", &self.base, self.out),
            Element::Other if self.content.contains(':') => {
                prose::search(&self.content, &self.text, Nature::Prose, self.out);
            }
            Element::Other => {}
        }
        self.content.clear();
    }

    fn end_instruction(&mut self) {
        let instruction = std::mem::take(&mut self.instruction);
        self.command(&instruction, "instrText");
    }

    /// Offers the URLs of a field instruction or formula.
    fn command(&mut self, text: &str, at: &str) {
        if !text.contains(':') {
            return;
        }
        let mut position = 0;
        for start in prose::starts(text) {
            if self.out.is_done() {
                return;
            }
            if start < position {
                continue;
            }
            let found = prose::extent(&text[start..]);
            let part = if fetches(&text[position..start]) { Part::Resource } else { Part::Hyperlink };
            offer(found, at, part, &self.base, self.out);
            position = start + found.len();
        }
    }

    fn attributes(&mut self, element: &str, start: &BytesStart<'_>) {
        let is_link = match element {
            "Relationship" => start
                .attributes()
                .with_checks(false)
                .flatten()
                .any(|attribute| attribute.key.as_ref() == "Type" && attribute.value.ends_with("/hyperlink")),
            _ => LINKS.contains(&element),
        };
        let part = if is_link { Part::Hyperlink } else { Part::Resource };
        for attribute in start.attributes().with_checks(false).flatten() {
            if self.out.is_done() {
                return;
            }
            self.out.work(2 * work::TOKEN);
            let name = attribute.key.local_name();
            let name: &str = name.as_ref();
            match name {
                // Others are paths within the document.
                "Target" | "href" | "src" | "url"
                    if attribute.value.contains([':', '\\']) || attribute.value.starts_with("//") =>
                {
                    offer(&attribute.value, &format!("{}@{name}", short(element)), part, &self.base, self.out);
                }
                "instr" | "formula" => {
                    let text = decode::entities(&attribute.value);
                    self.command(text.as_deref().unwrap_or(&attribute.value), &format!("{}@{name}", short(element)));
                }
                "style" => offer_css(&attribute.value, &format!("{}@style", short(element)), &self.base, self.out),
                _ => {}
            }
        }
    }
}

/// Whether what stands before a URL fetches it.
fn fetches(before: &str) -> bool {
    let names = before.to_ascii_uppercase().replace("HYPERLINK", "");
    FETCHING.iter().any(|name| names.contains(name))
}

/// An element's name as far as it is kept.
fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME)]
}
