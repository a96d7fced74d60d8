//! Destinations in HTML: attributes that a renderer fetches, style sheets, refreshes, links.
//!
//! A tolerant scan, not a parser: tags are found where they stand, whatever surrounds them.

use sortie_model::Nature;

use super::collector::Collector;
use super::markup::{Part, offer, offer_css};
use super::spot::Spot;
use super::{data_url, prose, work};

/// Longest tag or attribute name that is read.
const NAME_LENGTH: usize = 32;

/// Searches markup.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let mut rest = text;
    // How much is left behind the last style sheet.
    let mut behind_style = text.len();
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        if out.is_done() {
            return;
        }
        out.work(work::TOKEN);
        plain(&rest[..at], base, out);
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = after_comment(comment);
        } else if rest.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
            let (name, after) = tag(rest, base, out);
            rest = after;
            // One within another was read with it.
            if name.eq_ignore_ascii_case("style") && rest.len() <= behind_style {
                let end = memchr::memmem::find(rest.as_bytes(), b"</").unwrap_or(rest.len());
                let (sheet, after) = rest.split_at(end);
                offer_css(sheet, "style", base, out);
                behind_style = after.len();
                // In SVG it is an element like others, and tags in it are tags.
                let holds_tag =
                    memchr::memchr_iter(b'<', sheet.as_bytes()).any(|at| begins_tag(&rest.as_bytes()[at..]));
                rest = if holds_tag { rest } else { after };
            }
        }
    }
    plain(rest, base, out);
}

/// What is to be read behind the beginning of a comment. Tags in it are: parsers do not agree where comments
/// end, and none begins in a script.
#[cold]
fn after_comment(comment: &str) -> &str {
    let bytes = comment.as_bytes();
    // What comes first ends it, so that no byte is looked at for two comments.
    for at in memchr::memchr2_iter(b'<', b'>', bytes) {
        if bytes[at] == b'>' && bytes[..at].ends_with(b"--") {
            return &comment[at + 1..];
        }
        if begins_tag(&bytes[at..]) {
            return &comment[at..];
        }
    }
    ""
}

fn begins_tag(bytes: &[u8]) -> bool {
    matches!(bytes, [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'/', ..])
}

/// Text between tags.
fn plain(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if text.contains(':') {
        prose::search(text, base, Nature::Prose, out);
    }
}

/// Reads a tag whose `<` stands before `text`, and returns its name and what follows it.
fn tag<'a>(text: &'a str, base: &Spot<'_>, out: &mut Collector<'_>) -> (&'a str, &'a str) {
    let (name, mut rest) = word(text, |b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() || out.is_done() {
            return (name, "");
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (name, after);
        }
        out.work(2 * work::TOKEN);
        let (attribute, after) = word(rest, |b| b.is_ascii_whitespace() || matches!(b, b'=' | b'/' | b'>'));
        // A stray `=` is an attribute's name to HTML; to skip it is enough here.
        let after = if attribute.is_empty() { &after[1..] } else { after };
        match after.trim_start().strip_prefix('=') {
            Some(after) => {
                let (content, after) = attribute_value(after.trim_start());
                read(name, attribute, content, base, out);
                rest = after;
            }
            None => rest = after,
        }
    }
}

/// Splits before the first byte that ends a word.
fn word(text: &str, ends: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(ends).unwrap_or(text.len()))
}

fn attribute_value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => word(text, |b| b.is_ascii_whitespace() || b == b'>'),
    }
}

/// Reads one attribute.
fn read(tag: &str, attribute: &str, content: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if tag.len() > NAME_LENGTH || attribute.len() > NAME_LENGTH || content.is_empty() {
        return;
    }
    let mut at = String::with_capacity(tag.len() + 1 + attribute.len());
    at.push_str(tag);
    at.push('@');
    at.push_str(attribute);
    at.make_ascii_lowercase();
    match (&at[..tag.len()], &at[tag.len() + 1..]) {
        (_, "style") => offer_css(content, &at, base, out),
        (_, "srcset" | "imagesrcset") => {
            for image in images(content).take(32) {
                offer(image, &at, Part::Resource, base, out);
            }
        }
        ("meta", "content") => offer(refresh(content), &at, Part::Link, base, out),
        ("a" | "area", "href") | (_, "action" | "formaction" | "cite" | "longdesc" | "ping") => {
            offer(content, &at, Part::Link, base, out);
        }
        (
            _,
            "href" | "xlink:href" | "src" | "data" | "poster" | "background" | "code" | "codebase" | "archive"
            | "manifest" | "lowsrc" | "dynsrc",
        ) => {
            offer(content, &at, Part::Resource, base, out);
        }
        _ => {}
    }
}

/// The images of a `srcset`: URLs, each with a descriptor behind a space, separated by commas. In a data URL
/// stands a comma too.
fn images(srcset: &str) -> impl Iterator<Item = &str> {
    let mut rest = srcset;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let ends = |b: u8| b.is_ascii_whitespace() || b == b',' && !data_url::begins(rest);
        let (image, after) = word(rest, ends);
        rest = after.split_once(',').map_or("", |(_, after)| after);
        (!image.is_empty()).then_some(image)
    })
}

/// `0; url=http://…` of a refresh; other content as it is.
fn refresh(content: &str) -> &str {
    let lower = content.to_ascii_lowercase();
    let after = lower.find("url=").map_or(content, |at| &content[at + 4..]);
    after.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\''))
}

#[cfg(test)]
mod tests {
    use sortie_model::{Container, Key};

    use super::*;

    #[test]
    fn what_is_a_comment_to_some_parsers_only_is_read() {
        let image = "<img src=\"http://10.20.0.5/x\">";
        for text in [
            format!("<script>a=\"<!--\"</script>{image}"),
            format!("<script><!--<script></script>{image}"),
            format!("<!-- -- >{image}-->"),
            format!("<!-->{image}"),
            format!("<!--->{image}-->"),
            format!("<svg><style>{image}</style></svg>"),
        ] {
            assert!(found(&text).iter().any(|found| found.contains("http://10.20.0.5/x")), "{text}");
        }
    }

    fn found_at(base: &Spot<'_>, text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, base, &mut out);
        out.finish().candidates.iter().map(|c| format!("{} {} {}", c.location.name, c.parameter, c.shown)).collect()
    }

    fn found(text: &str) -> Vec<String> {
        found_at(&Spot::new(Container::Html, ""), text)
    }

    #[test]
    fn subresources_are_one_place() {
        assert_eq!(
            found(
                "<img src=http://a.example/x><LINK rel=stylesheet HREF = 'http://b.example/'/><iframe\nsrc=\"//c.example/\">"
            ),
            [
                "img@src html:resource http://a.example/x",
                "link@href html:resource http://b.example/",
                "iframe@src html:resource //c.example/"
            ]
        );
        assert_eq!(found("<img srcset='http://a.example/1 1x, http://a.example/2 2x'>").len(), 2);
        assert_eq!(found("<object data=&#104;ttp://10.0.0.5/>"), ["object@data html:resource http://10.0.0.5/"]);
        assert_eq!(found("<img src='ht\ntp://10.0.0.5/'>"), ["img@src html:resource http://10.0.0.5/"]);
    }

    #[test]
    fn styles_refreshes_and_links() {
        assert_eq!(
            found("<p style=\"background:url(http://a.example/)\">"),
            ["p@style html:resource http://a.example/"]
        );
        assert_eq!(found("<style>@import 'http://a.example/';</style>"), ["style html:resource http://a.example/"]);
        assert_eq!(
            found("<meta http-equiv=refresh content='0;URL=http://a.example/'>"),
            ["meta@content html:link http://a.example/"]
        );
        assert_eq!(found("<a href='http://a.example/'>text</a>"), ["a@href html:link http://a.example/"]);
    }

    #[test]
    fn style_sheets_and_comments_are_read_once() {
        for text in ["<!--<a ".repeat(20_000), "<!---->".repeat(20_000) + "<a", "<!--<!".repeat(20_000) + "--><a"] {
            assert_eq!(found(&text), [""; 0]);
        }
        let text = format!("{}p{{background:url(http://a.example/)}}", "<style>".repeat(20_000));
        assert_eq!(found(&text)[0], "style html:resource http://a.example/");
        assert_eq!(found("<style>a</style><style>url(http://a.example/)</style>").len(), 1);
    }

    #[test]
    fn in_a_field_the_field_is_the_place() {
        let base = Spot::new(Container::Json, "html");
        assert_eq!(found_at(&base, "<img src='http://a.example/'>"), ["html.img@src html http://a.example/"]);
        assert_eq!(found_at(&base, "<a href='http://a.example/'>"), ["html.a@href html.link http://a.example/"]);
    }

    #[test]
    fn finds_none_in_ordinary_markup() {
        for text in [
            "<img src=logo.png>",
            "<a href='#top'>x</a>",
            "<p>1 < 2</p>",
            "<!-- http://a.example/ -->",
            "<",
            "<a",
            "<a b",
            "<a =>",
            "<img src='x",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(<[a-z!/]|[a-z]|[ =>\"'/-]|é|src=|http://|url\\(){0,60}") {
            let _ = found(&text);
        }
    }
}
