//! URLs within longer text.

use super::collector::Collector;
use super::reading::{absolute, is_scheme_byte, split_scheme};
use super::spot::Spot;
use super::work;
use sortie_model::Nature;
use sortie_model::event::Cut;

/// Bytes before a colon that are looked at for a scheme.
const SCHEME_LOOK_BACK: usize = 32;
/// Longest URL that is read out of longer text, in bytes; more of it is cut off.
const LONGEST: usize = 4096;
/// Bytes that may be read in vain of one text, as where every `http://` is followed by no host.
const WASTE: usize = 64 * 1024;
/// Longest list of URLs in one value.
const LIST: usize = 256;
/// Schemes that are found even where other letters run into them.
const RUN_TOGETHER: &[&str] = &["https", "http", "wss", "ws", "ftp", "gopher", "file", "ldap", "dict"];

/// Offers every absolute URL that stands in `text`, with the given nature.
pub(super) fn search(text: &str, spot: &Spot<'_>, nature: Nature, out: &mut Collector<'_>) {
    if out.is_done() {
        return;
    }
    let mut position = 0;
    let mut wasted = 0;
    let colons = memchr::memchr_iter(b':', text.as_bytes()).count();
    out.work(text.len() / 8 + colons * work::COLON);
    for start in starts(text) {
        if start < position {
            continue;
        }
        if out.is_done() {
            return;
        }
        let found = extent(&text[start..]);
        match absolute(found) {
            Some(reading) => {
                out.offer(spot, &reading, nature);
                position = start + found.len();
            }
            None => {
                out.reject();
                out.work(found.len() / 2);
                wasted += found.len();
                if wasted > WASTE {
                    return out.cut(Cut::Count);
                }
            }
        }
    }
}

/// Where absolute URLs begin: a scheme, a colon and two slashes of either kind.
pub(super) fn starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).filter_map(move |colon| {
        let slashes = bytes.get(colon + 1..colon + 3)?;
        slashes.iter().all(|b| matches!(b, b'/' | b'\\')).then(|| scheme_start(text, colon)).flatten()
    })
}

fn scheme_start(text: &str, colon: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let floor = colon.saturating_sub(SCHEME_LOOK_BACK);
    let run = bytes[floor..colon].iter().rev().take_while(|&&b| is_scheme_byte(b)).count();
    let word = &bytes[colon - run..colon];
    let known = RUN_TOGETHER.iter().find(|known| {
        word.len() >= known.len() && word[word.len() - known.len()..].eq_ignore_ascii_case(known.as_bytes())
    });
    if let Some(known) = known {
        return Some(colon - known.len());
    }
    let first_letter = word.iter().position(u8::is_ascii_alphabetic)?;
    Some(colon - run + first_letter)
}

/// How far a URL at the beginning of `text` reaches: to white space, a quote, an angle or curly
/// bracket, or a bracket that was opened before it; without the punctuation of the sentence.
pub(super) fn extent(text: &str) -> &str {
    let mut round = 0_u32;
    let mut square = 0_u32;
    let mut end = text.floor_char_boundary(LONGEST);
    for (index, byte) in text.bytes().take(end).enumerate() {
        let closes = match byte {
            b'(' => {
                round += 1;
                false
            }
            b'[' => {
                square += 1;
                false
            }
            b')' if round > 0 => {
                round -= 1;
                false
            }
            b']' if square > 0 => {
                square -= 1;
                false
            }
            b')' | b']' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' => true,
            _ => byte.is_ascii_whitespace() || byte.is_ascii_control(),
        };
        if closes {
            end = index;
            break;
        }
    }
    text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '~'])
}

/// The URLs of a value that is one URL, or a list of them separated by white space, commas,
/// semicolons or bars. `None` where it does not begin with a URL.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    split_scheme(text)?;
    let is_separator = |b: u8| b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'|');
    let mut begins = vec![0];
    begins.extend(starts(text).filter(|&start| start > 0 && is_separator(text.as_bytes()[start - 1])).take(LIST));
    let ends = begins.iter().skip(1).copied().chain([text.len()]);
    let trimmed = |(begin, end): (usize, usize)| {
        text[begin..end].trim_end_matches(|c: char| c.is_ascii() && is_separator(c as u8))
    };
    Some(begins.iter().copied().zip(ends).map(trimmed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sortie_model::{Container, Key};

    fn found(text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Text, ""), Nature::Prose, &mut out);
        out.finish().candidates.iter().map(|c| c.shown.to_string()).collect()
    }

    #[test]
    fn finds_urls_in_sentences() {
        assert_eq!(
            found("See http://a.example/x, or (https://b.example/y)."),
            ["http://a.example/x", "https://b.example/y"]
        );
        assert_eq!(
            found("[text](http://a.example/x_(1)) \"gopher://10.0.0.5:6379/_\""),
            ["http://a.example/x_(1)", "gopher://10.0.0.5:6379/_"]
        );
        assert_eq!(found("<http://[::1]:80/x>; rel=next"), ["http://[::1]/x"]);
        assert_eq!(found("http:\\/\\/a.example\\/x"), ["http://a.example//x"]);
        assert_eq!(found("nohttp://a.example"), ["http://a.example/"]);
        assert_eq!(found("e.g.https://a.example"), ["https://a.example/"]);
    }

    #[test]
    fn finds_none_in_other_text() {
        for text in ["", "a:b", "://", "12://x", "and: // so", "C:\\x", "time 12:30//x"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn lists_are_taken_apart() {
        assert_eq!(
            list("http://a/,http://b/ \n http://c/?u=http://d/"),
            Some(vec!["http://a/", "http://b/", "http://c/?u=http://d/"])
        );
        assert_eq!(list("http://a/ b"), Some(vec!["http://a/ b"]));
        assert_eq!(list("see http://a/"), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z:/\\\\. ,()\\[\\]\u{202e}é]|http://){0,60}") {
            let _ = (found(&text), list(&text), extent(&text));
        }

        #[test]
        fn a_url_is_found_between_words(before in "[a-z ]{0,20}", after in "[a-z ]{0,20}") {
            let text = format!("{before} http://cdn.example/x.png {after}");
            proptest::prop_assert_eq!(found(&text), ["http://cdn.example/x.png"]);
        }
    }
}
