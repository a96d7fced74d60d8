//! What strings of GraphQL say (specification of October 2021, §2.9.4; `\\u{…}` of its draft).

use std::borrow::Cow;

/// A string by what stands between its quotes. An escape that is none is taken as it stands.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('\\') else { return Cow::Borrowed(raw) };
    let mut text = raw[..first].to_owned();
    let mut rest = &raw[first..];
    while let Some(escape) = rest.strip_prefix('\\') {
        let mut after = escape.chars();
        text.push(match after.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => unicode(&mut after),
            Some(other) => other,
            None => '\\',
        });
        rest = after.as_str();
        let plain = rest.find('\\').unwrap_or(rest.len());
        text.push_str(&rest[..plain]);
        rest = &rest[plain..];
    }
    Cow::Owned(text)
}

/// A block string by what stands between its quotes. Its indentation is no matter here.
pub(super) fn unescape_block(raw: &str) -> Cow<'_, str> {
    if raw.contains(QUOTES) { Cow::Owned(raw.replace(QUOTES, "\"\"\"")) } else { Cow::Borrowed(raw) }
}

/// The only escape of block strings.
const QUOTES: &str = "\\\"\"\"";

/// Takes what follows `\u`: a character, perhaps as two surrogates.
fn unicode(rest: &mut std::str::Chars<'_>) -> char {
    let first = code(rest).unwrap_or_default();
    let is_high = (0xd800..0xdc00).contains(&first);
    let mut after = rest.clone();
    if is_high
        && after.next() == Some('\\')
        && after.next() == Some('u')
        && let Some(low) = code(&mut after).filter(|low| (0xdc00..0xe000).contains(low))
    {
        *rest = after;
        let both = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        return char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Takes four hexadecimal digits, or any number in braces.
fn code(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    let text = rest.as_str();
    let (digits, after) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => text.split_at_checked(4)?,
    };
    let code = u32::from_str_radix(digits, 16).ok()?;
    *rest = after.chars();
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        for (raw, text) in [
            ("plain", "plain"),
            (r"\u0068ttp:\/\/h", "http://h"),
            (r"\u{68}\u{000074}tp", "http"),
            (r#"\"\\\n\t"#, "\"\\\n\t"),
            (r"\ud83d\ude00", "😀"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\uzz", "\0zz"),
            (r"\", "\\"),
            (r"a\q", "aq"),
        ] {
            assert_eq!(unescape(raw), text, "{raw}");
        }
        assert_eq!(unescape_block(r#"a\"""b\n"#), r#"a"""b\n"#);
    }

    proptest::proptest! {
        #[test]
        fn what_json_writes_is_read_alike(text in ".{0,20}") {
            let written = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(unescape(&written[1..written.len() - 1]), text);
        }

        #[test]
        fn never_panics(raw in "(\\\\|u|[{}0-9a-fé\"]|\\\\u|d83d){0,30}") {
            let _ = (unescape(&raw), unescape_block(&raw));
        }
    }
}
