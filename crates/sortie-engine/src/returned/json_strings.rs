//! The string values of a JSON text, one after the other, with the paths at which they stand.
//!
//! Tolerant, for a response may be cut off, be a stream of documents, or no JSON at all.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use memchr::{memchr, memchr2};
use sortie_model::limits::NESTING;

/// Keys of this length or more may be data (an address, a token), and are not shown.
const LONGEST_KEY: usize = 32;
/// Steps of a path that are shown.
const STEPS_SHOWN: usize = 8;

/// Walks through a text and stops at each string value.
pub(super) struct Strings<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
}

/// An array or object that is open at this point.
enum Open {
    Array { index: u32 },
    Object { key: Option<Range<usize>>, in_value: bool },
}

/// Whether a text seems to be JSON, by its first byte.
pub(super) fn looks_like_json(text: &[u8]) -> bool {
    matches!(text.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[' | b'"'))
}

impl<'a> Strings<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, open: Vec::new() }
    }

    /// The next string value as it stands between its quotes; one that is cut off ends with the
    /// text. `None` at the end, and from where it is nested too deeply.
    pub(super) fn next_value(&mut self) -> Option<&'a [u8]> {
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => {
                    let range = self.at..string_end(self.text, self.at);
                    self.at = range.end + 1;
                    if !self.take_key(&range) {
                        return Some(&self.text[range]);
                    }
                }
                b'{' | b'[' if self.open.len() >= NESTING => return None,
                b'{' => self.open.push(Open::Object { key: None, in_value: false }),
                b'[' => self.open.push(Open::Array { index: 0 }),
                b'}' | b']' => drop(self.open.pop()),
                b':' => self.colon(),
                b',' => self.comma(),
                _ => {}
            }
        }
        None
    }

    /// Where the last value stands: `$.items[3].preview`. Keys that may be data are shown as `*`.
    pub(super) fn path(&self) -> String {
        let mut path = String::from("$");
        for (step, open) in self.open.iter().enumerate() {
            if step == STEPS_SHOWN {
                path.push('…');
                break;
            }
            // Writing to a string does not fail.
            let _ = match open {
                Open::Array { index } => write!(path, "[{index}]"),
                Open::Object { key, .. } => write!(path, ".{}", self.shown(key.as_ref())),
            };
        }
        path
    }

    fn shown(&self, key: Option<&Range<usize>>) -> &'a str {
        key.and_then(|key| std::str::from_utf8(&self.text[key.clone()]).ok())
            .filter(|key| !key.is_empty() && key.len() < LONGEST_KEY)
            .filter(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$')))
            .unwrap_or("*")
    }

    fn take_key(&mut self, range: &Range<usize>) -> bool {
        match self.open.last_mut() {
            Some(Open::Object { key, in_value: false }) => {
                *key = Some(range.clone());
                true
            }
            _ => false,
        }
    }

    fn colon(&mut self) {
        if let Some(Open::Object { in_value, .. }) = self.open.last_mut() {
            *in_value = true;
        }
    }

    fn comma(&mut self) {
        match self.open.last_mut() {
            Some(Open::Array { index }) => *index += 1,
            Some(Open::Object { in_value, .. }) => *in_value = false,
            None => {}
        }
    }
}

/// Where the string that begins at `from` ends.
pub(super) fn string_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(step) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        if text[at + step] == b'"' {
            return at + step;
        }
        at += step + 2;
    }
    text.len()
}

/// A string value without its escapes (RFC 8259 §7). What is no escape stays as it is, half a
/// surrogate pair becomes U+FFFD.
pub(super) fn unescaped(value: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = value;
    let mut plain = Vec::new();
    while let Some(backslash) = memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..backslash]);
        let (character, len) = escape(&rest[backslash..]);
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[backslash + len..];
    }
    if plain.is_empty() && rest.len() == value.len() {
        return Cow::Borrowed(value);
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// The character that an escape at the beginning of `text` means, and the escape's length.
fn escape(text: &[u8]) -> (char, usize) {
    let character = match text.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(mark @ (b'"' | b'\\' | b'/')) => char::from(*mark),
        Some(b'u') => return unicode_escape(text),
        _ => return ('\\', 1),
    };
    (character, 2)
}

fn unicode_escape(text: &[u8]) -> (char, usize) {
    let Some(first) = code_unit(text) else { return ('\\', 1) };
    let second = code_unit(&text[6..]).filter(|unit| (0xdc00..0xe000).contains(unit));
    match (first, second) {
        (0xd800..0xdc00, Some(second)) => {
            let code = 0x1_0000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
    }
}

/// The code unit of `\uXXXX`.
fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit: u16, digit| Some(unit << 4 | char::from(*digit).to_digit(16)? as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let mut strings = Strings::of(text.as_bytes());
        let mut found = Vec::new();
        while let Some(value) = strings.next_value() {
            found.push((strings.path(), String::from_utf8(unescaped(value).into_owned()).unwrap()));
        }
        found
    }

    fn pair(path: &str, value: &str) -> (String, String) {
        (path.to_owned(), value.to_owned())
    }

    #[test]
    fn walks_and_names() {
        let text = r#"{"a":"1","b":{"c":[true,"2",{"d":"3"}],"bob@example.test":"4"},"e":"5"}"#;
        let expected =
            [pair("$.a", "1"), pair("$.b.c[1]", "2"), pair("$.b.c[2].d", "3"), pair("$.b.*", "4"), pair("$.e", "5")];
        assert_eq!(values(text), expected);
        assert_eq!(values("\"alone\""), [pair("$", "alone")]);
    }

    #[test]
    fn reads_what_is_cut_off() {
        assert_eq!(values(r#"{"a":["one","tw"#), [pair("$.a[0]", "one"), pair("$.a[1]", "tw")]);
        assert_eq!(values(r#"{"a":"x\"#), [pair("$.a", "x\\")]);
        assert_eq!(values(r#"{"a":"x\u00"#), [pair("$.a", "x\\u00")]);
        assert!(values(r#"{"a"#).is_empty());
    }

    #[test]
    fn undoes_escapes() {
        assert_eq!(values(r#"["\"\\\/\n\u00e9\ud83d\ude00\ud83d!\q"]"#)[0].1, "\"\\/\né😀\u{fffd}!\\q");
    }

    #[test]
    fn long_paths_and_deep_nesting_end() {
        let deep = format!("{}\"x\"", "[".repeat(60));
        assert_eq!(values(&deep)[0].0, format!("${}…", "[0]".repeat(8)));
        assert!(values(&format!("{}\"x\"", "[".repeat(1_000))).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_a_real_parser(strings: Vec<String>) {
            let text = serde_json::to_string(&strings).unwrap();
            let found: Vec<_> = values(&text).into_iter().map(|(_, value)| value).collect();
            proptest::prop_assert_eq!(found, strings);
        }

        #[test]
        fn any_bytes_come_to_an_end(text in proptest::collection::vec(proptest::sample::select(br#"{}[],:"\u0d8a "#.to_vec()), 0..200)) {
            let mut strings = Strings::of(&text);
            while let Some(value) = strings.next_value() {
                unescaped(value);
                strings.path();
            }
        }
    }
}
