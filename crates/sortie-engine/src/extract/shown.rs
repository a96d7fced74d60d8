//! Candidates as people may see them.

use std::borrow::Cow;
use std::fmt::Write;

use sortie_model::{Host, limits, path};

use super::reading::Reading;

/// Scheme, host and port as written, path without ids and query values, no userinfo; what a
/// terminal or page could be tricked with is escaped; at most [`limits::SHOWN_TEXT`] characters.
pub(super) fn shown(reading: &Reading<'_>) -> Box<str> {
    let mut text = String::with_capacity(64);
    match &reading.scheme {
        Some(scheme) => {
            text.push_str(scheme.as_str());
            text.push_str("://");
        }
        None if reading.kind == sortie_model::CandidateKind::Url => text.push_str("//"),
        None => {}
    }
    // A disguise is what people want to see; any other host is clearest in its canonical form.
    match &reading.host {
        _ if reading.is_disguised() => text.push_str(&reading.written),
        _ if reading.written.is_empty() => {}
        Host::Name(name) => text.push_str(name),
        host @ Host::Ip(_) => {
            let _ = write!(text, "{host}");
        }
    }
    if let Some(port) = reading.port {
        let _ = write!(text, ":{port}");
    }
    if let Some(path) = &reading.path {
        path::redact_into(&mut text, path);
    }
    clean(&text, limits::SHOWN_TEXT).into()
}

/// What stands for the rest of a text that is cut.
pub(super) const CUT: char = '…';

/// `text` with everything escaped that is invisible, moves the cursor or turns the direction of
/// writing, cut to `limit` characters.
pub(super) fn clean(text: &str, limit: usize) -> Cow<'_, str> {
    // A text has no more characters than bytes, and is most often of printable ASCII.
    let is_printable = || text.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    if text.len() <= limit && (is_printable() || !text.chars().any(is_harmful)) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| {
        let (plain, harmful) = if is_harmful(c) { (None, Some(c)) } else { (Some(c), None) };
        plain.into_iter().chain(harmful.into_iter().flat_map(char::escape_unicode))
    };
    let mut kept: String = text.chars().flat_map(escaped).take(limit + 1).collect();
    if kept.chars().count() > limit {
        let end = kept.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(index, _)| index);
        kept.truncate(end);
        kept.push(CUT);
    }
    Cow::Owned(kept)
}

/// Control characters, and the format characters of Unicode (category Cf) that reorder, join or
/// hide text.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::host::Trust;
    use crate::extract::reading::whole;

    fn show(text: &str) -> String {
        shown(&whole(text, Trust::Value).unwrap()).into()
    }

    #[test]
    fn hides_what_is_private() {
        assert_eq!(
            show("https://u:secret@Example.com:8443/v1/8f14e45fceea167a?token=x#f"),
            "https://example.com:8443/v1/{…}?token=…"
        );
        assert_eq!(show("10.0.0.5:80/x"), "10.0.0.5:80/x");
        assert_eq!(show("//cdn.example.com/x"), "//cdn.example.com/x");
        assert_eq!(show("file:///etc/passwd"), "file:///etc/passwd");
        assert_eq!(show("example.com"), "example.com");
    }

    #[test]
    fn shows_a_disguise_as_it_was_written() {
        assert_eq!(show("http://2130706433/x"), "http://2130706433/x");
        assert_eq!(show("http://0x7f.1:80/"), "http://0x7f.1/");
    }

    #[test]
    fn escapes_and_cuts() {
        assert_eq!(clean("a\u{202e}b\x1b[1m", 200), "a\\u{202e}b\\u{1b}[1m");
        assert_eq!(clean("abcdef", 4), "abc…");
        assert_eq!(clean("abcd", 4), "abcd");
        assert!(show(&format!("http://h.example/{}", "a/".repeat(400))).chars().count() <= limits::SHOWN_TEXT);
    }

    proptest::proptest! {
        #[test]
        fn never_longer_than_allowed(text in ".{0,300}", limit in 1_usize..300) {
            let cleaned = clean(&text, limit);
            proptest::prop_assert!(cleaned.chars().count() <= limit);
            proptest::prop_assert!(!cleaned.chars().any(is_harmful));
        }
    }
}
