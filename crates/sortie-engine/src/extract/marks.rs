//! Which characters a text holds: one pass that spares most values every further step.

const COLON: u16 = 1;
const DOT: u16 = 1 << 1;
const SLASH: u16 = 1 << 2;
const PERCENT: u16 = 1 << 3;
const AMPERSAND: u16 = 1 << 4;
const EQUALS: u16 = 1 << 5;
const ANGLE: u16 = 1 << 6;
const WIDE: u16 = 1 << 7;
const BANG: u16 = 1 << 9;
/// Not of the base64 alphabets, old or URL-safe.
const NOT_BASE64: u16 = 1 << 8;

const CLASSES: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let is_base64 = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
        table[byte] = if is_base64 { 0 } else { NOT_BASE64 };
        table[byte] |= match b {
            b':' => COLON,
            b'.' => DOT,
            b'/' | b'\\' => SLASH,
            b'%' => PERCENT,
            b'&' => AMPERSAND,
            b'=' => EQUALS,
            b'<' => ANGLE,
            b'!' => BANG,
            0x80.. => WIDE,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// The marks of one text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    seen: u16,
    first: u8,
    length: usize,
}

impl Marks {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let seen = bytes.iter().fold(0, |seen, &b| seen | CLASSES[b as usize]);
        Self { seen, first: bytes.first().copied().unwrap_or(0), length: bytes.len() }
    }

    fn has(self, mark: u16) -> bool {
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

    /// Whether it may be a host though its parameter's name says nothing.
    pub(super) fn may_be_host(self) -> bool {
        self.has(COLON | DOT | SLASH) || matches!(self.first | 0x20, b'l' | b'i') && (9..=14).contains(&self.length)
    }

    /// Whether it begins as a JSON object, array or string does.
    pub(super) fn begins_json(self) -> bool {
        matches!(self.first, b'{' | b'[' | b'"') && self.length > 2
    }

    /// Whether all of it is of a base64 alphabet.
    pub(super) fn is_base64(self) -> bool {
        !self.has(NOT_BASE64) && self.length >= 12
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;

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
