//! JSON on one line, safe to show on a terminal.
//!
//! JSON escapes the control characters up to U+001F. The others that a terminal obeys, and those
//! that reorder or hide text, are legal in it as they are; here they are escaped too, so that a line
//! reads back to the same value and shows what it says.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use crate::text::is_hidden;

/// Writes `value` as JSON without a line end.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(256);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Visible))?;
    Ok(String::from_utf8(bytes).expect("the formatter writes fragments of `str`, and ASCII"))
}

/// Writes `value` as a line of JSON Lines, with its end.
pub fn to_line(value: &impl Serialize) -> serde_json::Result<String> {
    let mut line = to_json(value)?;
    line.push('\n');
    Ok(line)
}

/// Compact JSON in which every hidden character is an escape.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, hidden) in fragment.char_indices().filter(|&(_, c)| is_hidden(c)) {
            CompactFormatter.write_string_fragment(writer, &fragment[plain..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + hidden.len_utf8();
        }
        CompactFormatter.write_string_fragment(writer, &fragment[plain..])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_back_and_shows_nothing_hidden(text: String, hidden in "[\u{0}-\u{a0}\u{200b}-\u{2069}\u{e0000}-\u{e007f}]{0,8}") {
            let value = vec![text, hidden];
            let line = to_line(&value).unwrap();
            prop_assert!(!line.trim_end_matches('\n').chars().any(is_hidden), "{:?}", line);
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&line).unwrap(), value);
        }
    }

    #[test]
    fn escapes_as_json_does() {
        assert_eq!(to_line(&"a\u{1b}[2J\u{202e}b\u{e0041}\n").unwrap(), "\"a\\u001b[2J\\u202eb\\udb40\\udc41\\n\"\n");
        assert_eq!(to_json(&"größer").unwrap(), "\"größer\"");
    }
}
