//! Objects and arrays taken apart one level deep, where they stand.

use std::borrow::Cow;

use super::key::Key;
use super::source::Source;

/// The values that stand right in an object or array, each as it is written: see [`values`].
pub(in super::super) struct Values<'t> {
    source: Source<'t>,
    is_object: bool,
    is_over: bool,
}

/// The values that stand right in an object, with their names, or in an array, without. In other texts there
/// are none. Where the text is broken or cut off, the last one is what there is of it.
pub(in super::super) fn values(text: &str) -> Values<'_> {
    let mut source = Source::new(text);
    let first = source.token();
    source.take();
    Values { source, is_object: first == b'{', is_over: !matches!(first, b'{' | b'[') }
}

impl<'t> Iterator for Values<'t> {
    type Item = (Cow<'t, str>, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        let key = if self.is_object { self.key()?.text() } else { Cow::Borrowed("") };
        let (value, read) = self.source.value();
        self.is_over = read.is_err() || self.source.token() != b',';
        self.source.take();
        (!value.is_empty()).then_some((key, value))
    }
}

impl<'t> Values<'t> {
    /// Takes a key and its colon.
    fn key(&mut self) -> Option<Key<'t>> {
        if self.source.token() != b'"' {
            return None;
        }
        self.source.take();
        let key = self.source.key().ok()?;
        self.source.colon().ok()?;
        Some(key)
    }
}

/// What a value says, where it is a string.
pub(in super::super) fn string(value: &str) -> Option<Cow<'_, str>> {
    value.strip_prefix('"')?.strip_suffix('"').map(Source::reread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn has(text: &str, expected: &[(&str, &str)]) {
        let found: Vec<_> = values(text).collect();
        let found: Vec<_> = found.iter().map(|(key, value)| (&**key, *value)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn one_level_is_taken_apart() {
        has(r#" {"a" : 1, "\u0062":{"c":[2]}} "#, &[("a", "1"), ("b", r#"{"c":[2]}"#)]);
        has(r#"["x",/*y*/[1,2],{}]"#, &[("", "\"x\""), ("", "[1,2]"), ("", "{}")]);
        for text in ["", "1", "\"a\"", "{}", "[]", "{", "{a:1}"] {
            has(text, &[]);
        }
    }

    #[test]
    fn what_is_cut_off_counts() {
        has(r#"{"a":1,"b":{"c":"x"#, &[("a", "1"), ("b", r#"{"c":"x"#)]);
        has("[1,nul?,2]", &[("", "1"), ("", "nul")]);
    }

    #[test]
    fn strings_are_read() {
        assert_eq!(string(r#""a\u0062\n""#).as_deref(), Some("ab\n"));
        assert_eq!(string("1"), None);
        assert_eq!(string("\""), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([\\[\\]{}:,\"\\\\0-9a-z ]|\"a\":|é|\n){0,40}") {
            for (_, value) in values(&text) {
                let _ = string(value);
            }
        }
    }
}
