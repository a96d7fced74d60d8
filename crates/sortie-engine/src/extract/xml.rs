//! Destinations in XML: external entities, inclusions, references in attributes, URLs in text.
//!
//! Entities are not expanded and nothing is loaded.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::collector::Collector;
use super::markup::{Part, offer, offer_css};
use super::spot::Spot;
use super::{decode, doctype, value, work, xml_rpc};

/// Bytes of one element's name that the path keeps.
const NAME_LENGTH: usize = 64;

/// How a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is XML, or at least nothing in it says the contrary.
    Whole,
    /// It is no XML from this byte on.
    Broken { at: usize },
}

/// Searches an XML document, or what there is of it. Names are paths of local names below `base`.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) -> End {
    let is_searched_call = xml_rpc::search(text, base, out);
    let level = out.level();
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut walk = Walk {
        out,
        base: *base,
        is_searched_call,
        path: base.name.to_owned(),
        lengths: Vec::new(),
        too_deep: 0,
        content: String::new(),
    };
    let end = loop {
        if walk.out.is_done() {
            break End::Whole;
        }
        walk.out.work(3 * work::TOKEN);
        let at = reader.buffer_position() as usize;
        match reader.read_event() {
            Ok(Event::Eof) => break End::Whole,
            Ok(event) => walk.event(&event),
            Err(_) => break End::Broken { at: text.floor_char_boundary(at) },
        }
    };
    walk.flush();
    out.return_to(level);
    end
}

/// Takes an event that is no element: text goes to `content`, references resolved, and what refers to something
/// else is offered.
pub(super) fn content_or_reference(event: &Event<'_>, content: &mut String, base: &Spot<'_>, out: &mut Collector<'_>) {
    match event {
        Event::Text(text) => content.push_str(text),
        Event::CData(text) => content.push_str(text),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(c)) => content.push(c),
            _ => content.push_str(resolve_predefined_entity(reference).unwrap_or_default()),
        },
        Event::DocType(text) => doctype::search(text, base, out),
        Event::PI(instruction) if instruction.target() == "xml-stylesheet" => {
            for attribute in instruction.attributes().with_checks(false).flatten() {
                if attribute.key.as_ref() == "href" {
                    offer(&attribute.value, "xml-stylesheet@href", Part::Stylesheet, base, out);
                }
            }
        }
        _ => {}
    }
}

struct Walk<'w, 'k> {
    out: &'w mut Collector<'k>,
    base: Spot<'w>,
    /// Whether its text was searched as a call's.
    is_searched_call: bool,
    /// Local names from the root to here, with dots.
    path: String,
    /// The path's length before each open element.
    lengths: Vec<usize>,
    /// Open elements that are nested too deeply to be followed.
    too_deep: usize,
    /// Text since the last tag, references resolved.
    content: String,
}

impl Walk<'_, '_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => {
                self.flush();
                self.open(start);
                self.attributes(start);
            }
            Event::Empty(start) => {
                self.flush();
                self.open(start);
                self.attributes(start);
                self.close();
            }
            Event::End(_) => {
                self.flush();
                self.close();
            }
            _ => content_or_reference(event, &mut self.content, &self.base, self.out),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) {
        if self.too_deep > 0 || !self.out.enter() {
            self.too_deep += 1;
            return;
        }
        self.lengths.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('.');
        }
        let name = start.local_name();
        let name: &str = name.as_ref();
        self.path.push_str(&name[..name.floor_char_boundary(NAME_LENGTH)]);
    }

    fn close(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if let Some(length) = self.lengths.pop() {
            self.path.truncate(length);
            self.out.leave();
        }
    }

    fn flush(&mut self) {
        if self.is_searched_call {
            self.content.clear();
        }
        if !self.content.is_empty() {
            let spot = self.base.named(&self.path).inside();
            value::search(&self.content, &spot, self.out);
            self.content.clear();
        }
    }

    fn attributes(&mut self, start: &BytesStart<'_>) {
        let element = start.local_name();
        let element: &str = element.as_ref();
        // The check for repeated names is quadratic; repeated ones are all read here anyway.
        for attribute in start.attributes().with_checks(false).flatten() {
            if self.out.is_done() {
                return;
            }
            self.out.work(2 * work::TOKEN);
            let name: &str = attribute.key.as_ref();
            if name != "xmlns" && !name.starts_with("xmlns:") {
                self.attribute(element, name, &attribute.value);
            }
        }
    }

    fn attribute(&mut self, element: &str, name: &str, content: &str) {
        let local = name.rsplit(':').next().unwrap_or(name);
        let at = || {
            format!(
                "{}@{}",
                &element[..element.floor_char_boundary(NAME_LENGTH)],
                &name[..name.floor_char_boundary(NAME_LENGTH)]
            )
        };
        match local {
            "href" | "src" => {
                let part = match element {
                    "include" | "import" => Part::Include,
                    "a" => Part::Link,
                    _ => Part::Resource,
                };
                offer(content, &at(), part, &self.base, self.out);
            }
            // Pairs of a namespace and where its schema is.
            "schemaLocation" => {
                let skip = usize::from(content.split_ascii_whitespace().nth(1).is_some());
                for location in content.split_ascii_whitespace().skip(skip).step_by(2).take(32) {
                    offer(location, &at(), Part::Schema, &self.base, self.out);
                }
            }
            "noNamespaceSchemaLocation" => offer(content, &at(), Part::Schema, &self.base, self.out),
            "style" => offer_css(content, &at(), &self.base, self.out),
            _ => self.other_attribute(name, content),
        }
    }

    /// An attribute of a vocabulary that is not known: a parameter like any other.
    fn other_attribute(&mut self, name: &str, content: &str) {
        let length = self.path.len();
        self.path.push('@');
        self.path.push_str(&name[..name.floor_char_boundary(NAME_LENGTH)]);
        let decoded = decode::entities(content);
        let spot = self.base.named(&self.path).inside();
        value::search(decoded.as_deref().unwrap_or(content), &spot, self.out);
        self.path.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::event::Cut;
    use sortie_model::{Container, Key};

    use super::*;
    use crate::extract::Extraction;

    fn search_all(text: &str) -> (Extraction, End) {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        let end = search(text, &Spot::new(Container::Xml, ""), &mut out);
        (out.finish(), end)
    }

    fn found(text: &str) -> Vec<String> {
        search_all(text)
            .0
            .candidates
            .iter()
            .map(|c| format!("{} {} {}", c.location.name, c.parameter, c.shown))
            .collect()
    }

    #[test]
    fn entities_and_inclusions() {
        assert_eq!(
            found("<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x SYSTEM 'http://10.20.0.5/'>]><r>&x;</r>"),
            ["entity xml:entity http://10.20.0.5/"]
        );
        assert_eq!(
            found("<r xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd'/></r>"),
            ["include@href xml:include file:///etc/passwd"]
        );
        assert_eq!(
            found("<?xml-stylesheet href='http://a.example/'?><r/>"),
            ["xml-stylesheet@href xml:stylesheet http://a.example/"]
        );
        assert_eq!(
            found(
                "<r xsi:schemaLocation='http://ns.example/ http://a.example/x.xsd' y:noNamespaceSchemaLocation='http://b.example/'/>"
            ),
            [
                "r@xsi:schemaLocation xml:schema http://a.example/x.xsd",
                "r@y:noNamespaceSchemaLocation xml:schema http://b.example/"
            ]
        );
    }

    #[test]
    fn images_and_styles_of_svg() {
        assert_eq!(
            found("<svg><image xlink:href='http://a.example/?x&amp;y'/><g style='fill:url(http://b.example/)'/></svg>"),
            ["image@xlink:href xml:resource http://a.example/?…&…", "g@style xml:resource http://b.example/"]
        );
    }

    #[test]
    fn text_and_attributes_are_parameters() {
        assert_eq!(
            found(
                "<s:order xmlns:s='http://ns.example/'><s:callback>http://a.example/?x=1&amp;y=2</s:callback></s:order>"
            ),
            ["order.callback xml:order.callback http://a.example/?x=…&y=…"]
        );
        assert_eq!(found("<r><u><![CDATA[http://a.example/]]></u></r>"), ["r.u xml:r.u http://a.example/"]);
        assert_eq!(found("<r><hook url='http://a.example/'/></r>"), ["r.hook@url xml:r.hook@url http://a.example/"]);
        assert_eq!(found("<r><host>billing</host><port>80</port></r>"), ["r.host xml:r.host billing:80"]);
    }

    #[test]
    fn ends_are_told() {
        assert_eq!(search_all("<r><url>http://a.example/</url><x").0.candidates.len(), 1);
        assert!(matches!(search_all("<r><url>http://a.example/</url><!x").1, End::Broken { .. }));
        assert_eq!(search_all("<r><url>http://a.exam").1, End::Whole);
        let deep = format!("{}<url>http://a.example/</url>", "<a>".repeat(1000));
        assert_eq!(search_all(&deep).0.cut, Some(Cut::Depth));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(<[/!?]?[a-z]?|>|<!DOCTYPE|<!ENTITY|SYSTEM|[a-z =\"'&;\\[\\]é-]|http://a){0,60}") {
            if let End::Broken { at } = search_all(&text).1 {
                proptest::prop_assert!(text.is_char_boundary(at));
            }
        }
    }
}
