//! Images in Markdown: whoever renders the text fetches them, as in HTML, whatever field it stands in.
//!
//! Inline (`![alt](url "title")`), and by reference (`![alt][id]` with `[id]: url` on a line of its
//! own), as in CommonMark 0.31 §6.4. Links are read as other text: nobody follows them by himself.

use memchr::memmem;

use super::collector::Collector;
use super::markup::{self, Part};
use super::spot::Spot;
use super::{data_url, work};

/// Longest alternative text that is looked through, in bytes.
const ALT: usize = 512;
/// Longest destination, in bytes.
const DESTINATION: usize = 4096;
/// Images that are read of one text.
const IMAGES: usize = 256;

/// Offers the images of a text.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let mut position = 0;
    let mut by_reference = false;
    for start in memmem::find_iter(text.as_bytes(), "![").take(IMAGES) {
        if start < position || out.is_done() {
            continue;
        }
        out.work(2 * work::TOKEN);
        let alt = head(&text[start..], ALT);
        match alt.find("](") {
            Some(end) => {
                let found = destination(&text[start + end + 2..]);
                markup::offer(found, "image", Part::Resource, base, out);
                position = start + end + 2 + found.len();
            }
            None => by_reference = true,
        }
    }
    if by_reference {
        for definition in text.lines().filter_map(definition).take(IMAGES) {
            markup::offer(definition, "image", Part::Resource, base, out);
        }
    }
}

/// A destination at the beginning of `text`: in angle brackets, else up to the bracket that closes it
/// or a title. White space ends it too, but renderers are lenient, and a host may stand behind it.
fn destination(text: &str) -> &str {
    let bare = text.trim_start_matches(' ');
    if data_url::begins(bare) {
        // What it refers to stands in it, however long it is.
        return bracketed(bare, b' ');
    }
    let text = head(text, DESTINATION).trim_start();
    if let Some(inner) = text.strip_prefix('<') {
        return inner.split(['>', '\n']).next().unwrap_or_default();
    }
    let found = bracketed(text, b'\n');
    let end = [" \"", " '", " ("].iter().filter_map(|title| found.find(title)).min();
    found[..end.unwrap_or(found.len())].trim_end()
}

/// What stands before the bracket that closes, or this byte.
fn bracketed(text: &str, last: u8) -> &str {
    let mut open = 0_u32;
    let end = text.bytes().position(|byte| match byte {
        b'(' => {
            open += 1;
            false
        }
        b')' if open > 0 => {
            open -= 1;
            false
        }
        b')' => true,
        _ => byte == last,
    });
    &text[..end.unwrap_or(text.len())]
}

/// The destination of `[id]: url`.
fn definition(line: &str) -> Option<&str> {
    let (_, after) = line.trim_start().strip_prefix('[')?.split_once("]:")?;
    let found = destination(after);
    (!found.is_empty()).then_some(found)
}

fn head(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

#[cfg(test)]
mod tests {
    use sortie_model::{Container, Key};

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Json, "body"), &mut out);
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {} {:?} {}", c.location, c.parameter, c.nature, c.shown)).collect()
    }

    #[test]
    fn images_are_what_a_renderer_fetches() {
        assert_eq!(
            found("see ![a cat](http://h.example/cat.png) there"),
            ["$.body.image body Named http://h.example/cat.png"]
        );
        assert_eq!(found("![](<http://h.example/a b.png> \"t\")").len(), 1);
        assert_eq!(found("![x](http://h.example/x_(1).png)"), ["$.body.image body Named http://h.example/x_(1).png"]);
        assert_eq!(found("[![b](http://a.example/b)](http://c.example/) ![c](//d.example/)").len(), 2);
        assert_eq!(found("![x](http://h.example/x \"a title\")"), ["$.body.image body Named http://h.example/x"]);
        assert_eq!(found("![logo][1]\n\n  [1]: http://h.example/x \"title\"").len(), 1);
    }

    #[test]
    fn links_and_other_text_are_none() {
        for text in [
            "",
            "![",
            "![](",
            "![x](logo.png)",
            "[text](http://h.example/)",
            "a ! [b](http://h.example/)",
            "[1]: http://h.example/",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(!\\[|\\]\\(|[a-z<>()\\[\\]: \n]|é|http://h/){0,60}") {
            let _ = found(&text);
        }
    }
}
