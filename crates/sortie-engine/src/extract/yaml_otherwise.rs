//! What parsers of YAML read and the reader of lines does not: at a proven sink that is a cut.

/// Line breaks of YAML 1.1 besides `\n`.
const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Whether a parser may read other nodes in a text than the reader of lines: other line breaks, escapes that JSON
/// does not have or that stand in keys, keys that are complex or aliases, merged mappings, collections over several
/// lines.
pub(super) fn is_read_otherwise(text: &str) -> bool {
    text.contains(BREAKS) || has_single_return(text) || text.split('\n').any(is_odd)
}

fn has_single_return(text: &str) -> bool {
    memchr::memchr_iter(b'\r', text.as_bytes()).any(|at| text.as_bytes().get(at + 1).is_some_and(|&b| b != b'\n'))
}

fn is_odd(line: &str) -> bool {
    let line = line.trim_end_matches('\r');
    let mut content = line.trim_start_matches(' ');
    while let Some(item) = content.strip_prefix("- ") {
        content = item.trim_start_matches(' ');
    }
    let is_key_odd = content == "?" || content.starts_with("? ") || content.starts_with('*') || content.contains("<<");
    is_key_odd || has_odd_escape(content) || content.contains("{*") || is_open(content)
}

/// An escape within double quotes that JSON does not have, or one in a key.
fn has_odd_escape(content: &str) -> bool {
    if !content.contains('"') {
        return false;
    }
    let bytes = content.as_bytes();
    let is_of_json = |b: &u8| b"\"\\/bfnrtu".contains(b);
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &bytes[at..]) {
        let escape = at + next;
        if !bytes.get(escape + 1).is_some_and(is_of_json) {
            return true;
        }
        at = escape + 2;
        if at >= bytes.len() {
            break;
        }
    }
    at > 0 && content.starts_with(['"', '{']) && content.contains("\":")
}

/// Whether a collection in brackets begins in this line and does not end in it.
fn is_open(content: &str) -> bool {
    let value = content.split_once(": ").map_or(content, |(_, value)| value.trim_start());
    if !value.starts_with(['{', '[']) {
        return false;
    }
    let mut quote = None;
    let mut depth = 0_i32;
    for byte in value.bytes() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'{' | b'[', None) => depth += 1,
            (b'}' | b']', None) => depth -= 1,
            (b'#', None) => return true,
            _ => {}
        }
    }
    depth != 0 || quote.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_reader_of_lines_does_not_take_is_told() {
        for text in [
            "a: 1\rurl: U",
            "a: 1\u{85}url: U",
            "a: 1\u{2028}url: U",
            r#"url: "http:\x2f\x2f10.0.0.5/""#,
            r#""\x75rl": U"#,
            r#""\u0075rl": U"#,
            "? url\n: U",
            "a: &u url\n*u : U",
            "{ url:\n\"U\"}",
            "a: {a: [1,\n2], url: U}",
            "{ # x\n \"url\": U }",
            "<<: {url: U}",
            "url: \"a\\\n  b\"",
        ] {
            assert!(is_read_otherwise(text), "{text}");
        }
        for text in [
            "",
            "a: b\r\nurl: http://h.example/\r\n",
            "list: [1, 2, {a: b}]\nnote: see [1\n",
            "text: \"a\\nb \\u00e9\"\n- x\n- {url: http://h.example/}\n",
            "path: C:\\temp\n# a comment\n---\nb: 'x'\n",
        ] {
            assert!(!is_read_otherwise(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z:{}\\[\\]\"'#*?<\\\\ -]|\n|\r|é){0,40}") {
            let _ = is_read_otherwise(&text);
        }
    }
}
