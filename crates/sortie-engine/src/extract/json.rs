//! Destinations in JSON: a streaming walk that keeps only the path it is at.
//!
//! What was read before a body's end, a syntax error or a bound counts. Nesting is bounded by
//! [`sortie_model::limits::NESTING`]; what lies deeper is skipped without recursion.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::collector::Collector;
use super::names::{Meaning, Role};
use super::spot::Spot;
use super::value;

/// Bytes of one key that the path keeps.
const KEY_LENGTH: usize = 64;
/// Numbers below this are no address: `0.x.y.z` (2^24).
const SMALLEST_ADDRESS: u64 = 1 << 24;

/// How a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is JSON as far as it goes: one document or several, the last one perhaps cut off.
    Read,
    /// It is no JSON from this byte on.
    Broken { at: usize, any_read: bool },
}

/// Searches a text of one or several JSON documents (NDJSON). Names are paths from `base`'s name.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) -> End {
    let level = out.level();
    let mut walk = Walk { out, base: *base, path: base.name.to_owned(), any_read: false };
    let mut source = serde_json::Deserializer::from_str(text);
    let end = loop {
        match (Value { walk: &mut walk }).deserialize(&mut source) {
            // To ask the source whether it is at its end costs as much as to find the error's line.
            Ok(()) => {}
            Err(error) if error.is_eof() || walk.out.is_done() => break End::Read,
            Err(error) => break End::Broken { at: offset(text, &error), any_read: walk.any_read },
        }
    };
    out.return_to(level);
    end
}

/// The byte that an error's line (from 1) and column (bytes, from 1) point at.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 2).map_or(text.len(), |at| at + 1),
    };
    text.floor_char_boundary(line + error.column().saturating_sub(1))
}

struct Walk<'w, 'k> {
    out: &'w mut Collector<'k>,
    base: Spot<'w>,
    path: String,
    any_read: bool,
}

impl Walk<'_, '_> {
    fn text(&mut self, text: &str) {
        self.any_read = true;
        value::search(text, &self.base.named(&self.path), self.out);
    }

    /// A number is a port, or an address where the name says so.
    fn number(&mut self, number: u64) {
        self.any_read = true;
        let meaning = Meaning::of(&self.path);
        if meaning.role == Some(Role::Port) || meaning.host && number >= SMALLEST_ADDRESS {
            let text = number.to_string();
            value::search(&text, &self.base.named(&self.path), self.out);
        }
    }

    fn push_key(&mut self, key: &str) {
        self.any_read = true;
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(&key[..key.floor_char_boundary(KEY_LENGTH)]);
        // A program may take its destinations from the keys of a map.
        if key.contains("://") {
            value::search(key, &self.base.named(&self.path), self.out);
        }
    }

    fn push_index(&mut self, index: usize) {
        use fmt::Write;
        let _ = write!(self.path, "[{index}]");
    }
}

/// One value, with the path that leads to it.
struct Value<'v, 'w, 'k> {
    walk: &'v mut Walk<'w, 'k>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.walk.text(text);
        if self.walk.out.is_done() { Err(E::custom("enough")) } else { Ok(()) }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.walk.number(number);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if !self.walk.out.enter() {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let length = self.walk.path.len();
        while map.next_key_seed(KeySeed { walk: self.walk })?.is_some() {
            map.next_value_seed(Value { walk: self.walk })?;
            self.walk.path.truncate(length);
        }
        self.walk.out.leave();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if !self.walk.out.enter() {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let length = self.walk.path.len();
        for index in 0.. {
            self.walk.push_index(index);
            let more = seq.next_element_seed(Value { walk: self.walk })?.is_some();
            self.walk.path.truncate(length);
            if !more {
                break;
            }
        }
        self.walk.out.leave();
        Ok(())
    }
}

/// A key: it becomes the path's last part.
struct KeySeed<'v, 'w, 'k> {
    walk: &'v mut Walk<'w, 'k>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        self.walk.push_key(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::event::Cut;
    use sortie_model::{Container, Key, limits};

    use super::*;
    use crate::extract::Extraction;

    fn search_all(text: &str) -> (Extraction, End) {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        let end = search(text, &Spot::new(Container::Json, ""), &mut out);
        (out.finish(), end)
    }

    fn found(text: &str) -> Vec<String> {
        search_all(text).0.candidates.iter().map(|c| format!("{} {} {}", c.location, c.parameter, c.shown)).collect()
    }

    #[test]
    fn strings_are_found_by_their_path() {
        assert_eq!(
            found(r#"{"a":{"hooks":[{"url":"http://a.example/"},{"url":"http://b.example/"}]},"n":1.5}"#),
            ["$.a.hooks[0].url a.hooks.url http://a.example/", "$.a.hooks[1].url a.hooks.url http://b.example/"]
        );
        assert_eq!(found(r#"["http://a.example/"]"#), ["$[0]  http://a.example/"]);
        assert_eq!(found(r#""http:\/\/a.example\/""#), ["$  http://a.example/"]);
        assert_eq!(found("{\"url\":\"\\u0068ttp://a.example/\"}"), ["$.url url http://a.example/"]);
        assert_eq!(found(r#"{"http://a.example/":1}"#).len(), 1);
    }

    #[test]
    fn parts_of_one_object_are_composed() {
        assert_eq!(
            found(r#"{"command":"server","host":"10.20.0.5","port":8080,"protocol":"tcp"}"#),
            ["$.host host tcp://10.20.0.5:8080"]
        );
        assert_eq!(found(r#"{"db":{"host":"billing","port":"5432"}}"#), ["$.db.host db.host billing:5432"]);
        assert_eq!(found(r#"{"host":"a.example","x":{"port":80}}"#), ["$.host host a.example"]);
        assert_eq!(found(r#"{"ip":2130706433,"port":80}"#), ["$.ip ip 2130706433:80"]);
        assert_eq!(found(r#"{"ip":17,"count":2130706433}"#), [""; 0]);
    }

    #[test]
    fn every_one_of_equal_keys_is_kept() {
        assert_eq!(found(r#"{"url":"http://a.example/","url":"http://b.example/"}"#).len(), 2);
    }

    #[test]
    fn json_in_a_string_is_read() {
        let text = r#"{"payload":"{\"url\":\"http://a.example/\"}"}"#;
        let (extraction, _) = search_all(text);
        let candidate = &extraction.candidates[0];
        assert_eq!((&*candidate.parameter, candidate.location.to_string().as_str()), ("payload.url", "$.payload.url"));
        assert!(candidate.manner.decodings.contains(sortie_model::Decoding::Json));
    }

    #[test]
    fn documents_may_follow_each_other() {
        assert_eq!(found("{\"url\":\"http://a.example/\"}\n{\"url\":\"http://b.example/\"}\n").len(), 2);
        assert_eq!(search_all("{} {}").1, End::Read);
    }

    #[test]
    fn what_was_read_before_the_end_counts() {
        let text = r#"{"url":"http://a.example/","next":{"url":"http://b.exa"#;
        assert_eq!(found(text), ["$.url url http://a.example/"]);
        assert_eq!(search_all(text).1, End::Read);
        assert_eq!(search_all("{\"a\":1,\n \"b\":NaN}").1, End::Broken { at: 13, any_read: true });
        assert!(matches!(search_all("[link](http://a.example/)").1, End::Broken { any_read: false, .. }));
    }

    #[test]
    fn depth_is_a_reason_and_no_error() {
        let deep = |depth: usize| format!("{}\"http://a.example/\"{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!("[{},\"http://b.example/\"]", deep(5000));
        let (extraction, end) = search_all(&text);
        assert_eq!((extraction.cut, end), (Some(Cut::Depth), End::Read));
        assert_eq!(extraction.candidates.len(), 1);
        let (extraction, _) = search_all(&deep(limits::NESTING));
        assert_eq!((extraction.cut, extraction.candidates.len()), (None, 1));
    }

    #[test]
    fn nesting_adds_up_through_strings() {
        let mut text = "\"http://a.example/\"".to_owned();
        for _ in 0..3 {
            text = serde_json::to_string(&format!("{}{text}{}", "[".repeat(30), "]".repeat(30))).unwrap();
        }
        assert_eq!(search_all(&text).0.cut, Some(Cut::Depth));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([\\[\\]{}:,\"\\\\0-9a-z ]|\"url\":|\"http://a\"|é|\n){0,60}") {
            let (_, end) = search_all(&text);
            if let End::Broken { at, .. } = end {
                proptest::prop_assert!(text.is_char_boundary(at));
            }
        }
    }
}
