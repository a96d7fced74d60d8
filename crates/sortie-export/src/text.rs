//! Text that others wrote, for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes text from outside safe to print: what moves the cursor, changes colours, reorders or hides
/// other text is shown as an escape (`\n`, `\u{1b}`, `\u{202e}`). The result is one line.
///
/// Backslashes stay as they are, so the result is for reading, not for parsing.
pub fn escape_terminal(text: &str) -> Cow<'_, str> {
    let Some(start) = text.find(is_hidden) else { return Cow::Borrowed(text) };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..start]);
    for character in text[start..].chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            hidden if is_hidden(hidden) => {
                // Writing to a `String` cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(hidden));
            }
            plain => shown.push(plain),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character is obeyed rather than shown, or shows nothing: control characters (C0, DEL,
/// C1), line and paragraph separators, bidirectional controls (UAX #9), the other default-ignorable
/// format characters and blank fillers, tags.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text: String, more in "[\u{0}-\u{a0}\u{200b}-\u{2069}]{0,8}") {
            let text = text + &more;
            let shown = escape_terminal(&text);
            prop_assert!(!shown.chars().any(is_hidden), "{:?}", shown);
            prop_assert_eq!(shown == text, !text.chars().any(is_hidden));
        }
    }

    #[test]
    fn shows_what_would_be_obeyed() {
        assert_eq!(escape_terminal("a\u{1b}[31mred\u{9b}0m"), "a\\u{1b}[31mred\\u{9b}0m");
        assert_eq!(escape_terminal("two\nlines\r\t"), "two\\nlines\\r\\t");
        assert_eq!(escape_terminal("evil\u{202e}moc.elpmaxe"), "evil\\u{202e}moc.elpmaxe");
        assert_eq!(escape_terminal("pay\u{200b}pal"), "pay\\u{200b}pal");
    }

    #[test]
    fn leaves_text_alone() {
        for text in ["http:\\\\host/päth?q=…", "日本語", "مرحبا", ""] {
            assert!(matches!(escape_terminal(text), Cow::Borrowed(same) if same == text));
        }
    }
}
