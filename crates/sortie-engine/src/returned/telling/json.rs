//! JSON: values tell, keys and punctuation do not.

use super::super::json_strings::string_end;

/// Numbers shorter than this (0, 1, 20) stand everywhere.
const SHORTEST_NUMBER: usize = 3;

/// A flag for each byte: whether it belongs to a string value or to a number of some length.
pub(super) fn telling(text: &[u8]) -> Vec<bool> {
    let mut mask = vec![false; text.len()];
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                let end = string_end(text, at + 1);
                if !is_key(text, end) {
                    mask[at + 1..end].fill(true);
                }
                at = end + 1;
            }
            b'-' | b'0'..=b'9' => {
                let len = text[at..].iter().take_while(|byte| is_of_number(**byte)).count();
                mask[at..at + len].fill(len >= SHORTEST_NUMBER);
                at += len;
            }
            _ => at += 1,
        }
    }
    mask
}

fn is_key(text: &[u8], closing_quote: usize) -> bool {
    let after = text.get(closing_quote + 1..).unwrap_or_default();
    after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn values_tell() {
        for (text, expected) in [
            (r#"{"a b":"x\"y" , "n": 12.5,"t":true,"z":0}"#, r#"________x\"y_________12.5________________"#),
            (r#"["one","two"]"#, "__one___two__"),
            (r#"{"cut":"with"#, "________with"),
            (r#"["cut\"#, r"__cut\"),
        ] {
            assert_eq!(shown(text, &telling(text.as_bytes())), expected);
        }
    }
}
