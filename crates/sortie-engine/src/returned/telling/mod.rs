//! Which bytes of an answer tell it from unrelated documents of its kind.

mod json;
mod markup;
mod stock;

/// A flag for each byte of `text`: whether it tells.
///
/// `known` are texts that the caller had beforehand, such as the target he ordered: an echo of
/// them proves nothing.
pub(super) fn telling(text: &[u8], known: &[&[u8]]) -> Vec<bool> {
    let mut mask = match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => json::telling(text),
        Some(b'<') => markup::telling(text),
        _ => vec![true; text.len()],
    };
    stock::clear_authorities(text, &mut mask);
    stock::clear_phrases(text, &mut mask);
    for known in known {
        stock::clear(text, known, &mut mask);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The telling bytes, others as `_`.
    pub(super) fn shown(text: &str, mask: &[bool]) -> String {
        let keep = |(byte, &tells): (u8, &bool)| if tells { char::from(byte) } else { '_' };
        text.bytes().zip(mask).map(keep).collect()
    }

    fn all(text: &str, known: &[&[u8]]) -> String {
        shown(text, &telling(text.as_bytes(), known))
    }

    #[test]
    fn each_kind_is_read_as_what_it_is() {
        assert_eq!(all("plain text", &[]), "plain text");
        assert_eq!(all(r#" {"key":"value"}"#, &[]), "_________value__");
        assert_eq!(all("<p>text</p>", &[]), "___text____");
        assert_eq!(all("", &[]), "");
    }

    #[test]
    fn what_the_caller_knew_tells_nothing() {
        assert_eq!(all("Cannot GET /admin/users", &[b"/admin/users"]), "Cannot GET ____________");
    }
}
