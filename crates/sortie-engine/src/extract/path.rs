//! Destinations in the path of a request.

use sortie_model::{Container, Nature};

use super::collector::Collector;
use super::host::Trust;
use super::label::is_label;
use super::prose;
use super::reading::{absolute, whole};
use super::segments::{Rest, Segments, joined};
use super::spot::{Setting, Spot};
use super::value;

/// Pieces of a rest that are read where it begins with no destination.
const PIECES: usize = 64;

/// Searches identifiers and the rest. An identifier's name is its position among the segments,
/// counted from 0.
pub(super) fn search(path: &Segments<'_>, out: &mut Collector<'_>) {
    for (index, segment) in path.segments.iter().enumerate() {
        if let Some(text) = segment.searched() {
            let name = index.to_string();
            let spot = Spot::new(Container::Path, &name).set(Setting::Urls);
            value::search(text, &spot, out);
            if path.is_of_labels(index) && is_label(text) {
                out.offer_label(&spot, text);
            }
        }
    }
    let spot = Spot::new(Container::Path, "rest").set(Setting::Type);
    match path.rest {
        None => {}
        Some(Rest::Long(tail)) => {
            value::search(&decoded(tail), &spot.set(Setting::Urls), out);
        }
        Some(Rest::Separated { scheme, tail }) => {
            if let Some(reading) = absolute(&format!("{scheme}://{}", decoded(tail))) {
                out.offer(&spot, &reading, Nature::Named);
            }
        }
        Some(Rest::Encoded(tail)) => {
            if let Some(text) = joined(tail) {
                value::search(&text, &spot, out);
            }
        }
        Some(Rest::Destination(tail)) => rest(tail, &spot, out),
    }
}

/// A URL that is encoded as one segment is one to most routers, and other segments follow it
/// (`/maven/http%3A%2F%2Fh%2Frepo/org/1.0`). Where a program takes them with it, it names the beginning of what is
/// dialled; the host is the same.
fn rest(tail: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let (segment, behind) = tail.split_once('/').unwrap_or((tail, ""));
    let segment = decoded(segment);
    if absolute(&segment).is_some() {
        destination(&segment, spot, out);
        prose::search(&decoded(behind), spot, Nature::Value, out);
    } else {
        destination(&decoded(tail), spot, out);
    }
}

/// One decoding is the path's own, and no decoding of the candidate.
fn decoded(raw: &str) -> std::borrow::Cow<'_, str> {
    percent_encoding::percent_decode_str(raw).decode_utf8_lossy()
}

fn destination(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let before = out.offers();
    if let Some(reading) = absolute(text) {
        out.offer(spot, &reading, Nature::Named);
        // A second URL behind the first: a filter of an image server.
        let after = text.find("://").map_or("", |at| &text[at + 3..]);
        prose::search(after, spot, Nature::Value, out);
    } else if let Some(reading) = whole(text, Trust::Destination) {
        out.offer(spot, &reading, Nature::Named);
        prose::search(text, spot, Nature::Value, out);
    } else {
        pieces(text, spot, out);
    }
    if out.offers() == before {
        value::search(text, spot, out);
    }
}

/// `filter(http://a/x,10)/http://b/y`: destinations between brackets, commas and slashes.
fn pieces(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    for piece in text.split(['(', ')', ',', '|']).take(PIECES) {
        let piece = piece.trim_matches('/');
        match whole(piece, Trust::Strict) {
            Some(reading) => {
                out.offer(spot, &reading, Nature::Value);
            }
            None => prose::search(piece, spot, Nature::Value, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::{Host, Key};

    use super::*;
    use crate::extract::ProvenSink;
    use crate::extract::segments::split;

    fn found(target: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(&split(target), &mut out);
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {} {}", c.parameter, c.manner.kind.as_str(), c.shown)).collect()
    }

    #[test]
    fn finds_what_makes_a_rest() {
        assert_eq!(found("/unsafe/20x20/http://10.20.0.5/a.png"), ["path:rest url http://10.20.0.5/a.png"]);
        assert_eq!(found("/fetch/http%3A%2F%2Fh.example%2Fx"), ["path:rest url http://h.example/x"]);
        assert_eq!(found("/fetch/http%3A//h.example/x"), ["path:rest url http://h.example/x"]);
        assert_eq!(found("/proxy/http:/h.example/x"), ["path:rest url http://h.example/x"]);
        assert_eq!(found("/maven/http%3A%2F%2Fh.example%2Frepo/org/1.0"), ["path:rest url http://h.example/repo"]);
        assert_eq!(found("/maven/http%3A%2F%2F/h.example/repo"), ["path:rest url http://h.example/repo"]);
        assert_eq!(found("/proxy/http/billing/charge"), ["path:rest url http://billing/charge"]);
        for target in [
            "/proxy/http/%31%30.20.0.5/x",
            "/proxy/%68ttp/10.20.0.5/x",
            "/proxy/HTTP/10%2e20.0.5/x",
            "/proxy/http/10.20.0.5%2Fx",
            "/proxy/%2568ttp/10.20.0.5/x",
        ] {
            assert_eq!(found(target), ["path:rest url http://10.20.0.5/x"], "{target}");
        }
        // Its client undoes a second layer.
        assert_eq!(found("/proxy/http/%2531%2530.20.0.5/x"), ["path:rest url http://%31%30.20.0.5/x"]);
        assert_eq!(found("/proxy/http/%62illing%3A81/x"), ["path:rest url http://billing:81/x"]);
        assert_eq!(found("/proxy/http/x%40billing:81/x"), ["path:rest url http://billing:81/x"]);
        assert_eq!(found("/unsafe/20x20/cdn.example.test/p.png"), ["path:rest authority cdn.example.test/p.png"]);
        assert_eq!(found("/probe/10.20.0.5:8080"), ["path:rest authority 10.20.0.5:8080"]);
        assert_eq!(found("/probe/10.20.0.5"), ["path:rest host 10.20.0.5"]);
        assert_eq!(found("/x/http%253A%252F%252Fh.example%252F"), ["path:rest url http://h.example/"]);
    }

    #[test]
    fn finds_a_second_url_in_a_filter() {
        assert_eq!(
            found("/unsafe/40x40/filters:watermark(http://10.20.0.5:8080/w.png,0,0,50)/http://cdn.example/a.png"),
            ["path:rest url http://10.20.0.5:8080/w.png", "path:rest url http://cdn.example/a.png"]
        );
        assert_eq!(
            found("/unsafe/http://cdn.example/filters:x(http://10.20.0.5/w)/a"),
            ["path:rest url http://cdn.example/filters:x(http://10.20.0.5/w)/a", "path:rest url http://10.20.0.5/w"]
        );
        assert_eq!(
            found("/unsafe/filters:watermark(10.20.0.5:8080/w.png,0)/x"),
            ["path:rest authority 10.20.0.5:8080/w.png"]
        );
    }

    #[test]
    fn finds_encoded_segments_and_members_of_collections() {
        assert_eq!(found("/proxy/aHR0cDovLzEwLjIwLjAuNS94"), ["path:1 url http://10.20.0.5/x"]);
        assert_eq!(found("/img/rs:fit/aHR0cDovLzEwLjIw/LjAuNS94.png"), ["path:rest url http://10.20.0.5/x"]);
        for ending in ["", ".png", ".webp", ".json", "@jpg"] {
            let target = format!("/img/aHR0cDovLzEwLjIwLjAuNS94{ending}");
            assert_eq!(found(&target), ["path:1 url http://10.20.0.5/x"], "{target}");
        }
        assert_eq!(found("/v2/domains/example.com/records"), ["path:2 host example.com"]);
    }

    #[test]
    fn finds_what_breaks_out_of_a_label() {
        for (tenant, found_there) in [
            ("acme", "path:2 label acme"),
            ("169.254.169.254%2Fx%23", "path:2 authority 169.254.169.254/x"),
            ("%31%36%39%2e254.169.254%2Fx%23", "path:2 authority 169.254.169.254/x"),
            ("127.0.0.1%3A8080%3F", "path:2 authority 127.0.0.1:8080"),
        ] {
            assert_eq!(found(&format!("/api/tenants/{tenant}/status")), [found_there]);
        }
        // At a place that is known to be dialled all that may be a destination is.
        let sinks = [ProvenSink { parameter: "path:2".into(), read_in: Container::Path.into() }];
        for tenant in ["x%3By%4010.20.0.5%2F", "10.1310725%2Fx%23", "x%4010.20.0.5%3A80%23", "0x0a140005%3F"] {
            let key = Key::new(&[1; 32]);
            let mut out = Collector::new(&key).with_sinks(&sinks);
            search(&split(&format!("/api/tenants/{tenant}/status")), &mut out);
            let hosts: Vec<_> =
                out.finish().candidates.iter().flat_map(|c| c.hosts().cloned().collect::<Vec<_>>()).collect();
            assert!(hosts.contains(&Host::parse("10.20.0.5")), "{tenant}: {hosts:?}");
        }
    }

    #[test]
    fn finds_none_in_ordinary_paths() {
        for target in [
            "/",
            "/v1/users/17",
            "/api/users.list",
            "/files/report.pdf",
            "/2026-11-24/12:30",
            "/a%2Fb",
            "/users/a@b.example",
        ] {
            assert_eq!(found(target), [""; 0], "{target}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(target in "(/|[a-z0-9.:;%(),é-]|%2[fFeE]|http|://){0,60}") {
            let _ = found(&target);
        }
    }
}
