//! One value: whether it is a destination, holds one in some encoding, or mentions one.

use sortie_model::event::Cut;
use sortie_model::{Decoding, Nature, limits};

use super::collector::Collector;
use super::data_url::Reader;
use super::host::Trust;
use super::inert::is_inert;
use super::label::is_label;
use super::marks::Marks;
use super::names::{Meaning, Role};
use super::reading::{Reading, absolute, suffix, whole};
use super::spot::{Setting, Spot};
use super::{data_url, decode, json, jwt, markdown, markup, pairs, prose, sink, work};

/// Pieces of a list of hosts that are read.
const LIST: usize = 64;
/// Longest list of hosts, in bytes.
const LIST_LENGTH: usize = 4096;
/// Numbers below this are no address: `0.x.y.z` (2^24).
const SMALLEST_ADDRESS: u64 = 1 << 24;
/// Digits of [`SMALLEST_ADDRESS`].
pub(super) const ADDRESS_DIGITS: usize = 8;
/// Digits of the largest number of 64 bits.
const LONG: usize = 20;

/// Searches a value. Returns whether anything was found.
pub(super) fn search(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let text = trimmed(text);
    if text.is_empty() || out.is_done() {
        return false;
    }
    let meaning = spot.meaning();
    // A port or path may belong to a sink.
    if meaning.role.is_none() && out.passes_over(spot) {
        out.work(work::INERT);
        return false;
    }
    let marks = Marks::of(text);
    if is_inert(text, marks, spot, meaning) && !out.is_sink(spot) {
        out.work(work::INERT + text.len());
        return false;
    }
    every_way(text, marks, meaning, spot, out)
}

/// A value without the white space around it.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    let is_trimmed = |end: Option<&u8>| end.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_trimmed(bytes.first()) && is_trimmed(bytes.last()) { text } else { text.trim() }
}

/// Whether a whole number without a sign may be told: a port, or an address where the name says so.
pub(super) fn is_telling_number(digits: &str, meaning: Meaning, out: &Collector<'_>) -> bool {
    let number = || digits.parse::<u64>();
    // What is longer is read as a fraction by most.
    if digits.len() >= LONG && number().is_err() {
        return false;
    }
    let is_address = || number().is_ok_and(|number| number >= SMALLEST_ADDRESS);
    meaning.role == Some(Role::Port) || (meaning.host || out.has_sinks()) && is_address()
}

/// Tries every reading of a trimmed value. Returns whether anything was found.
pub(super) fn every_way(text: &str, marks: Marks, meaning: Meaning, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    out.work(work::VALUE + text.len() * 2);
    if let Some(role) = meaning.role {
        out.parts.note(spot, meaning, text);
        if role.is_exceeded_by(text) {
            out.cut(Cut::Format);
        }
    }
    if marks.has_slash() {
        out.name_file(spot, text);
    }
    let before = out.offers();
    if marks.may_be_markdown() {
        markdown::search(text, spot, out);
    }
    let images = out.offers();
    let is_destination = marks.has_colon() && data_url::search(text, Reader::Program, spot, out)
        || marks.has_dot() && jwt::search(text, spot, out)
        || marks.has_colon() && urls(text, spot, meaning, out)
        || bare(text, marks, spot, meaning, out)
        || encoded(text, marks, spot, out);
    if !is_destination && meaning.label && is_label(text) {
        out.offer_label(spot, text);
    }
    if !is_destination && out.is_sink(spot) {
        sink::search(text, spot, out);
    }
    if out.offers() == images && marks.has_colon() {
        let nature = if spot.setting == Setting::Ambient { Nature::Ambient } else { Nature::Prose };
        prose::search(text, spot, nature, out);
    }
    out.offers() > before
}

/// A value that begins with a URL: one, or a list of them.
fn urls(text: &str, spot: &Spot<'_>, meaning: Meaning, out: &mut Collector<'_>) -> bool {
    let Some(mut pieces) = prose::list(text) else { return false };
    let nature = spot.nature(meaning);
    let mut found = false;
    // Words after a URL are prose, unless the parameter is for a URL: then they are its path.
    let sentence = pieces.len() > 1 || !meaning.destination;
    // A program that takes no list dials the separator behind the only URL as well.
    if let [only] = pieces[..]
        && only.len() < text.len()
    {
        pieces.push(text);
    }
    for &piece in &pieces {
        let word = if sentence { piece.split_ascii_whitespace().next().unwrap_or_default() } else { piece };
        // Servers take no longer target, and what is read of it here takes time.
        let (whole, piece, word) = (word, first_bytes(piece), first_bytes(word));
        if word.len() < whole.len() {
            out.cut(Cut::Bytes);
        }
        let Some(mut reading) = absolute(word) else {
            out.reject();
            continue;
        };
        // A program that takes the whole for its URL may find another host behind a space.
        if let Some(whole) = Some(piece).filter(|&whole| whole != word && whole.contains('@')).and_then(absolute) {
            reading.add_hosts_of(&whole);
        }
        out.offer(spot, &reading, nature);
        found = true;
        if out.is_done() {
            break;
        }
    }
    found
}

fn first_bytes(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::HEAD_BYTES)]
}

/// A value that is a host, perhaps with port and path, or `//host/path`; in a parameter for
/// destinations also a list of them.
fn bare(text: &str, marks: Marks, spot: &Spot<'_>, meaning: Meaning, out: &mut Collector<'_>) -> bool {
    let trust = spot.trust(meaning);
    if let Some(reading) = suffix(text) {
        // Nothing but a part of an authority is written so.
        return out.offer(spot, &reading, Nature::Named).is_some();
    }
    if !marks.may_be_host() && trust < Trust::Destination {
        return false;
    }
    out.work(work::READING);
    if let Some(reading) = whole(text, trust) {
        return offer_bare(&reading, spot, meaning, out);
    }
    if trust < Trust::Destination || text.len() > LIST_LENGTH || !text.contains([',', ';', ' ']) {
        return false;
    }
    let mut found = false;
    // Words of a sentence are no hosts: single labels are not taken from a list.
    for piece in text.split([',', ';', ' ']).filter(|piece| !piece.is_empty()).take(LIST) {
        out.work(work::READING);
        if let Some(reading) = whole(piece, Trust::Value) {
            found |= offer_bare(&reading, spot, meaning, out);
        }
    }
    found
}

fn offer_bare(reading: &Reading<'_>, spot: &Spot<'_>, meaning: Meaning, out: &mut Collector<'_>) -> bool {
    let index = out.offer(spot, reading, spot.nature(meaning));
    if let Some(index) = index.filter(|_| reading.path.is_none()) {
        out.parts.note_host(spot, index, reading.port, &reading.written);
    }
    true
}

/// What a value holds in another notation: JSON, markup, a form, escapes, base64.
fn encoded(text: &str, marks: Marks, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let json = marks.begins_json();
    let escaped = marks.has_percent() && decode::has_escape(text);
    if spot.depth >= limits::DECODING_DEPTH {
        if json || escaped {
            out.cut(Cut::Depth);
        }
        return false;
    }
    let before = out.offers();
    let is_new = |out: &Collector<'_>| out.offers() > before;
    if json && out.spend(text.len()) {
        json::search(text, &spot.decoded(Decoding::Json), out);
    }
    if !is_new(out) && marks.has_angle() && markup::is_markup(text) && out.spend(text.len()) {
        markup::search(text, &spot.inside(), out);
    }
    if !is_new(out) && marks.has_equals() && pairs::is_form(text) && out.spend(text.len()) {
        pairs::search(text, &spot.decoded(Decoding::Form), out);
    }
    if !is_new(out) && escaped {
        again(decode::percent(text), spot, Decoding::Percent, out);
    }
    if !is_new(out) && marks.has_ampersand() {
        again(decode::entities(text), spot, Decoding::Html, out);
    }
    if !is_new(out) && marks.is_base64() {
        again(decode::base64(text), spot, Decoding::Base64, out);
    }
    if !is_new(out) && marks.is_base64() {
        again(decode::hex(text), spot, Decoding::Hex, out);
    }
    is_new(out)
}

fn again(decoded: Option<String>, spot: &Spot<'_>, decoding: Decoding, out: &mut Collector<'_>) {
    if let Some(decoded) = decoded.filter(|text| out.spend(text.len())) {
        search(&decoded, &spot.decoded(decoding), out);
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use sortie_model::{Candidate, Container, Key};

    use super::*;
    use crate::extract::Extraction;

    fn search_all(name: &str, text: &str) -> Extraction {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Query, name), &mut out);
        out.finish()
    }

    #[track_caller]
    fn only(name: &str, text: &str) -> Candidate {
        let found = search_all(name, text).candidates;
        assert_eq!(found.len(), 1, "{name}={text}: {found:?}");
        found.into_iter().next().unwrap()
    }

    fn decodings(candidate: &Candidate) -> Vec<&'static str> {
        candidate.manner.decodings.iter().map(Decoding::as_str).collect()
    }

    #[test]
    fn natures_follow_name_and_position() {
        assert_eq!(only("url", "http://h.example/").nature, Nature::Named);
        assert_eq!(only("q", "http://h.example/").nature, Nature::Value);
        assert_eq!(only("q", "see http://h.example/ for more").nature, Nature::Prose);
        assert_eq!(only("note", "http://h.example/ is down").nature, Nature::Value);
        assert_eq!(&*only("note", "http://h.example/ is down").shown, "http://h.example/");
        assert_eq!(&*only("url", "http://h.example/a b.png").shown, "http://h.example/{…}");
    }

    #[test]
    fn a_host_behind_a_space_is_another_reading() {
        let found = only("q", "http://cdn.example &@127.0.0.1:9000# @c.example/x");
        assert!(found.hosts().any(|host| host.to_string() == "127.0.0.1"), "{found:?}");
        assert_eq!(only("q", "http://h.example/ mail a@b.example").hosts().count(), 1);
    }

    #[test]
    fn lists_are_taken_apart() {
        let hosts =
            |name, text| search_all(name, text).candidates.iter().map(|c| c.host.to_string()).collect::<Vec<_>>();
        assert_eq!(hosts("urls", "http://a.example/, http://b.example/"), ["a.example", "b.example"]);
        assert_eq!(hosts("hosts", "a.example,10.0.0.5;b.example"), ["a.example", "10.0.0.5", "b.example"]);
        assert_eq!(hosts("target", "some words here"), [""; 0]);
    }

    #[test]
    fn encodings_are_undone_and_told() {
        let url = "http://10.20.0.5/x";
        assert_eq!(decodings(&only("q", url)), [""; 0]);
        assert_eq!(decodings(&only("q", "http%3A%2F%2F10.20.0.5%2Fx")), ["percent"]);
        assert_eq!(decodings(&only("q", "http%253A%252F%252F10.20.0.5%252Fx")), ["percent"]);
        assert_eq!(decodings(&only("q", &BASE64_STANDARD.encode(url))), ["base64"]);
        assert_eq!(decodings(&only("q", &BASE64_URL_SAFE_NO_PAD.encode(url))), ["base64"]);
        assert_eq!(decodings(&only("q", "687474703a2f2f31302e32302e302e352f78")), ["hex"]);
        assert_eq!(decodings(&only("q", "http&colon;//10.20.0.5/x")), ["html"]);
        assert_eq!(decodings(&only("q", &format!("{{\"a\":\"{url}\"}}"))), ["json"]);
        assert_eq!(decodings(&only("q", "a=1&u=http%3A%2F%2F10.20.0.5%2Fx")), ["form"]);
        assert_eq!(
            decodings(&only("q", &BASE64_STANDARD.encode(format!("{{\"url\":\"{url}\"}}")))),
            ["base64", "json"]
        );
        assert_eq!(&*only("q", &format!("<img src='{url}'>")).parameter, "q");
    }

    #[test]
    fn layers_are_bounded() {
        let mut text = "http://h.example/".to_owned();
        let mut cut_at = None;
        for layers in 1..=limits::DECODING_DEPTH + 2 {
            text = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let found = search_all("q", &text);
            assert_eq!(found.candidates.is_empty(), layers > limits::DECODING_DEPTH, "{layers}");
            if found.cut == Some(Cut::Depth) {
                cut_at.get_or_insert(layers);
            }
        }
        assert_eq!(cut_at, Some(limits::DECODING_DEPTH + 1));
    }

    #[test]
    fn no_longer_url_is_read_than_a_server_takes() {
        let url = |length: usize| format!("http://h.example/{}", "a".repeat(length));
        for (length, cut) in [(limits::HEAD_BYTES / 2, None), (limits::HEAD_BYTES, Some(Cut::Bytes))] {
            let found = search_all("url", &url(length));
            assert_eq!((found.candidates.len(), found.cut), (1, cut), "{length}");
        }
    }

    #[test]
    fn decoding_has_a_budget() {
        let text = format!("%41{}", "a".repeat(limits::DECODED_BYTES));
        assert_eq!(search_all("q", &text).cut, Some(Cut::Bytes));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(name in "[a-z_]{0,6}", text in "([a-z0-9.:/%&=<>{}\"\\[\\]+;, -]|%2[0-9a-f]|&#|http://|é){0,60}") {
            search_all(&name, &text);
        }
    }
}
