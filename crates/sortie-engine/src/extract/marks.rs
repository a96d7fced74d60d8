//! Which characters a text holds: one pass that spares most values every further step.

const COLON: u32 = 1;
const DOT: u32 = 1 << 1;
const SLASH: u32 = 1 << 2;
const PERCENT: u32 = 1 << 3;
const AMPERSAND: u32 = 1 << 4;
const EQUALS: u32 = 1 << 5;
const ANGLE: u32 = 1 << 6;
const BANG: u32 = 1 << 7;
/// Not of the base64 alphabets, old or URL-safe.
const NOT_BASE64: u32 = 1 << 8;
/// ASCII white space and controls.
const BLANK: u32 = 1 << 9;
const AT: u32 = 1 << 10;
/// What begins a query or fragment, and the brackets of IPv6.
const TAIL_OR_BRACKET: u32 = 1 << 11;
const LETTER: u32 = 1 << 12;
/// Not of a DNS name, nor of dotted IPv4.
const NOT_HOST: u32 = 1 << 13;
/// Not hexadecimal.
const NOT_HEX: u32 = 1 << 14;
/// Not of IPv6 without dots.
const NOT_V6: u32 = 1 << 15;
/// Other than letters, digits, blanks, and what stands between words.
const SIGN: u32 = 1 << 16;

const CLASSES: [u32; 256] = classes();

const fn classes() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let is_base64 = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
        let is_of_host = b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        table[byte] = if is_base64 { 0 } else { NOT_BASE64 };
        table[byte] |= if is_of_host { 0 } else { NOT_HOST };
        table[byte] |= if b.is_ascii_hexdigit() { 0 } else { NOT_HEX };
        table[byte] |= if b.is_ascii_hexdigit() || b == b':' { 0 } else { NOT_V6 };
        table[byte] |= if b.is_ascii_alphabetic() { LETTER } else { 0 };
        table[byte] |= match b {
            b':' => COLON,
            b'.' => DOT,
            b'/' | b'\\' => SLASH,
            b'%' => PERCENT,
            b'&' => AMPERSAND,
            b'=' => EQUALS,
            b'<' => ANGLE,
            b'!' => BANG,
            b'@' => AT,
            b'?' | b'#' | b'[' | b']' => TAIL_OR_BRACKET,
            0..=b' ' | 0x7f => BLANK,
            _ => 0,
        };
        let is_of_words =
            b.is_ascii_alphanumeric() || matches!(b, b' ' | b',' | b'-' | b'_' | b'\'' | b'(' | b')' | b';' | b'+');
        table[byte] |= if is_of_words { 0 } else { SIGN };
        byte += 1;
    }
    table
}

/// The marks of one text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    seen: u32,
    first: u8,
    last: u8,
    length: usize,
}

impl Marks {
    #[inline]
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let seen = bytes.iter().fold(0, |seen, &b| seen | CLASSES[b as usize]);
        let end = |byte: Option<&u8>| byte.copied().unwrap_or(0);
        Self { seen, first: end(bytes.first()), last: end(bytes.last()), length: bytes.len() }
    }

    fn has(self, mark: u32) -> bool {
        self.seen & mark != 0
    }

    pub(super) fn has_colon(self) -> bool {
        self.has(COLON)
    }

    pub(super) fn has_percent(self) -> bool {
        self.has(PERCENT)
    }

    pub(super) fn has_ampersand(self) -> bool {
        self.has(AMPERSAND)
    }

    pub(super) fn has_equals(self) -> bool {
        self.has(EQUALS)
    }

    pub(super) fn has_angle(self) -> bool {
        self.has(ANGLE)
    }

    /// Whether an image of Markdown may stand in it.
    pub(super) fn may_be_markdown(self) -> bool {
        self.has(BANG) && self.has(SLASH)
    }

    /// Whether a scheme with its slashes may stand in it.
    pub(super) fn may_hold_url(self) -> bool {
        self.has(COLON) && self.has(SLASH)
    }

    /// Whether it may be a host though its parameter's name says nothing.
    pub(super) fn may_be_host(self) -> bool {
        self.has_host_punctuation() || matches!(self.first | 0x20, b'l' | b'i') && (9..=14).contains(&self.length)
    }

    /// Whether it begins as a JSON object, array or string does.
    pub(super) fn begins_json(self) -> bool {
        matches!(self.first, b'{' | b'[' | b'"') && self.length > 2
    }

    /// Whether all of it is of a base64 alphabet.
    pub(super) fn is_base64(self) -> bool {
        !self.has(NOT_BASE64) && self.length >= 12
    }

    /// Whether nothing stands in it but words and what stands between them.
    #[inline]
    pub(super) fn is_of_words(self) -> bool {
        !self.has(SIGN)
    }

    /// Whether characters stand in it that no base64 alphabet has.
    #[inline]
    pub(super) fn has_other_than_base64(self) -> bool {
        self.has(NOT_BASE64)
    }

    /// Whether it begins and ends in something visible, and in ASCII: then trimming leaves it as it
    /// is.
    pub(super) fn is_trimmed(self) -> bool {
        self.first.is_ascii_graphic() && self.last.is_ascii_graphic()
    }

    /// Whether it begins as nothing but what follows userinfo does.
    pub(super) fn begins_suffix(self) -> bool {
        matches!(self.first, b'@' | b':')
    }

    pub(super) fn begins_slash(self) -> bool {
        matches!(self.first, b'/' | b'\\')
    }

    /// Whether something in it may be written in another notation than base64 and hexadecimal:
    /// escapes, entities, pairs, markup, JSON.
    pub(super) fn may_be_encoded(self) -> bool {
        self.has(PERCENT | AMPERSAND | EQUALS | ANGLE) || self.begins_json()
    }

    pub(super) fn has_dot(self) -> bool {
        self.has(DOT)
    }

    pub(super) fn has_slash(self) -> bool {
        self.has(SLASH)
    }

    pub(super) fn has_blank(self) -> bool {
        self.has(BLANK)
    }

    pub(super) fn has_at(self) -> bool {
        self.has(AT)
    }

    pub(super) fn has_letter(self) -> bool {
        self.has(LETTER)
    }

    /// Whether what hosts, ports and paths are told by stands in it.
    pub(super) fn has_host_punctuation(self) -> bool {
        self.has(COLON | DOT | SLASH)
    }

    pub(super) fn has_tail_or_bracket(self) -> bool {
        self.has(TAIL_OR_BRACKET)
    }

    /// Whether characters stand in it that neither names nor dotted addresses have.
    pub(super) fn has_other_than_host(self) -> bool {
        self.has(NOT_HOST)
    }

    /// Whether characters stand in it that IPv6 does not have.
    pub(super) fn has_other_than_v6(self) -> bool {
        self.has(NOT_V6)
    }

    pub(super) fn is_hex(self) -> bool {
        !self.has(NOT_HEX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_stands_there() {
        let marks = Marks::of("{a:b}");
        assert!(marks.has_colon() && marks.begins_json() && !marks.has_percent() && !marks.is_base64());
        assert!(Marks::of("aHR0cDovLzEw==").is_base64());
        assert!(!Marks::of("aHR0cDov LzEw").is_base64());
        assert!(
            Marks::of("Localhost").may_be_host()
                && Marks::of("ip6-loopback").may_be_host()
                && !Marks::of("word").may_be_host()
        );
        assert!(!Marks::of("").begins_json());
    }
}
