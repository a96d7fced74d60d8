//! References in CSS: `url(…)` and `@import`.

use super::data_url;

/// The references of a style sheet or `style` attribute, in their order, as written.
pub(super) fn references(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    // Both end in what a reference follows: `(` of `url(`, `t` of `@import`.
    memchr::memchr2_iter(b'(', b'@', bytes).filter_map(move |at| {
        if bytes[at] == b'(' {
            is_before(bytes, at, b"url").then(|| argument(&text[at + 1..])).flatten()
        } else {
            let rest = text[at + 1..].get(..6).filter(|word| word.eq_ignore_ascii_case("import"));
            rest.and_then(|_| quoted(near(&text[at + 7..]).trim_start()))
        }
    })
}

fn is_before(bytes: &[u8], at: usize, word: &[u8]) -> bool {
    let is_whole = |start: usize| {
        start == 0 || !(bytes[start - 1].is_ascii_alphanumeric() || matches!(bytes[start - 1], b'-' | b'_'))
    };
    at >= word.len() && bytes[at - word.len()..at].eq_ignore_ascii_case(word) && is_whole(at - word.len())
}

/// Longest reference that is read.
const LONGEST: usize = 2048;

/// The text in which a reference at its beginning is looked for. A data URL holds what it refers to, and may be long.
fn near(text: &str) -> &str {
    let begin = &text[..text.floor_char_boundary(LONGEST)];
    let is_data = data_url::begins(begin.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')));
    if is_data { text } else { begin }
}

fn argument(text: &str) -> Option<&str> {
    let text = near(text).trim_start();
    // Brackets and quotes stand in an unquoted reference only escaped (CSS Syntax §4.3.6).
    let unquoted = || text.split([')', '(', '"', '\'']).next().unwrap_or_default().trim_end();
    Some(quoted(text).unwrap_or_else(unquoted)).filter(|found| !found.is_empty())
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::references;

    #[test]
    fn finds_urls_and_imports() {
        let text =
            "@import 'http://a/'; a{b:URL( \"http://b/\" );c:url(http://c/ )} @import url(http://d/); d{e:curl(x)}";
        assert_eq!(references(text).collect::<Vec<_>>(), ["http://a/", "http://b/", "http://c/", "http://d/"]);
        assert_eq!(references("x(http://a/) @import y; (url").count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(url\\(|@import|['\" )é]|x){0,20}") {
            let _ = references(&text).count();
        }
    }
}
