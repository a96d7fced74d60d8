//! JSON's tokens (RFC 8259), read where they stand: nothing is copied but strings with escapes.
//!
//! Not `serde_json`, which reads half of what is here to no end (floating-point numbers, keys and
//! texts that can hold nothing) and cannot say of a string what stands in it. It accepts the same
//! texts and stops at the same bytes: a property test holds the two against each other. It reads on
//! where tolerant parsers do: behind comments, `NaN` and `Infinity`, control characters and single
//! surrogates in strings, and the separators of RFC 7464.

use std::borrow::Cow;

use super::super::scan;
use super::cursor::Cursor;
use super::key::Key;

/// Why reading stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text is over, perhaps within a value.
    End,
    /// No more is to be found.
    Enough,
    /// It is no JSON from this byte on.
    Broken(usize),
}

/// A text and how far it was read.
pub(super) struct Source<'t> {
    pub(super) cursor: Cursor<'t>,
    /// The last string with escapes, without them.
    pub(super) unescaped: String,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { cursor: Cursor::new(text), unescaped: String::new() }
    }

    /// A string that was read before, by what stands between its quotes or by the beginning of that.
    pub(super) fn reread(raw: &'t str) -> Cow<'t, str> {
        let Some(escape) = raw.find('\\') else { return Cow::Borrowed(raw) };
        let mut source = Self::new(raw);
        source.cursor.at = escape + 1;
        // It stops at the end of the text, which has no closing quote.
        let _ = source.unescape(0);
        Cow::Owned(source.unescaped)
    }

    /// The byte that the next token begins with; it is not taken. [`NO_TOKEN`](super::cursor::NO_TOKEN), which begins
    /// none, where the text is over: who expects another byte gives [`Source::unexpected`], and that tells why.
    #[inline]
    pub(super) fn token(&mut self) -> u8 {
        self.cursor.token()
    }

    /// Takes the byte that [`Source::token`] gave.
    #[inline]
    pub(super) fn take(&mut self) {
        self.cursor.take();
    }

    /// Why to stop where [`Source::token`] gave no byte that may stand there.
    #[cold]
    pub(super) fn unexpected(&self) -> Stop {
        if self.cursor.at < self.cursor.bytes().len() { self.broken_before(self.cursor.at + 1) } else { Stop::End }
    }

    /// The last byte that was taken is none that may stand there.
    #[cold]
    fn refused(&self) -> Stop {
        self.broken_before(self.cursor.at)
    }

    /// A line break is never shown as the culprit, but what follows it.
    fn broken_before(&self, end: usize) -> Stop {
        let culprit = end.saturating_sub(1);
        let at = if self.cursor.bytes().get(culprit) == Some(&b'\n') { end } else { culprit };
        Stop::Broken(self.cursor.text.floor_char_boundary(at))
    }

    fn next(&mut self) -> Result<u8, Stop> {
        let byte = *self.cursor.bytes().get(self.cursor.at).ok_or(Stop::End)?;
        self.cursor.at += 1;
        Ok(byte)
    }

    /// Takes a string whose opening quote was taken. `Some` is what stands between the quotes, if there is
    /// no escape in it; else it is in [`Source::unescaped`].
    #[inline]
    pub(super) fn string(&mut self) -> Result<Option<&'t str>, Stop> {
        let start = self.cursor.at;
        self.skip_plain();
        match self.next()? {
            b'"' => Ok(Some(&self.cursor.text[start..self.cursor.at - 1])),
            _ => self.unescape(start).map(|()| None),
        }
    }

    /// Takes a key whose opening quote was taken.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Key<'t>, Stop> {
        match self.cursor.take_key() {
            Some(raw) => Ok(Key::new(raw, true)),
            None => self.odd_key(),
        }
    }

    /// Takes a key with an escape or colon in it.
    #[cold]
    fn odd_key(&mut self) -> Result<Key<'t>, Stop> {
        let start = self.cursor.at;
        self.skip_string()?;
        Ok(Key::new(&self.cursor.text[start..self.cursor.at - 1], false))
    }

    /// Takes the rest of a string.
    fn skip_string(&mut self) -> Result<(), Stop> {
        loop {
            self.skip_plain();
            if self.next()? == b'"' {
                return Ok(());
            }
            self.escape()?;
        }
    }

    /// Goes on to what ends a string or begins an escape in it.
    #[inline]
    fn skip_plain(&mut self) {
        self.cursor.at += scan::find(&self.cursor.bytes()[self.cursor.at..], [b'"', b'\\']);
    }

    /// Takes the rest of a string that began at `start` and whose first backslash was taken.
    fn unescape(&mut self, start: usize) -> Result<(), Stop> {
        self.unescaped.clear();
        self.unescaped.push_str(&self.cursor.text[start..self.cursor.at - 1]);
        loop {
            let c = self.escape()?;
            self.unescaped.push(c);
            let start = self.cursor.at;
            self.skip_plain();
            self.unescaped.push_str(&self.cursor.text[start..self.cursor.at]);
            if self.next()? == b'"' {
                return Ok(());
            }
        }
    }

    /// Takes what follows a backslash.
    fn escape(&mut self) -> Result<char, Stop> {
        Ok(match self.next()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            mark @ (b'"' | b'\\' | b'/') => char::from(mark),
            b'u' => return self.unicode_escape(),
            _ => return Err(self.refused()),
        })
    }

    /// Takes what follows `\u`: a character, perhaps as two surrogates.
    fn unicode_escape(&mut self) -> Result<char, Stop> {
        let first = self.code_unit()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let second = self.cursor.at;
        if first < 0xdc00 && self.cursor.bytes()[second..].starts_with(b"\\u") {
            self.cursor.at += 2;
            let low = self.code_unit()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.cursor.at = second;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn code_unit(&mut self) -> Result<u32, Stop> {
        let digits = self.cursor.bytes().get(self.cursor.at..self.cursor.at + 4).ok_or(Stop::End)?;
        self.cursor.at += 4;
        let unit = digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?));
        unit.ok_or_else(|| self.refused())
    }

    /// Takes a number that begins with `first`. `Some` is its digits, where it is a whole number
    /// without a sign.
    pub(super) fn number(&mut self, first: u8) -> Result<Option<&'t str>, Stop> {
        let start = self.cursor.at;
        self.cursor.at += usize::from(first == b'-');
        match self.next()? {
            b'I' if first == b'-' => return self.word(b"nfinity").map(|()| None),
            b'0' if self.cursor.bytes().get(self.cursor.at).is_some_and(u8::is_ascii_digit) => {
                return Err(self.unexpected());
            }
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.refused()),
        }
        let whole = self.cursor.at;
        if self.cursor.bytes().get(self.cursor.at) == Some(&b'.') {
            self.cursor.at += 1;
            match self.cursor.bytes().get(self.cursor.at) {
                Some(b'0'..=b'9') => self.digits(),
                Some(_) => return Err(self.unexpected()),
                None => return Err(Stop::End),
            }
        }
        if let Some(b'e' | b'E') = self.cursor.bytes().get(self.cursor.at) {
            self.cursor.at += 1;
            self.cursor.at += usize::from(matches!(self.cursor.bytes().get(self.cursor.at), Some(b'+' | b'-')));
            match self.next()? {
                b'0'..=b'9' => self.digits(),
                _ => return Err(self.refused()),
            }
        }
        Ok((whole == self.cursor.at && first != b'-').then(|| &self.cursor.text[start..whole]))
    }

    #[inline]
    fn digits(&mut self) {
        let rest = &self.cursor.bytes()[self.cursor.at..];
        self.cursor.at += rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    }

    /// Takes `true`, `false`, `null`, `NaN` or `Infinity`, by its first byte.
    pub(super) fn literal(&mut self, first: u8) -> Result<(), Stop> {
        let rest: &[u8] = match first {
            b't' => b"rue",
            b'f' => b"alse",
            b'n' => b"ull",
            b'N' => b"aN",
            b'I' => b"nfinity",
            _ => return Err(self.unexpected()),
        };
        self.cursor.at += 1;
        self.word(rest)
    }

    fn word(&mut self, rest: &[u8]) -> Result<(), Stop> {
        if self.cursor.bytes()[self.cursor.at..].starts_with(rest) {
            self.cursor.at += rest.len();
            return Ok(());
        }
        for &expected in rest {
            if self.next()? != expected {
                return Err(self.refused());
            }
        }
        Ok(())
    }

    /// Takes the colon behind a key.
    #[inline]
    pub(super) fn colon(&mut self) -> Result<(), Stop> {
        if self.token() != b':' {
            return Err(self.unexpected());
        }
        self.cursor.at += 1;
        Ok(())
    }

    /// Takes the rest of an array or object whose `[` or `{` was taken, without looking at what is
    /// in it.
    pub(super) fn skip(&mut self, bracket: u8) -> Result<(), Stop> {
        let mut open = vec![bracket];
        let mut is_empty = true;
        while let Some(&bracket) = open.last() {
            let is_object = bracket == b'{';
            let mut byte = self.token();
            if byte == if is_object { b'}' } else { b']' } {
                self.take();
                open.pop();
                is_empty = false;
                continue;
            }
            if !is_empty {
                if byte != b',' {
                    return Err(self.unexpected());
                }
                self.take();
                byte = self.token();
            }
            if is_object {
                if byte != b'"' {
                    return Err(self.unexpected());
                }
                self.take();
                self.skip_string()?;
                self.colon()?;
                byte = self.token();
            }
            is_empty = self.skip_scalar(byte)?;
            if is_empty {
                open.push(byte);
            }
        }
        Ok(())
    }

    /// Takes a value without looking at what is in it. Gives it as it is written; where it ends before its end,
    /// what there is of it.
    pub(super) fn value(&mut self) -> (&'t str, Result<(), Stop>) {
        let first = self.token();
        let start = self.cursor.at;
        let read = match self.skip_scalar(first) {
            Ok(true) => self.skip(first),
            Ok(false) => Ok(()),
            Err(stop) => Err(stop),
        };
        let end = match read {
            Err(Stop::Broken(at)) => at.max(start),
            _ => self.cursor.at.min(self.cursor.bytes().len()),
        };
        (&self.cursor.text[start..self.cursor.text.floor_char_boundary(end)], read)
    }

    /// Takes a value that begins with `byte`; of an array or object its bracket, and says so.
    fn skip_scalar(&mut self, byte: u8) -> Result<bool, Stop> {
        match byte {
            b'{' | b'[' => {
                self.take();
                return Ok(true);
            }
            b'"' => {
                self.take();
                self.skip_string()?;
            }
            b'-' | b'0'..=b'9' => {
                self.number(byte)?;
            }
            _ => self.literal(byte)?,
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::super::cursor::NO_TOKEN;
    use super::*;

    /// How our reader and serde's end, reading documents until they stop; with the byte at which
    /// that one says that the text is broken.
    fn ends(text: &str) -> (Stop, Stop) {
        let mut source = Source::new(text);
        let ours = loop {
            if let (_, Err(stop)) = source.value() {
                break stop;
            }
        };
        let mut theirs = serde_json::Deserializer::from_str(text);
        let error = loop {
            if let Err(error) = Value::deserialize(&mut theirs) {
                break error;
            }
        };
        // That a number is too large for a float is no matter of syntax.
        if error.to_string().starts_with("number out of range") {
            return (ours, ours);
        }
        if error.is_eof() {
            return (ours, Stop::End);
        }
        let line = text.split_inclusive('\n').take(error.line() - 1).map(str::len).sum::<usize>();
        let at = line + error.column().saturating_sub(1);
        (ours, Stop::Broken(text.floor_char_boundary(at)))
    }

    /// Whether we stop behind the byte at which they do.
    fn is_later(ours: Stop, theirs: Stop) -> bool {
        match (ours, theirs) {
            (Stop::End, Stop::Broken(_)) => true,
            (Stop::Broken(ours), Stop::Broken(theirs)) => ours > theirs,
            _ => false,
        }
    }

    fn string(text: &str) -> Result<String, Stop> {
        let mut source = Source::new(text);
        source.take();
        let read = source.string()?;
        Ok(read.map_or(source.unescaped, str::to_owned))
    }

    #[test]
    fn what_is_broken_is_told() {
        for (text, at) in [("{\"a\":1,\n \"b\":nAN}", 14), ("[1,]", 3), ("[01]", 2), ("{a:1}", 1), ("[/1]", 1)] {
            assert_eq!(ends(text).0, Stop::Broken(at), "{text}");
        }
        for text in
            ["", "[", "{\"a", "[1", "tru", "\"\\u00", "1.", "-", "[/*1]", "[NaN,-Infinity,/*x*/\"\u{1}\"] //\n\u{1e}{}"]
        {
            assert_eq!(ends(text).0, Stop::End, "{text}");
        }
    }

    #[test]
    fn values_are_given_as_they_are_written() {
        for (text, first, rest) in [
            ("{\"a\":[1]} 2", "{\"a\":[1]}", b'2'),
            (" \"a\\\"b\",", "\"a\\\"b\"", b','),
            ("[1,{\"a", "[1,{\"a", NO_TOKEN),
            ("tru", "tru", NO_TOKEN),
            ("", "", NO_TOKEN),
        ] {
            let mut source = Source::new(text);
            assert_eq!((source.value().0, source.token()), (first, rest), "{text}");
        }
        assert_eq!(Source::new("[1,é]").value(), ("[1,", Err(Stop::Broken(3))));
    }

    #[test]
    fn single_surrogates_and_controls_are_read() {
        for (text, expected) in [
            (r#""\ud83d\ude00\u00e9""#, "😀é"),
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\ude00a""#, "\u{fffd}a"),
            (r#""\ud83d\u00e9""#, "\u{fffd}é"),
            ("\"a\tb\\n\u{1}\"", "a\tb\n\u{1}"),
        ] {
            assert_eq!(string(text), Ok(expected.to_owned()), "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2048))]

        #[test]
        fn agrees_with_serde(text in "([\\[\\]{}:,\"\\\\0-9.eE+a-z -]|\"a\":|\"b\"|1,|true|null|\\\\u00e9|\\\\n|é|\n){0,40}") {
            let (ours, theirs) = ends(&text);
            proptest::prop_assume!(!text.contains("\\ud"));
            let is_control_in_string = text.contains('\n');
            proptest::prop_assert!(ours == theirs || is_control_in_string && is_later(ours, theirs), "{ours:?} {theirs:?} {text:?}");
        }

        #[test]
        fn reads_no_less_than_serde(text in "([\\[\\]{}:,\"\\\\0-9/*NI-]|\"a\":|NaN|-?Infinity|//|/\\*|\\*/|\\\\ud83d|\\\\ude00|\n|\u{1}|\u{1e}){0,40}") {
            let (ours, theirs) = ends(&text);
            proptest::prop_assert!(ours == theirs || is_later(ours, theirs), "{ours:?} {theirs:?} {text:?}");
        }

        #[test]
        fn strings_are_read_back(text in ".{0,20}") {
            let written = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(string(&written), Ok(text));
        }
    }
}
