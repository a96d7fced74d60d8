use super::*;
use crate::hop::origin_form;

/// How a request's body is framed.
#[derive(Clone, Copy, PartialEq)]
enum Framing {
    Nothing,
    Length(u64),
    Chunks,
}

use Framing::{Chunks, Length, Nothing};

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    fields.iter().map(|&(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).fold(
        HeaderMap::new(),
        |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        },
    )
}

fn texts(headers: &HeaderMap) -> Vec<String> {
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

fn written(fields: &[(&'static str, &'static str)], body: Framing, is_trusted: bool) -> Vec<String> {
    let mut headers = headers(fields);
    let hop = HopFields::take(&mut headers);
    Onward {
        body: if let Framing::Length(length) = body { Some(length) } else { None },
        has_body: body != Framing::Nothing,
        hop: &hop,
        version: Version::HTTP_11,
        peer: &HeaderValue::from_static("192.0.2.7"),
        is_trusted,
        authority: &HeaderValue::from_static("upstream:5000"),
    }
    .write(&mut headers);
    texts(&headers)
}

#[test]
fn the_hop_says_where_the_request_came_from() {
    let own = ["x-forwarded-for: 192.0.2.7", "x-forwarded-proto: http", "via: 1.1 sortie"];
    assert_eq!(written(&[("host", "a")], Nothing, false), [&["host: a"][..], &own].concat());
    assert_eq!(written(&[], Nothing, false), [&["host: upstream:5000"][..], &own].concat());
    assert_eq!(
        written(
            &[
                ("host", "a"),
                ("x-forwarded-for", "198.51.100.1, 10.0.0.1"),
                ("x-forwarded-for", "10.0.0.2"),
                ("x-forwarded-proto", "https"),
                ("via", "1.1 front"),
            ],
            Nothing,
            true
        ),
        [
            "host: a",
            "x-forwarded-for: 198.51.100.1, 10.0.0.1, 10.0.0.2, 192.0.2.7",
            "x-forwarded-proto: https",
            "via: 1.1 front",
            "via: 1.1 sortie",
        ]
    );
}

#[test]
fn a_stranger_does_not_say_what_the_scheme_was() {
    assert_eq!(written(&[("host", "a"), ("x-forwarded-proto", "https")], Nothing, false)[1], "x-forwarded-proto: http");
}

#[test]
fn framing_is_written_in_one_way() {
    let first = |fields, body| written(fields, body, false)[1].clone();
    assert_eq!(first(&[("host", "a"), ("content-length", "007")], Length(7)), "content-length: 7");
    assert_eq!(first(&[("host", "a"), ("content-length", "00")], Nothing), "content-length: 0");
    assert_eq!(first(&[("host", "a"), ("content-length", "70")], Length(70)), "content-length: 70");
    let chunked = [("host", "a"), ("trailer", "x"), ("transfer-encoding", "Chunked")];
    assert_eq!(written(&chunked, Chunks, false)[1..3], ["trailer: x", "transfer-encoding: chunked"]);
    assert_eq!(first(&[("host", "a"), ("trailer", "x"), ("accept", "1")], Nothing), "accept: 1");
}

#[test]
fn trailers_and_upgrades_are_asked_for_anew() {
    let fields =
        [("host", "a"), ("connection", "TE, Upgrade"), ("te", "gzip;q=0.5, trailers"), ("upgrade", "websocket")];
    let written = written(&fields, Nothing, false);
    assert_eq!(written[4..], ["connection: upgrade", "connection: te", "upgrade: websocket", "te: trailers"]);
}

#[test]
fn targets_go_on_in_origin_form() {
    for (target, wanted) in [
        ("/a?b", "/a?b"),
        ("*", "*"),
        ("http://a.example/b?c", "/b?c"),
        ("http://a.example", "/"),
        ("http://a.example?c", "/?c"),
    ] {
        assert_eq!(origin_form(target.parse().unwrap()).to_string(), wanted);
    }
}
