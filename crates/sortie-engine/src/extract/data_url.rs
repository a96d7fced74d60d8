//! `data:` URLs (RFC 2397, as the WHATWG Fetch Standard reads them): nobody dials one, but who renders or parses what
//! stands in it fetches what that refers to.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use sortie_model::event::Cut;
use sortie_model::{Decoding, Nature, limits};

use super::charset::{self, Text};
use super::collector::Collector;
use super::part_head::parameter;
use super::spot::Spot;
use super::{body, decode, json, markup, prose, value, work};

/// Longest media type, in bytes.
const TYPE: usize = 256;
/// Base64 digits that are undone to see whether text follows: pictures are not decoded to their end.
const PROBE: usize = 64;

/// Who reads a data URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// The program that was given it as a value.
    Program,
    /// The renderer of the document that refers to it.
    Renderer,
}

/// Whether a text begins as a data URL does.
pub(super) fn begins(text: &str) -> bool {
    text.as_bytes().first_chunk::<5>().is_some_and(|begin| begin.eq_ignore_ascii_case(b"data:"))
}

/// Searches what a data URL holds, by its type and by how it begins. Returns whether anything was found.
pub(super) fn search(text: &str, reader: Reader, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let Some(url) = DataUrl::of(text) else { return false };
    let before = out.offers();
    out.work(work::READING + text.len() / 4);
    if spot.depth >= limits::DECODING_DEPTH {
        out.cut(Cut::Depth);
        return false;
    }
    let Some(bytes) = url.bytes().filter(|bytes| out.spend(bytes.len())) else { return false };
    let inner = spot.decoded(Decoding::Data);
    let inner = if let Some(decoding) = url.decoding() {
        Spot { decodings: inner.decodings.with(decoding), ..inner }
    } else {
        inner
    };
    let Text { text, .. } = charset::decode(&bytes, parameter(url.media_type, "charset").as_deref());
    content(body::content(&text), &body::essence(url.media_type), reader, &inner, out);
    out.offers() > before
}

fn content(text: &str, essence: &str, reader: Reader, spot: &Spot<'_>, out: &mut Collector<'_>) {
    match text.as_bytes().first() {
        _ if essence == "text/css" => markup::offer_css(text, "style", spot, out),
        Some(b'<') => markup::search_as(text, essence, spot, out),
        // A page may begin with text.
        _ if essence == "text/html" => markup::search_as(text, essence, spot, out),
        Some(b'{' | b'[') => {
            let inner = Spot { decodings: spot.decodings.with(Decoding::Json), ..*spot };
            json::search(text, &inner, out);
        }
        _ if reader == Reader::Renderer => prose::search(text, spot, Nature::Prose, out),
        _ => {
            value::search(text, spot, out);
        }
    }
}

/// A data URL, taken apart.
#[derive(Debug, PartialEq)]
struct DataUrl<'a> {
    /// Type and parameters as written.
    media_type: &'a str,
    is_base64: bool,
    data: &'a str,
}

impl<'a> DataUrl<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let rest = begins(text).then(|| &text[5..])?;
        // PHP takes slashes, too.
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let comma = memchr::memchr(b',', &rest.as_bytes()[..rest.len().min(TYPE)])?;
        let (head, data) = (rest[..comma].trim(), &rest[comma + 1..]);
        let (media_type, is_base64) = match head.rsplit_once(';') {
            Some((media_type, last)) if last.trim().eq_ignore_ascii_case("base64") => (media_type, true),
            _ => (head, false),
        };
        // A sentence may begin with "Data: 5, 6".
        let is_type = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.contains('/') && !text.contains(' ')
        };
        let is_named =
            media_type.split(';').next().is_some_and(|essence| essence.is_empty() || is_type(essence.trim()));
        is_named.then_some(Self { media_type, is_base64, data })
    }

    /// What it is written in, beside its own form.
    fn decoding(&self) -> Option<Decoding> {
        let is_escaped = || decode::has_escape(self.data).then_some(Decoding::Percent);
        if self.is_base64 { Some(Decoding::Base64) } else { is_escaped() }
    }

    /// What it holds, if that begins with text.
    fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        let plain = Cow::from(percent_decode_str(self.data));
        if !self.is_base64 {
            return Some(plain).filter(|bytes| body::begins_text(bytes));
        }
        let digits = || plain.iter().copied().take_while(|&byte| byte != b'#').filter_map(decode::base64_digit);
        let probe = decode::base64_of_digits(digits().take(PROBE).collect());
        body::begins_text(&probe).then(|| Cow::Owned(decode::base64_of_digits(digits().collect())))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use sortie_model::{Container, Key};

    use super::*;
    use crate::extract::Extraction;

    const PAGE: &str = "<p>é</p><img src=\"http://10.20.0.5/x\">";
    const IMAGE: &str = "<svg xmlns='http://www.w3.org/2000/svg'><image href='http://10.20.0.5/x'/></svg>";

    fn encoded(text: &str) -> String {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    }

    fn extraction(container: Container, name: &str, search: impl FnOnce(&Spot<'_>, &mut Collector<'_>)) -> Extraction {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(&Spot::new(container, name), &mut out);
        out.finish()
    }

    fn of_value(text: &str) -> Extraction {
        extraction(Container::Json, "page", |spot, out| {
            value::search(text, spot, out);
        })
    }

    fn told(extraction: &Extraction) -> Vec<String> {
        let one = |c: &sortie_model::Candidate| {
            let decodings: Vec<_> = c.manner.decodings.iter().map(Decoding::as_str).collect();
            format!("{} {} {:?} {} {}", c.location, c.parameter, c.nature, c.shown, decodings.join("+"))
        };
        extraction.candidates.iter().map(one).collect()
    }

    #[test]
    fn what_a_value_holds_is_read_by_its_type() {
        let page = |decodings: &str| vec![format!("$.page.img@src page Named http://10.20.0.5/x {decodings}")];
        assert_eq!(
            told(&of_value(&format!("data:text/html;base64,{}", BASE64_STANDARD.encode(PAGE)))),
            page("base64+data")
        );
        assert_eq!(
            told(&of_value(&format!("DATA:;BASE64 ,{}", BASE64_URL_SAFE_NO_PAD.encode(PAGE)))),
            page("base64+data")
        );
        assert_eq!(told(&of_value(&format!("data:text/html,{}", encoded(PAGE)))), page("percent+data"));
        assert_eq!(told(&of_value(&format!("data:text/html;charset=utf-8,{PAGE}"))), page("data"));
        assert_eq!(
            told(&of_value(&format!("data:image/svg+xml,{}", encoded(IMAGE)))),
            ["$.page.image@href page Named http://10.20.0.5/x percent+data"]
        );
        assert_eq!(
            told(&of_value("data:application/json,%7B%22url%22%3A%22http%3A//10.20.0.5/x%22%7D")),
            ["$.page.url page.url Named http://10.20.0.5/x percent+json+data"]
        );
        assert_eq!(
            told(&of_value("data:text/css,@import%20'http://10.20.0.5/x'")),
            ["$.page.style page Named http://10.20.0.5/x percent+data"]
        );
        assert_eq!(
            told(&of_value("data:,http%3A//10.20.0.5/x")),
            ["$.page page Value http://10.20.0.5/x percent+data"]
        );
    }

    #[test]
    fn how_it_begins_counts_beside_its_type() {
        for media_type in ["image/png", "application/octet-stream", "text/plain", ""] {
            let text = format!("data:{media_type};base64,{}", BASE64_STANDARD.encode(IMAGE));
            assert_eq!(of_value(&text).candidates.len(), 1, "{media_type}");
        }
        let utf16: Vec<u8> = PAGE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let text = format!("data:text/html;base64,{}", BASE64_STANDARD.encode(utf16));
        assert_eq!(of_value(&text).candidates.len(), 1);
        let spaced: String = BASE64_STANDARD.encode(PAGE).chars().flat_map(|c| [c, '\n']).collect();
        assert_eq!(of_value(&format!("data:text/html;base64,{spaced}")).candidates.len(), 1);
    }

    #[test]
    fn renderers_read_what_documents_refer_to() {
        let of_page = |text: &str| {
            told(&extraction(Container::Html, "", |spot, out| super::super::html::search(text, spot, out)))
        };
        let image = encoded(IMAGE);
        let base64 = BASE64_STANDARD.encode(IMAGE);
        for text in [
            format!("<img src=\"data:image/svg+xml,{image}\">"),
            format!("<img srcset=\"a.png 1x, data:image/svg+xml,{image} 2x\">"),
            format!("<p style=\"background:url(data:image/svg+xml;base64,{base64})\">"),
            format!("<style>a{{b:url('data:image/svg+xml;base64,{base64}')}}</style>"),
            format!("<style>a{{b:url('data:image/svg+xml,{}{image}')}}</style>", "%20".repeat(1000)),
            format!("<iframe src='data:text/html,<img src=\"data:image/svg+xml,{image}\">'>"),
        ] {
            let found = of_page(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with("html image@href html:resource Named http://10.20.0.5/x"), "{found:?}");
        }
        let entity = format!("<!DOCTYPE r [<!ENTITY x SYSTEM 'data:image/svg+xml,{image}'>]><r/>");
        let of_xml =
            |text: &str| extraction(Container::Xml, "", |spot, out| super::super::markup::search_xml(text, spot, out));
        assert_eq!(of_xml(&entity).candidates.len(), 1);
        let markdown = format!(
            "![x](data:image/svg+xml;base64,{})",
            BASE64_STANDARD.encode(format!("{}{IMAGE}", " ".repeat(5000)))
        );
        assert_eq!(of_value(&markdown).candidates.len(), 1);
    }

    #[test]
    fn ordinary_ones_and_look_alikes_carry_nothing() {
        let png = BASE64_STANDARD.encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR http://h.example/");
        for text in [
            &*format!("data:image/png;base64,{png}"),
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cpath d='M0 0'/%3E%3C/svg%3E",
            "data:text/plain,hello",
            "data:",
            "data:,",
            "data:text/html;base64",
            "Data: 5/6, h.example",
            "data: see h.example, i.example",
            "database:5432",
        ] {
            let found = of_value(text);
            assert_eq!((told(&found), found.cut), (vec![], None), "{text}");
        }
    }

    #[test]
    fn layers_are_bounded() {
        let mut text = "<img src=http://10.20.0.5/x>".to_owned();
        for layers in 1..=limits::DECODING_DEPTH + 1 {
            text = format!("data:text/html;base64,{}", BASE64_STANDARD.encode(&text));
            let found = of_value(&text);
            let is_within = layers <= limits::DECODING_DEPTH;
            assert_eq!((found.candidates.len(), found.cut), if is_within { (1, None) } else { (0, Some(Cut::Depth)) });
            text = format!("<img src=\"{text}\">");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(data:|text/html|image/svg|;base64|;charset=utf-16|[,;:#%= ]|[a-zA-Z0-9+/]|é|%3[cC]|<img src=|http://h/){0,40}") {
            of_value(&text);
            of_value(&format!("data:{text}"));
        }
    }
}
