//! Decodings of a whole value. Each says `None` where the value is not written that way.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD_INDIFFERENT};
use percent_encoding::percent_decode_str;

/// Shortest base64 and hexadecimal text that is decoded: 12 characters hold `http://a.b`'s first 9.
const SHORTEST: usize = 12;
/// Characters that are decoded to see whether it is worth decoding the rest.
const PROBE: usize = 16;
/// Bytes at the beginning of decoded text that must be ASCII.
const BEGIN: usize = 5;

const STANDARD: GeneralPurpose = lenient(&alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = lenient(&alphabet::URL_SAFE);

const fn lenient(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    GeneralPurpose::new(alphabet, PAD_INDIFFERENT.with_decode_allow_trailing_bits(true))
}

/// Percent-decoded text, if there is an escape in it. What is no UTF-8 then is replaced.
pub(super) fn percent(text: &str) -> Option<String> {
    has_escape(text).then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// Whether a `%` and two hexadecimal digits stand in the text.
pub(super) fn has_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'%', bytes)
        .any(|at| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
}

/// Text of base64 or base64url, padded or not.
pub(super) fn base64(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=');
    if text.len() < SHORTEST || text.len() % 4 == 1 {
        return None;
    }
    let is_url_safe = text.bytes().any(|b| matches!(b, b'-' | b'_'));
    let engine = if is_url_safe { &URL_SAFE } else { &STANDARD };
    let mut probe = [0_u8; PROBE];
    let head = text.as_bytes().get(..PROBE.min(text.len() / 4 * 4))?;
    let length = engine.decode_slice(head, &mut probe).ok()?;
    // A destination begins with a scheme or a host, whatever letters follow; controls before it are
    // no part of it.
    let probe = &probe[..length];
    let probe = &probe[probe.iter().position(|b| !b.is_ascii_control()).unwrap_or(0)..];
    let (begin, rest) = probe.split_at(probe.len().min(BEGIN));
    if !is_printable(begin) || !rest.iter().all(|&b| b >= 0x80 || is_printable(&[b])) {
        return None;
    }
    String::from_utf8(engine.decode(text).ok()?).ok()
}

/// A digit of base64 or base64url, as base64 has it; `None` for what is none, which many decoders pass over.
pub(super) fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        _ => (byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).then_some(byte),
    }
}

/// Bytes of base64's digits, without padding; a last one that is too few to make a byte is left out.
pub(super) fn base64_of_digits(mut digits: Vec<u8>) -> Vec<u8> {
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    STANDARD.decode(digits).unwrap_or_default()
}

/// The same of a text in which other characters stand, which many decoders pass over.
pub(super) fn base64_with_others(text: &str) -> Option<String> {
    let is_of_base64 = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let bare: String = text.chars().filter(is_of_base64).collect();
    (bare.len() < text.len()).then(|| base64(&bare)).flatten()
}

/// The same as Python's decoder reads it: to the first padding, and without the letters of base64url.
pub(super) fn base64_to_padding(text: &str) -> Option<String> {
    let is_of_base64 = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let bare: String = text.split('=').next().unwrap_or_default().chars().filter(is_of_base64).collect();
    (bare.len() < text.trim_end_matches('=').len()).then(|| base64(&bare)).flatten()
}

/// Whether a text of base64's letters may be base64 or hexadecimal of text, by its first few bytes:
/// `false` of most tokens and words.
pub(super) fn may_be_base64_or_hex(text: &str, is_hex: bool) -> bool {
    let head = text.as_bytes().first_chunk::<4>().copied().unwrap_or_default();
    let quad = head.iter().fold(0, |quad, &digit| quad << 6 | sextet(digit));
    let [_, bytes @ ..] = quad.to_be_bytes();
    // Controls before the text are no part of it.
    let begin = bytes.iter().position(|b| !b.is_ascii_control()).unwrap_or(bytes.len());
    is_printable(&bytes[begin..]) || is_hex && matches!(head[0], b'0' | b'2'..=b'7')
}

/// The six bits of a base64 digit, of either alphabet.
const fn sextet(digit: u8) -> u32 {
    let bits = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    };
    bits as u32
}

/// Text in hexadecimal.
pub(super) fn hex(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 2 * SHORTEST || bytes.len() % 2 == 1 || !bytes.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
    let byte = |pair: &[u8]| digit(pair[0]) << 4 | digit(pair[1]);
    if !bytes.chunks_exact(2).take(PROBE).all(|pair| is_printable(&[byte(pair)])) {
        return None;
    }
    String::from_utf8(bytes.chunks_exact(2).map(byte).collect()).ok()
}

/// A random token of nine bytes passes this about once in ten thousand times.
fn is_printable(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| (0x20..0x7f).contains(&b) || matches!(b, b'\t' | b'\n' | b'\r'))
}

/// Named entities that can stand in a URL or in markup around one (HTML §13.5).
#[rustfmt::skip]
const ENTITIES: &[(&str, char)] = &[
    ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("colon", ':'), ("sol", '/'),
    ("bsol", '\\'), ("period", '.'), ("commat", '@'), ("num", '#'), ("quest", '?'), ("equals", '='),
    ("lowbar", '_'), ("percnt", '%'), ("lsqb", '['), ("rsqb", ']'), ("lbrack", '['), ("rbrack", ']'), ("Tab", '\t'),
    ("NewLine", '\n'), ("nbsp", '\u{a0}'),
];
/// Longest name or number of an entity.
const ENTITY_LENGTH: usize = 10;

/// Text without HTML or XML entities, if there is one in it. Unknown ones stay as they are.
pub(super) fn entities(text: &str) -> Option<String> {
    let mut decoded: Option<String> = None;
    let mut copied = 0;
    for at in memchr::memchr_iter(b'&', text.as_bytes()) {
        if at < copied {
            continue;
        }
        let Some((c, length)) = entity(&text[at + 1..]) else { continue };
        let decoded = decoded.get_or_insert_with(|| String::with_capacity(text.len()));
        decoded.push_str(&text[copied..at]);
        decoded.push(c);
        copied = at + 1 + length;
    }
    let mut decoded = decoded?;
    decoded.push_str(&text[copied..]);
    Some(decoded)
}

/// The character of an entity whose `&` stands before `text`, and its length with the semicolon.
/// HTML lets numbers end without one.
fn entity(text: &str) -> Option<(char, usize)> {
    if let Some(number) = text.strip_prefix('#') {
        let (digits, radix, skip) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16, 2),
            None => (number, 10, 1),
        };
        let length = digits.bytes().take(ENTITY_LENGTH).take_while(|&b| (b as char).is_digit(radix)).count();
        let c = char::from_u32(u32::from_str_radix(&digits[..length], radix).ok()?)?;
        let semicolon = usize::from(digits[length..].starts_with(';'));
        return Some((c, skip + length + semicolon));
    }
    // Most ampersands begin none.
    text.as_bytes().first().filter(|b| b.is_ascii_alphabetic())?;
    let end = text.bytes().take(ENTITY_LENGTH).position(|b| b == b';')?;
    let (_, c) = ENTITIES.iter().find(|(name, _)| *name == &text[..end])?;
    Some((*c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_needs_an_escape() {
        assert_eq!(percent("http%3A%2F%2Fh%2f"), Some("http://h/".into()));
        assert_eq!(percent("%252F"), Some("%2F".into()));
        for text in ["", "100%", "%zz", "a%2"] {
            assert_eq!(percent(text), None, "{text}");
        }
        assert_eq!(percent("%ff"), Some("\u{fffd}".into()));
    }

    #[test]
    fn base64_of_text_only() {
        assert_eq!(base64("aHR0cDovLzEwLjIwLjAuNS94"), Some("http://10.20.0.5/x".into()));
        assert_eq!(base64("aHR0cDovL2EuYi8/Pz8-"), None);
        assert_eq!(base64("aHR0cDovL2EuYi8_Pz8-"), Some("http://a.b/???>".into()));
        assert_eq!(base64("aHR0cDovL--8ke-8ku-8ly8"), Some("http://１２７/".into()));
        assert_eq!(base64("AWh0dHA6Ly8xMC4yMC4wLjUv").as_deref(), Some("\u{1}http://10.20.0.5/"));
        assert_eq!(base64("aHR0cDovL2EuYi8="), Some("http://a.b/".into()));
        assert_eq!(base64("aHR0cDovL2EuYi8"), Some("http://a.b/".into()));
        for text in
            ["", "aHR0cDov", "notification_type", "8f14e45fceea167a5a36dedd4bea2543", "eyJ!", "AAAAAAAAAAAAAAAA"]
        {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn hex_of_text_only() {
        assert_eq!(hex("687474703a2f2f31302e302e302e352f"), Some("http://10.0.0.5/".into()));
        assert_eq!(hex("8f14e45fceea167a5a36dedd4bea2543"), None);
        assert_eq!(hex("687474703a2f2f31302e302e302e35f"), None);
    }

    #[test]
    fn entities_named_and_numbered() {
        assert_eq!(entities("http&colon;&#47;&#x2f;h&#47x"), Some("http://h/x".into()));
        assert_eq!(entities("a&amp;amp;b"), Some("a&amp;b".into()));
        for text in ["", "a&b", "&unknown;", "&#;", "&#xffffffff;", "R&D; &"] {
            assert_eq!(entities(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = (percent(&text), base64(&text), hex(&text), entities(&text));
        }

        #[test]
        fn base64_is_read_back(text in "http://[a-z.]{2,30}/[a-z?>~]{0,20}") {
            proptest::prop_assert_eq!(base64(&STANDARD.encode(&text)), Some(text.clone()));
            proptest::prop_assert_eq!(base64(&URL_SAFE.encode(&text)), Some(text));
        }
    }
}
