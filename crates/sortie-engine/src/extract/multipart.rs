//! Destinations in `multipart/form-data` (RFC 7578) and its relatives.

use memchr::memmem;
use std::borrow::Cow;

use smallvec::SmallVec;
use sortie_model::event::Cut;
use sortie_model::{Container, Containers, Nature};

use super::body::{self, Piece};
use super::collector::Collector;
use super::part_head::{PartHead, parameters};
use super::reading::absolute;
use super::spot::Spot;
use super::{beside, prose, work};

/// Parts that are read.
const PARTS: usize = 256;
/// Longest head of a part, in bytes.
const HEAD: usize = 4096;
/// Longest boundary (RFC 2046 §5.1.1), with some room.
const BOUNDARY: usize = 100;

/// What parts are told apart by.
#[derive(Debug, PartialEq)]
pub(super) struct Boundary<'a> {
    text: Cow<'a, str>,
    /// Whether all programs take this for it.
    is_sure: bool,
}

/// The boundary that a content type names, else the one that the body begins with.
pub(super) fn boundary<'a>(content_type: &'a str, body: &'a [u8]) -> Option<Boundary<'a>> {
    named_boundary(content_type).or_else(|| first_boundary(body))
}

/// The boundaries that a program may go by that takes a body for multipart: the one that the type names and the
/// one that the body begins with, without what [`boundary`] gives where that `is_done`.
pub(super) fn other_boundaries<'a>(
    content_type: &'a str,
    body: &'a [u8],
    is_done: bool,
) -> impl Iterator<Item = Boundary<'a>> {
    let (named, first) = (named_boundary(content_type), first_boundary(body));
    let is_new = |first: &Boundary<'_>| named.as_ref().map_or(!is_done, |named| named.text != first.text);
    let first = first.filter(is_new);
    named.filter(|_| !is_done).into_iter().chain(first)
}

fn is_possible(boundary: &str) -> bool {
    !boundary.is_empty() && boundary.len() <= BOUNDARY
}

fn named_boundary(content_type: &str) -> Option<Boundary<'_>> {
    let mut named = parameters(content_type).filter(|parameter| parameter.name.eq_ignore_ascii_case("boundary"));
    let first = named.next().filter(|parameter| is_possible(&parameter.value))?;
    let is_sure = !first.is_escaped && named.next().is_none();
    Some(Boundary { text: first.value, is_sure })
}

fn first_boundary(body: &[u8]) -> Option<Boundary<'_>> {
    let line = body.strip_prefix(b"--")?.split(|&b| matches!(b, b'\r' | b'\n')).next()?;
    let text = std::str::from_utf8(line).ok().filter(|text| text.len() >= 4 && is_possible(text))?;
    Some(Boundary { text: Cow::Borrowed(text), is_sure: true })
}

/// Searches every part that has begun. Returns whether any has. What may be read otherwise, or is not
/// read, is a cut.
pub(super) fn search(piece: Piece<&[u8]>, boundary: &Boundary<'_>, base: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let bytes = piece.data;
    let delimiter = format!("--{}", boundary.text);
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let mut is_sure = boundary.is_sure;
    let begins = finder.find_iter(bytes).filter(|&at| {
        // Some programs take a carriage return for the end of a line.
        is_sure &= at == 0 || bytes[at - 1] != b'\r';
        at == 0 || matches!(bytes[at - 1], b'\n' | b'\r')
    });
    let begins: SmallVec<[usize; 16]> = begins.map(|at| at + delimiter.len()).take(PARTS + 1).collect();
    let mut begins = begins.into_iter();
    if !is_sure {
        out.cut(Cut::Format);
    }
    let Some(mut begin) = begins.next() else { return false };
    let mut is_any = false;
    for _ in 0..PARTS {
        if out.is_done() {
            return is_any;
        }
        out.work(work::PART);
        let next = begins.next();
        let end = next.map_or(bytes.len(), |next| next - delimiter.len());
        if next.is_none() && bytes[begin..].starts_with(b"--") {
            return is_any;
        }
        let is_whole = piece.is_whole || next.is_some();
        is_any |= part(Piece { data: &bytes[begin..end], is_whole }, base, out);
        match next {
            Some(next) => begin = next,
            None => return is_any,
        }
    }
    out.cut(Cut::Count);
    is_any
}

/// One part: what stands between two boundaries. Returns whether it has a head.
fn part(piece: Piece<&[u8]>, base: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let bytes = piece.data;
    let head_room = &bytes[..bytes.len().min(HEAD)];
    let (head_end, length) = match (memmem::find(head_room, b"\r\n\r\n"), memmem::find(head_room, b"\n\n")) {
        (Some(at), _) => (at, 4),
        (None, Some(at)) => (at, 2),
        (None, None) => {
            if piece.is_whole {
                out.cut(Cut::Format);
            }
            return false;
        }
    };
    let head = PartHead::of(&String::from_utf8_lossy(&bytes[..head_end]));
    if !head.is_sure {
        out.cut(Cut::Format);
    }
    let content = &bytes[head_end + length..];
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    let inner = Piece { data: content, ..piece };
    let content_type = head.content_type.as_deref();
    let spot = base.named(&head.name);
    let mut done = Containers::NONE;
    if let Some(filename) = &head.filename {
        let at = format!("{}.filename", head.name);
        match absolute(filename.trim()) {
            Some(reading) => drop(out.offer(&base.named(&at), &reading, Nature::Value)),
            None => prose::search(filename, &base.named(&at), Nature::Value, out),
        }
        // A program that dials what stands in this field does not ask whether it was sent as a file.
        let kind = kind_of_file(content_type, filename);
        done = if out.has_sinks() && out.may_be_sink(&head.name) {
            body::field(inner, kind, &spot, out)
        } else {
            body::file(inner, kind, &spot, out)
        };
    } else if !content_type.is_none_or(is_text) {
        done = body::field(inner, content_type.unwrap_or_default(), &spot, out);
    } else if piece.is_whole {
        done = body::plain(content, content_type.unwrap_or_default(), &spot, out);
    }
    beside::search_text(inner, done, &spot, out);
    true
}

/// What a file is declared to be: where that says nothing, what its name says. Other formats are known by their content.
fn kind_of_file<'a>(content_type: Option<&'a str>, filename: &str) -> &'a str {
    let is_told = |text: &&str| !text.get(..OCTETS.len()).is_some_and(|head| head.eq_ignore_ascii_case(OCTETS));
    let by_name = || {
        let (_, ending) = filename.rsplit_once('.')?;
        KINDS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, kind)| kind)
    };
    content_type.filter(is_told).or_else(by_name).or(content_type).unwrap_or_default()
}

/// What a client declares that does not know better.
const OCTETS: &str = "application/octet-stream";
/// Formats that a text does not show by how it begins, by the endings of their files.
const KINDS: [(&str, &str); 4] =
    [("yml", "application/yaml"), ("yaml", "application/yaml"), ("csv", "text/csv"), ("html", "text/html")];

fn is_text(content_type: &str) -> bool {
    content_type.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("text/plain"))
}

/// The spot at which parts are searched.
pub(super) fn base<'a>() -> Spot<'a> {
    Spot::new(Container::Multipart, "")
}

#[cfg(test)]
mod tests {
    use sortie_model::Key;

    use super::*;

    fn found(body: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        if let Some(boundary) = boundary("multipart/form-data", body.as_bytes()) {
            search(Piece { data: body.as_bytes(), is_whole: true }, &boundary, &base(), &mut out);
        }
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {} {}", c.location, c.parameter, c.shown)).collect()
    }

    fn part_of(disposition: &str, content: &str) -> String {
        format!("--xyzw\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n--xyzw--\r\n")
    }

    #[test]
    fn boundaries_are_named_or_seen() {
        let named =
            |content_type, body: &'static [u8]| boundary(content_type, body).map(|b| (b.text.into_owned(), b.is_sure));
        let sure = |text: &str| Some((text.to_owned(), true));
        assert_eq!(named("multipart/form-data; charset=x; Boundary=\"a b\"", b""), sure("a b"));
        assert_eq!(named("multipart/form-data; boundary=ab", b""), sure("ab"));
        assert_eq!(named("", b"--abcd\r\nx"), sure("abcd"));
        assert_eq!(named("text/plain", b"x"), None);
        assert_eq!(named("multipart/form-data; boundary=a; boundary=b", b""), Some(("a".to_owned(), false)));
    }

    #[test]
    fn fields_are_parameters() {
        assert_eq!(found(&part_of("name=\"url\"", "http://h.example/x")), ["multipart url url http://h.example/x"]);
        assert_eq!(
            found(&part_of("name=hook[url]", "http://h.example/x")),
            ["multipart hook[url] hook.url http://h.example/x"]
        );
        let two = format!(
            "{}{}",
            part_of("name=\"host\"", "billing").trim_end_matches("--\r\n"),
            &part_of("name=\"port\"", "80")[6..]
        );
        assert_eq!(found(&two), ["multipart host host billing:80"]);
    }

    #[test]
    fn files_are_read_by_what_they_hold() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg'><image xlink:href='http://10.20.0.5/x'/></svg>";
        assert_eq!(
            found(&part_of("name=\"f\"; filename=\"a.svg\"", svg)),
            ["xml f.image@xlink:href xml:f http://10.20.0.5/x"]
        );
        assert_eq!(
            found(&part_of("name=\"f\"; filename=\"http://h.example/a.png\"", "PNG")),
            ["multipart f.filename f.filename http://h.example/a.png"]
        );
        assert_eq!(found(&part_of("name=\"f\"; filename=\"a.com\"", "\u{1}\u{2}")), [""; 0]);
    }

    #[test]
    fn a_part_that_is_cut_off_counts() {
        let whole = part_of("name=\"url\"", "http://h.example/x");
        assert_eq!(found(whole.trim_end_matches("\r\n--xyzw--\r\n")), ["multipart url url http://h.example/x"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(body in "(--xyzw|\r\n|\n|name=|;|\"|Content-Disposition: |[a-z/:]|<a ){0,40}") {
            let _ = found(&format!("--xyzw\r\n{body}"));
        }
    }

    #[test]
    fn a_file_is_what_its_name_says_where_nothing_else_does() {
        let body = |filename: &str, content_type: &str| {
            format!(
                "--xyzw\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{filename}\"\r\n{content_type}\r\n\
                 include:\n  - remote: \"http://h.example/x\"\r\n--xyzw--\r\n"
            )
        };
        for content_type in ["", "Content-Type: application/octet-stream\r\n", "Content-Type: application/yaml\r\n"] {
            let found = found(&body(".gitlab-ci.yml", content_type));
            assert_eq!(found, ["multipart f.include.remote f.include.remote http://h.example/x"], "{content_type}");
        }
    }
}
