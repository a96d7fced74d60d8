//! Character references of HTML and XML.

use memchr::{memchr, memchr_iter};

/// A longer reference is none of those that escaping makes.
const LONGEST: usize = 10;

/// The text with its character references replaced; `None` where it has none. Only those names are
/// known that escaping functions write.
pub(super) fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    memchr(b'&', text)?;
    let mut plain = Vec::with_capacity(text.len());
    let mut copied = 0;
    for ampersand in memchr_iter(b'&', text) {
        // An ampersand never lies within a reference, so `ampersand >= copied`.
        let Some((character, len)) = reference(&text[ampersand..]) else { continue };
        plain.extend_from_slice(&text[copied..ampersand]);
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        copied = ampersand + len;
    }
    plain.extend_from_slice(&text[copied..]);
    (copied > 0).then_some(plain)
}

/// The character that `text` begins with a reference to, and the reference's length.
fn reference(text: &[u8]) -> Option<(char, usize)> {
    let semicolon = memchr(b';', &text[..text.len().min(LONGEST)])?;
    let name = std::str::from_utf8(&text[1..semicolon]).ok()?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => char::from_u32(number(name.strip_prefix('#')?)?)?,
    };
    Some((character, semicolon + 1))
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_what_escaping_does() {
        let plain = |text: &str| unescaped(text.as_bytes()).map(|plain| String::from_utf8(plain).unwrap());
        assert_eq!(plain("&lt;a href=&quot;x&#34; b=&#x27;&amp;amp;&gt;").unwrap(), "<a href=\"x\" b='&amp;>");
        assert_eq!(plain("&&lt;&amp").unwrap(), "&<&amp");
        for unchanged in ["plain", "a & b", "&unknown;", "&#xD800;", "&;", "&#;", "&"] {
            assert_eq!(plain(unchanged), None, "{unchanged}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_grows(text in "[&#;a-z0-9é]{0,60}") {
            if let Some(plain) = unescaped(text.as_bytes()) {
                proptest::prop_assert!(plain.len() < text.len());
            }
        }
    }
}
