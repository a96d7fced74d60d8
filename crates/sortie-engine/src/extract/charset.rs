//! Bytes as text: in which encoding, and whether every program reads it so.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::utf7;

/// Text, as most programs read it.
#[derive(Debug, PartialEq)]
pub(super) struct Text<'b> {
    pub(super) text: Cow<'b, str>,
    /// Whether there is no other reading: no encoding that is not read here, no zero characters.
    pub(super) is_sure: bool,
}

/// UTF-16 or UTF-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    /// Bytes of a unit.
    width: usize,
    is_big: bool,
}

/// UTF-16 and UTF-32 by their byte order marks or by the zeros that stand beside an ASCII character, as
/// JSON parsers find them (RFC 4627 §3) whatever is declared.
pub(super) fn wide(bytes: &[u8]) -> Option<Wide> {
    let (width, is_big) = match *bytes {
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=0x7f, ..] => (4, true),
        [0xff, 0xfe, 0, 0, ..] | [1..=0x7f, 0, 0, 0, ..] => (4, false),
        [0xfe, 0xff, ..] | [0, 1..=0x7f, 0, _, ..] => (2, true),
        [0xff, 0xfe, ..] | [1..=0x7f, 0, _, 0, ..] => (2, false),
        _ => return None,
    };
    Some(Wide { width, is_big })
}

/// Reads `bytes` that are declared to be of the encoding `label`. What does not decode is replaced.
pub(super) fn decode<'b>(bytes: &'b [u8], label: Option<&str>) -> Text<'b> {
    if let Some(wide) = wide(bytes) {
        let text = units(bytes, wide);
        let is_sure = !text.contains('\0');
        return Text { text: Cow::Owned(text), is_sure };
    }
    let bytes = &bytes[..bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)];
    let has_zeros = memchr::memchr(0, bytes).is_some();
    if label.is_some_and(utf7::is_label) || utf7::is_marked(bytes) {
        // A program that does not know it reads its sequences as they stand.
        let is_sure = !has_zeros && memchr::memchr(b'+', bytes).is_none();
        return Text { text: Cow::Owned(utf7::decode(bytes)), is_sure };
    }
    match label.map(|label| Encoding::for_label(label.as_bytes())) {
        None => Text { text: utf8(bytes), is_sure: !has_zeros },
        // In others an ASCII character may be written by other bytes, as in EBCDIC.
        Some(Some(encoding)) if encoding.is_ascii_compatible() => {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            Text { text, is_sure: !has_zeros }
        }
        Some(_) => Text { text: utf8(bytes), is_sure: false },
    }
}

/// Whether a label names an encoding in which ASCII characters are what they are in ASCII.
pub(super) fn is_plain(label: &str) -> bool {
    Encoding::for_label(label.as_bytes()).is_some_and(Encoding::is_ascii_compatible)
}

/// Much faster than to replace what is to be replaced, and most often nothing is.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn units(bytes: &[u8], Wide { width, is_big }: Wide) -> String {
    let number = |unit: &[u8]| {
        let add = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        if is_big { unit.iter().fold(0, add) } else { unit.iter().rev().fold(0, add) }
    };
    let numbers = bytes.chunks_exact(width).map(number);
    let text: String = if width == 2 {
        let units = numbers.map(|number| number as u16);
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        numbers.map(|number| char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    text.trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_encodings_are_found_by_their_zeros() {
        let text = " {\"url\":\"http://é.example/\"}";
        let encode = |width: usize, is_big: bool| -> Vec<u8> {
            let of = |number: u32| {
                let bytes = number.to_be_bytes();
                let mut bytes = bytes[4 - width..].to_vec();
                if !is_big {
                    bytes.reverse();
                }
                bytes
            };
            text.chars().flat_map(|c| of(u32::from(c))).collect()
        };
        for (width, is_big) in [(2, true), (2, false), (4, true), (4, false)] {
            let mark: &[u8] = match (width, is_big) {
                (2, true) => &[0xfe, 0xff],
                (2, false) => &[0xff, 0xfe],
                (_, true) => &[0, 0, 0xfe, 0xff],
                (_, false) => &[0xff, 0xfe, 0, 0],
            };
            let bytes = encode(width, is_big);
            assert_eq!(decode(&bytes, Some("utf-8")), Text { text: text.into(), is_sure: true }, "{width} {is_big}");
            let marked = [mark, &bytes].concat();
            assert_eq!(decode(&marked, None).text.trim_start_matches('\u{feff}'), text);
        }
    }

    #[test]
    fn says_where_other_programs_may_read_something_else() {
        let is_sure = |bytes: &[u8], label| decode(bytes, label).is_sure;
        for label in [None, Some("utf-8"), Some("UTF8"), Some("iso-8859-1"), Some("windows-1252"), Some("Shift_JIS")] {
            assert!(is_sure(b"{}", label), "{label:?}");
        }
        assert!(is_sure(b"{}", Some("utf-7")) && !is_sure(b"{+ACI-}", Some("utf-7")));
        for label in ["cp037", "utf-16", "utf-32", "iso-2022-jp", "x-none"] {
            assert!(!is_sure(b"{}", Some(label)), "{label}");
        }
        assert!(is_sure(b"{}\0", None) && !is_sure(b"{}\0{}", None));
        assert_eq!(decode(b"\x83\x5c", Some("shift_jis")).text, "ソ");
    }
}
