//! Where the head of an answer leads.

use std::borrow::Cow;
use std::cell::LazyCell;

use smallvec::SmallVec;
use sortie_model::event::HopKind;
use sortie_model::{Key, limits};

use super::{Targets, readings};

/// Redirects that are kept of one answer; more of them are no honest redirect.
const REDIRECTS: usize = 8;

/// Resolves the fields that lead elsewhere against the URL that was dialled (RFC 9110 §10.2.2). Clients
/// differ in which of several fields they take, in the text they make of bytes beyond ASCII, and in where
/// they see the host: each of these readings may be the one that is followed.
///
/// `reads_content`: whether what the answer merely names counts too.
pub(in crate::gate) fn of_head<'a>(
    base: impl FnOnce() -> String,
    status: u16,
    fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    reads_content: bool,
    key: &Key,
) -> Targets {
    // Most answers lead nowhere.
    let base = LazyCell::new(base);
    let mut targets = Targets::default();
    for (name, field) in fields {
        let Some(kind) = kind_of(name, status).filter(|kind| reads_content || *kind == HopKind::Redirect) else {
            continue;
        };
        let room = match kind {
            HopKind::Redirect => REDIRECTS,
            HopKind::Content => limits::NAMED_BY_ANSWER,
        };
        let (mut names_some, mut reads) = (false, false);
        for text in texts(field) {
            for reference in references(name, &text) {
                names_some = true;
                for target in readings(&base, reference, kind, key) {
                    reads = true;
                    targets.add(target, room);
                }
            }
        }
        targets.hides_some |= kind == HopKind::Redirect && names_some && !reads;
    }
    // The redirect is likelier than what stands beside it.
    targets.seen.sort_by_key(|target| target.kind);
    targets
}

/// How a field leads elsewhere, if it does.
fn kind_of(name: &str, status: u16) -> Option<HopKind> {
    match name {
        // Python's urllib takes `URI`, which RFC 2068 had.
        "location" | "uri" if (300..400).contains(&status) => Some(HopKind::Redirect),
        "refresh" => Some(HopKind::Redirect),
        "location" | "content-location" | "link" => Some(HopKind::Content),
        _ => None,
    }
}

/// The URLs of a field.
fn references<'t>(name: &str, text: &'t str) -> SmallVec<[&'t str; 2]> {
    match name {
        "refresh" => refresh(text).into_iter().collect(),
        // `<url>; rel=next, <url>` (RFC 8288 §3).
        "link" => text.split('<').skip(1).filter_map(|link| Some(link.split_once('>')?.0)).collect(),
        _ => SmallVec::from_slice(&[text]),
    }
}

/// `0; url=http://…`, as browsers read it (HTML, "shared declarative refresh steps"): the separator may be
/// a comma or white space, and `url=` and the quotes may be left out. `None` where there is only a time.
fn refresh(text: &str) -> Option<&str> {
    let after_time = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let text = after_time.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | ','));
    let url = text.get(..3).filter(|start| start.eq_ignore_ascii_case("url")).map(|_| text[3..].trim_start());
    let text = url.and_then(|rest| rest.strip_prefix('=')).map_or(text, str::trim_start);
    let text = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split(quote).next().unwrap_or_default(),
        _ => text.trim_end(),
    };
    (!text.is_empty()).then_some(text)
}

/// The field as UTF-8 and, where that differs, as latin-1.
fn texts(field: &[u8]) -> SmallVec<[Cow<'_, str>; 2]> {
    let mut texts = SmallVec::new();
    texts.push(String::from_utf8_lossy(field));
    if !field.is_ascii() {
        texts.push(Cow::Owned(field.iter().map(|&byte| char::from(byte)).collect()));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://cdn.example:8080/a/b?x";

    fn of(status: u16, fields: &[(&str, &[u8])], reads_content: bool) -> Targets {
        of_head(|| BASE.to_owned(), status, fields.iter().copied(), reads_content, &Key::new(&[1; Key::LENGTH]))
    }

    fn read(locations: &[&[u8]]) -> Targets {
        let fields: Vec<_> = locations.iter().map(|location| ("location", *location)).collect();
        of(302, &fields, true)
    }

    fn shown(location: &str) -> Option<String> {
        read(&[location.as_bytes()]).seen.first().map(|t| format!("{} {}", t.destination, t.shown))
    }

    fn destinations(locations: &[&[u8]]) -> Vec<String> {
        read(locations).seen.iter().map(|target| target.destination.to_string()).collect()
    }

    #[test]
    fn an_older_field_leads_elsewhere_too() {
        let uri: &[(&str, &[u8])] = &[("uri", b"http://169.254.169.254/x")];
        assert_eq!(of(302, uri, false).seen.len(), 1);
        assert!(of(200, uri, true).seen.is_empty());
    }

    #[test]
    fn resolves_relative_and_absolute_locations() {
        assert_eq!(shown("../c").as_deref(), Some("cdn.example:8080 http://cdn.example:8080/c"));
        assert_eq!(shown("//169.254.169.254/x").as_deref(), Some("169.254.169.254:80 http://169.254.169.254/x"));
        assert_eq!(shown("http://0xa9fea9fe/").as_deref(), Some("169.254.169.254:80 http://169.254.169.254/"));
        assert_eq!(shown("https://b.example/#f").as_deref(), Some("b.example:443 https://b.example/"));
        assert_eq!(shown("mailto:a@b.example"), None);
        assert_eq!(read(&[b"http://a.example/x"]).seen.len(), 1);
    }

    #[test]
    fn bytes_beyond_ascii_hide_nothing() {
        for location in ["http://169.254.169.254/latest?é".as_bytes(), b"http://169.254.169.254/latest?\xe9"] {
            let targets = read(&[location]);
            assert!(!targets.hides_some && !targets.seen.is_empty());
            assert!(targets.seen.iter().all(|target| target.destination.to_string() == "169.254.169.254:80"));
        }
    }

    #[test]
    fn every_field_and_every_reading_counts() {
        assert_eq!(destinations(&[b"http://a.example/", b"http://10.0.0.1/"]), ["a.example:80", "10.0.0.1:80"]);
        let two = destinations(&[b"http://10.0.0.1\\@b.example/"]);
        assert!(two.contains(&"10.0.0.1:80".to_owned()) && two.contains(&"b.example:80".to_owned()), "{two:?}");
    }

    #[test]
    fn what_does_not_read_or_is_too_much_may_point_anywhere() {
        assert!(read(&[b"http://"]).hides_some && read(&[b"mailto:a@b.example"]).hides_some);
        let many: Vec<String> = (0..=REDIRECTS).map(|n| format!("http://h{n}.example/")).collect();
        let many: Vec<&[u8]> = many.iter().map(String::as_bytes).collect();
        let targets = read(&many);
        assert!(targets.hides_some && targets.seen.len() == REDIRECTS);
        assert!(!read(&[]).hides_some);
    }

    #[test]
    fn a_refresh_redirects_whatever_the_status() {
        for field in [
            "0; url=http://10.0.0.1/x",
            "5;URL='http://10.0.0.1/x' ",
            " 0.5 , http://10.0.0.1/x",
            "0 url = \"http://10.0.0.1/x",
        ] {
            let targets = of(200, &[("refresh", field.as_bytes())], false);
            assert_eq!(targets.seen.len(), 1, "{field}");
            assert_eq!(targets.seen[0].destination.to_string(), "10.0.0.1:80", "{field}");
            assert_eq!((targets.seen[0].kind, targets.hides_some), (HopKind::Redirect, false), "{field}");
        }
        let reload = of(200, &[("refresh", b"30")], false);
        assert!(reload.seen.is_empty() && !reload.hides_some);
        assert!(of(200, &[("refresh", b"0; url=http://")], false).hides_some);
    }

    #[test]
    fn what_a_head_names_is_content() {
        let fields: [(&str, &[u8]); 4] = [
            ("link", b"<http://10.0.0.1/next>; rel=\"next\", </style.css>; rel=preload"),
            ("content-location", b"http://10.0.0.2/"),
            ("location", b"http://10.0.0.3/"),
            ("x-note", b"http://10.0.0.4/"),
        ];
        let targets = of(201, &fields, true);
        let shown: Vec<_> = targets.seen.iter().map(|target| target.destination.to_string()).collect();
        assert_eq!(shown, ["10.0.0.1:80", "cdn.example:8080", "10.0.0.2:80", "10.0.0.3:80"]);
        assert!(targets.seen.iter().all(|target| target.kind == HopKind::Content) && !targets.hides_some);
        assert!(of(201, &fields, false).seen.is_empty());
        let redirect = of(302, &fields, true);
        assert_eq!(redirect.seen[0].destination.to_string(), "10.0.0.3:80", "the likeliest first");
    }
}
