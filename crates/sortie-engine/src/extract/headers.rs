//! Destinations in header fields and cookies.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;
use sortie_model::Container;

use super::collector::Collector;
use super::host::Trust;
use super::reading::whole;
use super::spot::{Setting, Spot};
use super::{jwt, pairs, value};

/// Fields that never name a destination: those of one connection (RFC 9110 §7.6.1), of content
/// negotiation, caching, conditions and ranges, of credentials (of which tokens are looked into), and what
/// browsers say about themselves. `User-Agent` names crawlers' home pages, which nobody dials.
#[rustfmt::skip]
const SILENT: &[&str] = &[
    "age", "authorization", "cache-control", "connection", "content-disposition", "content-encoding",
    "content-language", "content-length", "content-md5", "content-range", "content-type", "date", "device-memory",
    "dnt", "dpr", "early-data", "etag", "expect", "keep-alive", "last-modified", "max-forwards", "pragma", "prefer",
    "priority", "range", "save-data", "te", "tracestate", "traceparent", "trailer", "transfer-encoding", "upgrade",
    "upgrade-insecure-requests", "user-agent", "warning", "want-digest", "x-csrf-token", "x-requested-with",
];

/// The same by how they begin.
const SILENT_PREFIXES: &[&str] = &["accept", "if-", "proxy-", "sec-"];

/// Fields that every client or proxy sends and few servers dial by.
#[rustfmt::skip]
const AMBIENT: &[&str] = &[
    "cf-connecting-ip", "client-ip", "fastly-client-ip", "forwarded", "host", "origin", "referer", "true-client-ip",
    "via", "x-client-ip", "x-cluster-client-ip", "x-host", "x-http-host-override", "x-original-forwarded-for",
    "x-original-host", "x-real-ip", "x-remote-addr", "x-remote-ip",
];

/// The same by how they begin.
const AMBIENT_PREFIXES: &[&str] = &["x-forwarded", "x-envoy-"];

/// Pieces of one field that are read.
const PIECES: usize = 16;

/// Searches header fields; names are in lower case.
pub(super) fn search(fields: &[(&str, &[u8])], out: &mut Collector<'_>) {
    for &(name, bytes) in fields {
        if name == "authorization" {
            jwt::search_credentials(&String::from_utf8_lossy(bytes), &Spot::new(Container::Header, name), out);
        }
        if is_silent(name) {
            continue;
        }
        if out.is_done() {
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let spot = Spot::new(Container::Header, name);
        if name == "cookie" {
            cookies(&text, out);
        } else if is_ambient(name) {
            ambient(&text, &spot.set(Setting::Ambient), out);
        } else {
            match in_brackets(&text) {
                Some(urls) => urls.into_iter().for_each(|url| _ = value::search(url, &spot, out)),
                None => _ = value::search(&text, &spot, out),
            }
        }
    }
}

/// The URLs of a field that holds nothing else, each in angle brackets: `Callback: <http://a/><http://b/>` (UPnP Device
/// Architecture 2.0 §4.1.2). With parameters behind them, as in `Link`, they are read like any text.
fn in_brackets(text: &str) -> Option<SmallVec<[&str; 1]>> {
    let mut urls = SmallVec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (url, behind) = rest.strip_prefix('<')?.split_once('>')?;
        urls.push(url);
        rest = behind.trim_start_matches([' ', ',', '\t']);
        if urls.len() == PIECES {
            return None;
        }
    }
    (!urls.is_empty()).then_some(urls)
}

fn is_silent(name: &str) -> bool {
    SILENT.contains(&name) || SILENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_ambient(name: &str) -> bool {
    AMBIENT.contains(&name) || AMBIENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Elements of a list, and values of their parameters (`for=1.2.3.4;host=h`, RFC 7239), as hosts or
/// URLs.
fn ambient(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let trust = if spot.name.ends_with("host") { Trust::Host } else { Trust::Value };
    let is_url = matches!(spot.name, "origin" | "referer");
    // A URL may hold separators of lists.
    let pieces = if is_url { text.split(&[][..]) } else { text.split(&[',', ';', ' '][..]) };
    for piece in pieces.take(PIECES) {
        let piece = if is_url { piece } else { piece.split_once('=').map_or(piece, |(_, text)| text) };
        let piece = piece.trim().trim_matches('"');
        if let Some(reading) = whole(piece, trust).filter(|_| !piece.is_empty()) {
            out.offer(spot, &reading, spot.nature(spot.meaning()));
        }
    }
}

/// `a=1; b=2` (RFC 6265 §4.2.1). Values are percent-encoded by habit; the first decoding is part of
/// the container.
fn cookies(text: &str, out: &mut Collector<'_>) {
    // Some programs take a comma for a separator, too (RFC 2109).
    let behind_commas = text.split(',').skip(1).filter(|_| out.has_sinks()).collect::<Vec<_>>();
    for pair in text.split(';').chain(behind_commas.into_iter().flat_map(|piece| piece.split(';').take(1))) {
        if out.is_done() {
            return;
        }
        let (name, text) = pair.split_once('=').unwrap_or(("", pair));
        let text = unquoted(text.trim());
        let text = percent_decode_str(&text).decode_utf8_lossy();
        value::search(&text, &Spot::new(Container::Cookie, &pairs::decode(name.trim())), out);
    }
}

/// A cookie's value without its quotes, and without the escapes within them: `\"` and `\057`, as Python
/// writes them and most frameworks on it read them.
fn unquoted(text: &str) -> Cow<'_, str> {
    let bare = text.trim_matches('"');
    if bare.len() == text.len() || !bare.contains('\\') {
        return Cow::Borrowed(bare);
    }
    let mut undone = String::with_capacity(bare.len());
    let mut rest = bare;
    while let Some((before, escape)) = rest.split_once('\\') {
        undone.push_str(before);
        let octal = escape.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        let escaped = octal.map(char::from).or_else(|| escape.chars().next());
        undone.extend(escaped);
        rest = &escape[octal.map_or_else(|| escaped.map_or(0, char::len_utf8), |_| 3)..];
    }
    undone.push_str(rest);
    Cow::Owned(undone)
}

#[cfg(test)]
mod tests {
    use sortie_model::Key;

    use super::*;

    fn found(fields: &[(&str, &str)]) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        let fields: Vec<(&str, &[u8])> = fields.iter().map(|&(name, text)| (name, text.as_bytes())).collect();
        search(&fields, &mut out);
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {:?} {}", c.location, c.nature, c.shown)).collect()
    }

    #[test]
    fn custom_fields_are_judged_by_their_names() {
        assert_eq!(
            found(&[("x-callback-url", "http://h.example/x")]),
            ["header x-callback-url Named http://h.example/x"]
        );
        assert_eq!(
            found(&[("x-wap-profile", "\"http://h.example/p.xml\"")]),
            ["header x-wap-profile Value http://h.example/p.xml"]
        );
        assert_eq!(
            found(&[("x-target-host", "billing"), ("x-target-port", "80")]),
            ["header x-target-host Named billing:80"]
        );
        assert_eq!(found(&[("link", "<http://h.example/x>; rel=next")]), ["header link Prose http://h.example/x"]);
        assert_eq!(
            found(&[("callback", "<http://h.example/x> <http://10.20.0.5:81/>")]),
            ["header callback Named http://h.example/x", "header callback Named http://10.20.0.5:81/"]
        );
        assert_eq!(found(&[("callback", "<<http://h.example/x>")]), ["header callback Prose http://h.example/x"]);
    }

    #[test]
    fn what_every_client_sends_is_ambient() {
        assert_eq!(found(&[("host", "billing")]), ["header host Ambient billing"]);
        assert_eq!(found(&[("host", "shop.example:8080")]), ["header host Ambient shop.example:8080"]);
        assert_eq!(found(&[("origin", "https://shop.example")]), ["header origin Ambient https://shop.example/"]);
        assert_eq!(
            found(&[("referer", "https://shop.example/a,b;c?x=1")]),
            ["header referer Ambient https://shop.example/a,b;…?x=…"]
        );
        assert_eq!(found(&[("x-forwarded-for", "203.0.113.5, 10.0.0.1")]).len(), 2);
        assert_eq!(
            found(&[("forwarded", "for=\"[2001:db8::1]:47\";host=shop.example;proto=https")]),
            ["header forwarded Ambient [2001:db8::1]:47", "header forwarded Ambient shop.example"]
        );
        assert_eq!(found(&[("origin", "null"), ("x-forwarded-proto", "https"), ("via", "1.1 proxy")]), [""; 0]);
    }

    #[test]
    fn silent_fields_are_not_read() {
        for name in [
            "user-agent",
            "accept",
            "accept-language",
            "if-none-match",
            "authorization",
            "sec-fetch-site",
            "content-type",
        ] {
            assert_eq!(found(&[(name, "http://h.example/")]), [""; 0], "{name}");
        }
    }

    #[test]
    fn a_comma_separates_cookies_at_an_endpoint_with_sinks() {
        use super::super::{Head, ProvenSink, from_head};
        let key = Key::new(&[1; 32]);
        let fields: &[(&str, &[u8])] = &[("cookie", b"a=1, back=http://10.20.0.5/x; b=2")];
        let sinks = [ProvenSink { parameter: "cookie:back".into(), read_in: sortie_model::Containers::NONE }];
        let names = |sinks| {
            let found = from_head(&Head { target: "/", fields, sinks }, &key).candidates;
            found.iter().map(|c| c.parameter.to_string()).collect::<Vec<_>>()
        };
        assert!(names(&sinks).contains(&"cookie:back".to_owned()), "{:?}", names(&sinks));
        assert!(!names(&[]).contains(&"cookie:back".to_owned()));
    }

    #[test]
    fn cookies_are_parameters_of_their_own() {
        assert_eq!(
            found(&[("cookie", "sid=8f14e45f; next=http%3A%2F%2Fh.example%2Fx; theme=dark")]),
            ["cookie next Named http://h.example/x"]
        );
        assert_eq!(
            found(&[("cookie", r#"next="\150ttp\072//h.example/\"x"; a="\4"; b="é\é""#)]),
            ["cookie next Named http://h.example/{…}"]
        );
    }

    #[test]
    fn bytes_beyond_utf8_do_no_harm() {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(&[("x-url", b"http://h.example/\xff")], &mut out);
        assert_eq!(out.finish().candidates.len(), 1);
    }
}
