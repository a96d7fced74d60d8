//! Destinations in `multipart/form-data` (RFC 7578) and its relatives.

use memchr::memmem;
use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use sortie_model::event::Cut;
use sortie_model::{Container, Nature};

use super::body::{self, Piece};
use super::collector::Collector;
use super::reading::absolute;
use super::spot::Spot;
use super::{prose, value, work};

/// Parts that are read.
const PARTS: usize = 256;
/// Longest head of a part, in bytes.
const HEAD: usize = 4096;
/// Longest boundary (RFC 2046 §5.1.1), with some room.
const BOUNDARY: usize = 100;

/// The boundary that a content type names, else the one that the body begins with.
pub(super) fn boundary<'a>(content_type: &'a str, body: &'a [u8]) -> Option<&'a str> {
    let named = parameter(content_type, "boundary").filter(|b| !b.is_empty() && b.len() <= BOUNDARY);
    named.or_else(|| {
        let line = body.strip_prefix(b"--")?.split(|&b| matches!(b, b'\r' | b'\n')).next()?;
        std::str::from_utf8(line).ok().filter(|b| b.len() >= 4 && b.len() <= BOUNDARY)
    })
}

/// The value of a parameter in `type; name="value"`.
fn parameter<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = text.split_once(';')?.1;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (name, after) = rest.split_once('=')?;
        let (found, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(found.trim());
        }
        rest = after;
    }
}

/// Searches every part that has begun.
pub(super) fn search(piece: Piece<&[u8]>, boundary: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let bytes = piece.data;
    let delimiter = format!("--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let mut begins =
        finder.find_iter(bytes).filter(|&at| at == 0 || bytes[at - 1] == b'\n').map(|at| at + delimiter.len());
    let Some(mut begin) = begins.next() else { return };
    for _ in 0..PARTS {
        if out.is_done() {
            return;
        }
        out.work(work::PART);
        let next = begins.next();
        let end = next.map_or(bytes.len(), |next| next - delimiter.len());
        part(Piece { data: &bytes[begin..end], is_whole: piece.is_whole || next.is_some() }, base, out);
        match next {
            Some(next) => begin = next,
            None => return,
        }
    }
    out.cut(Cut::Count);
}

/// One part: what stands between two boundaries.
fn part(piece: Piece<&[u8]>, base: &Spot<'_>, out: &mut Collector<'_>) {
    let bytes = piece.data;
    let head_room = &bytes[..bytes.len().min(HEAD)];
    let (head_end, length) = match (memmem::find(head_room, b"\r\n\r\n"), memmem::find(head_room, b"\n\n")) {
        (Some(at), _) => (at, 4),
        (None, Some(at)) => (at, 2),
        (None, None) => return,
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]);
    let content = &bytes[head_end + length..];
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    let inner = Piece { data: content, ..piece };
    let field = |wanted: &str| {
        head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)))
    };
    let disposition = field("content-disposition").map_or("", |(_, text)| text);
    let name = parameter(disposition, "name").unwrap_or_default();
    let encoded = || parameter(disposition, "filename*").map(|text| percent_decode_str(text).decode_utf8_lossy());
    let filename = parameter(disposition, "filename").map(Cow::Borrowed).or_else(encoded);
    let content_type = field("content-type").map(|(_, text)| text.trim());
    let spot = base.named(name);
    if let Some(filename) = filename {
        let at = format!("{name}.filename");
        match absolute(filename.trim()) {
            Some(reading) => drop(out.offer(&base.named(&at), &reading, Nature::Value)),
            None => prose::search(&filename, &base.named(&at), Nature::Value, out),
        }
        body::part(inner, content_type.unwrap_or_default(), &spot, out);
    } else if !is_text(content_type) {
        body::part(inner, content_type.unwrap_or_default(), &spot, out);
    } else if piece.is_whole {
        value::search(&String::from_utf8_lossy(content), &spot, out);
    }
}

fn is_text(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|text| text.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("text/plain")))
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
        let boundary = boundary("multipart/form-data", body.as_bytes()).unwrap_or("none");
        search(Piece { data: body.as_bytes(), is_whole: true }, boundary, &base(), &mut out);
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {} {}", c.location, c.parameter, c.shown)).collect()
    }

    fn part_of(disposition: &str, content: &str) -> String {
        format!("--xyzw\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n--xyzw--\r\n")
    }

    #[test]
    fn boundaries_are_named_or_seen() {
        assert_eq!(boundary("multipart/form-data; charset=x; Boundary=\"a b\"", b""), Some("a b"));
        assert_eq!(boundary("multipart/form-data; boundary=ab", b""), Some("ab"));
        assert_eq!(boundary("", b"--abcd\r\nx"), Some("abcd"));
        assert_eq!(boundary("text/plain", b"x"), None);
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
}
