//! UTF-7 (RFC 2152): ASCII, in which `+` begins base64 of UTF-16 and `-` ends it. Nearly no program reads it any more,
//! and those that do may be sent anything in it.

use super::decode;

/// Whether bytes begin with UTF-7's byte order mark.
pub(super) fn is_marked(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"+/v").and_then(<[u8]>::first).is_some_and(|next| matches!(next, b'8' | b'9' | b'+' | b'/'))
}

/// Whether a label names it.
pub(super) fn is_label(label: &str) -> bool {
    ["utf-7", "utf7", "unicode-1-1-utf-7", "csunicode11utf7", "csutf7"]
        .iter()
        .any(|known| label.eq_ignore_ascii_case(known))
}

/// Reads it. What is none stays as it is.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(plus) = memchr::memchr(b'+', rest) {
        text.push_str(&String::from_utf8_lossy(&rest[..plus]));
        rest = &rest[plus + 1..];
        let end = rest.iter().position(|&byte| !is_digit(byte)).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        // A hyphen that ends a sequence is no part of the text, and an empty sequence is a plus sign.
        rest = after.strip_prefix(b"-").unwrap_or(after);
        if digits.is_empty() {
            text.push('+');
            continue;
        }
        let bytes = decode::base64_of_digits(digits.to_vec());
        let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
    text.push_str(&String::from_utf8_lossy(rest));
    text
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_examples_of_the_rfc() {
        for (bytes, text) in [
            ("A+ImIDkQ.", "A≢Α."),
            ("Hi Mom -+Jjo--!", "Hi Mom -☺-!"),
            ("+ZeVnLIqe-", "日本語"),
            ("Item 3 is +AKM-1.", "Item 3 is £1."),
            ("1 +- 1", "1 + 1"),
            ("+2D3eAA", "\u{1f600}"),
            ("", ""),
            ("+", "+"),
            ("+A-", ""),
        ] {
            assert_eq!(decode(bytes.as_bytes()), text, "{bytes}");
        }
    }

    #[test]
    fn is_known_by_its_mark_or_label() {
        for mark in ["+/v8-a", "+/v9", "+/v+", "+/v/"] {
            assert!(is_marked(mark.as_bytes()), "{mark}");
        }
        assert!(!is_marked(b"+/v") && !is_marked(b"+/vA") && !is_marked(b""));
        assert!(is_label("UTF-7") && !is_label("utf-8"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60), text in "[+A-Za-z0-9/ -]{0,60}") {
            let _ = (decode(&bytes), decode(text.as_bytes()));
        }
    }
}
