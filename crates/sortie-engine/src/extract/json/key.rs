//! Keys of objects: kept as they stand in the text, and read only where something is searched below them.

use std::borrow::Cow;

use super::source::Source;

/// A key of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'t> {
    /// What stands between its quotes.
    raw: &'t str,
    /// Whether neither escapes nor colons stand in it.
    pub(super) is_simple: bool,
}

impl<'t> Key<'t> {
    /// Before an object's first key is read.
    pub(super) const NONE: Self = Self { raw: "", is_simple: true };

    /// A key that the reader took.
    #[inline]
    pub(super) fn new(raw: &'t str, is_simple: bool) -> Self {
        Self { raw, is_simple }
    }

    /// The byte that it begins with, as it is written.
    #[inline]
    pub(super) fn first(self) -> Option<u8> {
        self.raw.as_bytes().first().copied()
    }

    /// What it says, without escapes.
    #[inline]
    pub(super) fn text(self) -> Cow<'t, str> {
        if self.is_simple { Cow::Borrowed(self.raw) } else { Source::reread(self.raw) }
    }

    /// The same, where it is written as it is said.
    #[inline]
    pub(super) fn plain(self) -> Option<&'t str> {
        self.is_simple.then_some(self.raw)
    }

    /// The beginning of what it says, at most `limit` bytes.
    #[inline]
    pub(super) fn beginning(self, limit: usize) -> Cow<'t, str> {
        if self.raw.len() <= limit {
            return self.text();
        }
        // No escape makes less than a sixth of its bytes, and one of them may be cut.
        let enough = if self.is_simple { limit } else { (limit + 2) * "\\u0000".len() };
        let mut text = Self { raw: &self.raw[..self.raw.floor_char_boundary(enough)], ..self }.text();
        match &mut text {
            Cow::Borrowed(text) => *text = &text[..text.floor_char_boundary(limit)],
            Cow::Owned(text) => text.truncate(text.floor_char_boundary(limit)),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn keys_are_read_as_strings_are(raw in "([a-z:é]|\\\\[n\"]|\\\\u00e9|\\\\u0061|\\\\ud83d\\\\ude00|\\\\udead){0,24}", limit in 0_usize..30) {
            let quoted = format!("\"{raw}\":");
            let mut as_key = Source::new(&quoted);
            as_key.take();
            let key = as_key.key().unwrap();
            let mut as_string = Source::new(&quoted);
            as_string.take();
            let text = as_string.string().unwrap().map_or(as_string.unescaped, str::to_owned);
            proptest::prop_assert_eq!(key.text(), &*text);
            proptest::prop_assert_eq!(key.beginning(limit), &text[..text.floor_char_boundary(limit)]);
            proptest::prop_assert_eq!(as_key.token(), b':');
            proptest::prop_assert!(!key.is_simple || !text.contains(':'));
        }
    }
}
