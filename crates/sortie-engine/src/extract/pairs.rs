//! Destinations in name–value pairs: a query, a form body, a form within a value.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::collector::Collector;
use super::spot::Spot;
use super::{graphql, value, work};

/// Longest name of a pair by which a value is recognised as a form.
const NAME_LENGTH: usize = 64;

/// Searches `a=1&b=2`; names are appended to `base`'s name.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let is_searched = graphql::search_pairs(text, base, out);
    search_those(text, |pair| !(pair.is_empty() || is_searched && graphql::is_pair(pair)), base, out);
}

/// Searches those pairs of a text that have a name as forms have it, for it may be no form.
pub(super) fn search_named(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    search_those(text, is_form, base, out);
}

/// Searches those pairs of a text whose names may be proven sinks, for programs may read as a form what is
/// declared something else. Names are appended to `base`'s name.
pub(super) fn search_sinks(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if !out.has_sinks() {
        return;
    }
    for pair in text.split('&') {
        sink_pair(pair, base, out);
    }
}

fn sink_pair(pair: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let Some((name, text)) = pair.split_once('=') else { return };
    let name = decode(name);
    if name.len() <= NAME_LENGTH && out.may_be_sink(name.trim()) && !out.is_done() {
        out.work(work::TOKEN + pair.len());
        value::search(&decode(text), &base.named(&joined(base, name.trim())), out);
    }
}

fn search_those(text: &str, is_one: impl Fn(&str) -> bool, base: &Spot<'_>, out: &mut Collector<'_>) {
    for pair in text.split('&') {
        if out.is_done() {
            return;
        }
        out.work(work::PAIR + pair.len());
        if !is_one(pair) {
            continue;
        }
        let (name, text) = split(pair);
        let (name, text) = (decode(name), decode(text));
        value::search(&text, &base.named(&joined(base, &name)), out);
        // Some programs take semicolons for separators too (HTML 4.01 §B.2.2).
        if out.has_sinks() {
            pair.split(';').skip(1).for_each(|pair| sink_pair(pair, base, out));
        }
    }
}

fn joined<'a>(base: &Spot<'_>, name: &'a str) -> Cow<'a, str> {
    if base.name.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{}.{name}", base.name)) }
}

/// Name and value. A pair without `=` is a value without a name, and so is one whose name holds a
/// URL (`?http://h/?x=1`).
fn split(pair: &str) -> (&str, &str) {
    match pair.split_once('=') {
        Some((name, text)) if !holds_url(name) => (name, text),
        _ => ("", pair),
    }
}

fn holds_url(name: &str) -> bool {
    name.bytes().any(|b| matches!(b, b':' | b'%'))
        && ["://", "%3A%2F%2F", "%3a%2f%2f"].iter().any(|mark| name.contains(mark))
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5.1): `+` is a space, then percent-decoding.
/// What is no UTF-8 is replaced.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| matches!(b, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    if !spaced.contains('%') {
        return Cow::Owned(spaced);
    }
    // It never grows. Most often it is UTF-8.
    let mut bytes = Vec::with_capacity(spaced.len());
    bytes.extend(percent_decode_str(&spaced));
    Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Whether a value begins as a form does: a word, `=`, and something after it.
pub(super) fn is_form(text: &str) -> bool {
    let Some((name, rest)) = text.split_once('=') else { return false };
    let is_name_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[' | b']' | b'%');
    !name.is_empty()
        && name.len() <= NAME_LENGTH
        && name.bytes().all(is_name_byte)
        && !rest.is_empty()
        && !rest.starts_with('=')
}

#[cfg(test)]
mod tests {
    use sortie_model::{Container, Key};

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Query, ""), &mut out);
        out.finish().candidates.iter().map(|c| format!("{}={}", c.location.name, c.shown)).collect()
    }

    #[test]
    fn values_are_found_under_their_names() {
        assert_eq!(found("a=1&url=http%3A%2F%2Fh.example%2Fx+y&b"), ["url=http://h.example/{…}"]);
        assert_eq!(found("hook%5Burl%5D=http://h.example/"), ["hook[url]=http://h.example/"]);
        assert_eq!(
            found("url=http://a.example/&url=http://b.example/"),
            ["url=http://a.example/", "url=http://b.example/"]
        );
    }

    #[test]
    fn a_query_may_be_a_url_without_a_name() {
        assert_eq!(found("http://h.example/?x=1"), ["=http://h.example/?x=…"]);
        assert_eq!(found("http%3A%2F%2Fh.example%2Fx"), ["=http://h.example/x"]);
    }

    #[test]
    fn forms_are_told_from_other_values() {
        assert!(is_form("a=1&b=2") && is_form("hook[url]=x"));
        for text in ["", "a=", "a==", "=b", "a b=c", "/x?a=b", "aHR0cDovL2EuYi8="] {
            assert!(!is_form(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z%0-9=&+\\[\\]]|\\PC){0,60}") {
            let _ = found(&text);
        }
    }
}
