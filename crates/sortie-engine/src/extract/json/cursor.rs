//! How far a text was read. It takes those tokens that say all by themselves; the others are
//! [`Source`](super::source::Source)'s. It is a value, so that who reads many of them keeps it in registers, and
//! puts back what he does not want by forgetting it.

use super::super::scan;

/// What stands before each text of a sequence (RFC 7464).
const RECORD: u8 = 0x1e;
/// Stands for a byte where there is none. No token begins with it.
pub(super) const NO_TOKEN: u8 = 0;

/// A text and how far it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// A number as it is mostly written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// Without a sign, of so many digits.
    Whole(usize),
    Other,
}

impl<'t> Cursor<'t> {
    /// At the beginning of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn bytes(self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// The byte at hand, if the text is not over.
    #[inline]
    fn byte(self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    /// The byte that the next token begins with; it is not taken. [`NO_TOKEN`] where the text is over.
    #[inline]
    pub(super) fn token(&mut self) -> u8 {
        match self.byte() {
            Some(byte) if byte > b' ' && byte != b'/' => byte,
            _ => {
                self.at = distant_token(self.bytes(), self.at);
                self.byte().unwrap_or(NO_TOKEN)
            }
        }
    }

    /// Takes the byte that [`Cursor::token`] gave.
    #[inline]
    pub(super) fn take(&mut self) {
        self.at += 1;
    }

    /// Takes a sign, if the next token is it.
    #[inline]
    pub(super) fn take_sign(&mut self, sign: u8) -> bool {
        let is_here = self.byte() == Some(sign) || self.token() == sign;
        self.at += usize::from(is_here);
        is_here
    }

    /// Takes a key whose opening quote was taken, if neither escapes nor colons stand in it. Gives what stands
    /// between the quotes.
    #[inline]
    pub(super) fn take_key(&mut self) -> Option<&'t str> {
        self.take_up_to([b'"', b':', b'\\'])
    }

    /// Takes a string whose opening quote was taken, if no escape stands in it. Gives what stands between the quotes.
    #[inline]
    pub(super) fn take_string(&mut self) -> Option<&'t str> {
        self.take_up_to([b'"', b'\\'])
    }

    /// Takes what stands before the first of these bytes, and that byte too, if it is a quote.
    #[inline]
    fn take_up_to<const N: usize>(&mut self, ends: [u8; N]) -> Option<&'t str> {
        let start = self.at;
        let rest = self.bytes().get(start..)?;
        let length = scan::find(rest, ends);
        if rest.get(length) != Some(&b'"') {
            return None;
        }
        self.at = start + length + 1;
        self.text.get(start..start + length)
    }

    /// Takes a number without an exponent, of which the text goes on.
    #[inline]
    pub(super) fn take_number(&mut self) -> Option<Number> {
        let is_negative = self.byte()? == b'-';
        self.at += usize::from(is_negative);
        let first = self.byte()?;
        let digits = self.digits();
        if digits == 0 || digits > 1 && first == b'0' {
            return None;
        }
        self.at += digits;
        let is_whole = self.byte()? != b'.';
        if !is_whole {
            self.at += 1;
            let digits = self.digits();
            if digits == 0 {
                return None;
            }
            self.at += digits;
        }
        if matches!(self.byte()?, b'e' | b'E') {
            return None;
        }
        Some(if is_whole && !is_negative { Number::Whole(digits) } else { Number::Other })
    }

    /// How many digits stand here.
    #[inline]
    fn digits(self) -> usize {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
    }

    /// Takes a word, if it stands here.
    #[inline]
    pub(super) fn take_word(&mut self, word: &[u8]) -> bool {
        let is_here = self.bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += word.len();
        is_here
    }
}

/// Where the next token begins, behind white space and comments; or the end.
fn distant_token(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\n' | b'\r' | b'\t' | &RECORD) => at += 1,
            Some(b'/') => match comment(&bytes[at + 1..]) {
                Some(length) => at += 1 + length,
                None => return at,
            },
            _ => return at,
        }
    }
}

/// How long a comment is whose first slash was taken, if it is one; one that is not closed takes all.
#[cold]
fn comment(rest: &[u8]) -> Option<usize> {
    let end = match rest.first() {
        Some(b'/') => memchr::memchr(b'\n', rest),
        Some(b'*') => memchr::memmem::find(&rest[1..], b"*/").map(|end| end + 3),
        _ => return None,
    };
    Some(end.unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::*;

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2048))]

        #[test]
        fn numbers_are_taken_as_the_source_takes_them(text in "-?[0-9]{0,4}[.]?[0-9eE+-]{0,3}[,\\]x ]?") {
            let mut cursor = Cursor::new(&text);
            if let Some(number) = cursor.take_number() {
                let mut source = Source::new(&text);
                let first = source.token();
                let digits = source.number(first).unwrap();
                let expected = digits.map_or(Number::Other, |digits| Number::Whole(digits.len()));
                proptest::prop_assert_eq!((number, cursor.at), (expected, source.cursor.at));
            }
        }
    }
}
