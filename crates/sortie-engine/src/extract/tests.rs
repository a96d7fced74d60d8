//! Requests as a whole: the aliases of one place, what is read and what is cut, what carries nothing.

use std::collections::BTreeSet;

use sortie_model::event::Cut;
use sortie_model::{Containers, Decoding, Host, Key, Nature, Place, limits};

use super::*;
use crate::codec;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";
pub(super) const MULTIPART: &str = "multipart/form-data; boundary=xyzw";

pub(super) fn key() -> Key {
    Key::new(&[5; Key::LENGTH])
}

pub(super) fn head(target: &str) -> Extraction {
    from_head(&Head { target, fields: &[], sinks: &[] }, &key())
}

/// The same at an endpoint with a proven sink.
pub(super) fn body_at_sink(content_type: &str, sink: &str, text: &str) -> Extraction {
    let sinks = [ProvenSink { parameter: sink.into(), read_in: Containers::of_parameter(sink) }];
    let (content_type, bytes) = (Some(content_type), text.as_bytes());
    from_body(&Body { content_type, content_encoding: None, bytes, complete: true, sinks: &sinks }, &key())
}

pub(super) fn body(content_type: &str, bytes: &[u8]) -> Extraction {
    let body = Body { content_type: Some(content_type), content_encoding: None, bytes, complete: true, sinks: &[] };
    from_body(&body, &key())
}

pub(super) fn part(name: &str, content: &str) -> String {
    format!("--xyzw\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n--xyzw--\r\n")
}

pub(super) fn locations(extraction: &Extraction) -> Vec<String> {
    extraction.candidates.iter().map(|c| format!("{} {}", c.location, c.shown)).collect()
}

/// The places of all candidates of one request.
fn places(target: &str, content_type: &str, content: &str) -> BTreeSet<String> {
    let (head, body) = (head(target), body(content_type, content.as_bytes()));
    let template = std::sync::Arc::from(template(target));
    let all = head.candidates.iter().chain(&body.candidates);
    all.map(|c| Place::new(&template, c.parameter.clone()).to_string()).collect()
}

#[test]
fn aliases_of_one_sink_are_one_place() {
    let expected = BTreeSet::from(["/v1/hooks hook.url".to_owned()]);
    let url = "http://10.20.0.5/x";
    let json = |text: &str| (String::from("/v1/hooks"), JSON, text.replace("URL!", url));
    let target = |text: &str| (text.replace("URL!", url), FORM, String::new());
    let requests = [
        json(r#"{"hook":{"url":"URL!"}}"#),
        json(r#"{"HOOK":{"Url":"URL!"}}"#),
        json(r#"{"hook":[{"url":"URL!"}]}"#),
        json(r#"{"hook":{"url":"http://a.example/","url":"URL!"}}"#),
        ("/v1/hooks".into(), "text/plain", format!("{{\"hook\":{{\"url\":\"{url}\"}}}}")),
        ("/v1/hooks".into(), FORM, format!("hook[url]={url}")),
        ("/v1/hooks".into(), FORM, format!("hook%5Burl%5D={url}&hook[URL][]=http://a.example/")),
        ("/v1/hooks".into(), MULTIPART, part("hook[url]", url)),
        target("/v1/hooks?hook.url=URL!"),
        target("/v1/hooks/?hook[0][url]=URL!"),
        target("/v1/%68ooks?hook[url]=URL!"),
        target("/V1//Hooks;v=1?hook[url]=URL!"),
        target("/v1/./hooks?hook%5burl%5d=http%3A%2F%2F10.20.0.5%2Fx"),
        target("/v1/x/../hooks?hook[url]=URL!#top"),
    ];
    for (target, content_type, content) in requests {
        assert_eq!(places(&target, content_type, &content), expected, "{target} {content}");
    }
}

#[test]
fn a_parameter_of_another_kind_is_another_place() {
    let fields: &[(&str, &[u8])] = &[("x-url", b"http://h.example/"), ("cookie", b"url=http://h.example/")];
    let found = from_head(&Head { target: "/x?url=http://h.example/", fields, sinks: &[] }, &key());
    let parameters: Vec<_> = found.candidates.iter().map(|c| &*c.parameter).collect();
    assert_eq!(parameters, ["url", "header:x-url", "cookie:url"]);
}

#[test]
fn the_declared_type_is_a_hint() {
    let json = br#"{"url":"http://h.example/"}"#;
    for content_type in
        [JSON, FORM, "text/plain", "", "application/octet-stream", "application/vnd.api+json; charset=x", "image/png"]
    {
        assert_eq!(locations(&body(content_type, json)), ["$.url http://h.example/"], "{content_type}");
    }
    assert_eq!(locations(&body(JSON, b"url=http://h.example/")), ["form url http://h.example/"]);
    assert_eq!(locations(&body("text/plain", b"http://h.example/")), ["body http://h.example/"]);
    assert_eq!(locations(&body(FORM, b"{x}=1&url=http://h.example/")), ["form url http://h.example/"]);
    assert_eq!(locations(&body("", part("url", "http://h.example/").as_bytes())), ["multipart url http://h.example/"]);
    let xml = b"<!DOCTYPE r [<!ENTITY x SYSTEM 'http://h.example/'>]><r>&x;</r>";
    for content_type in ["application/xml", "text/plain", JSON, "application/soap+xml"] {
        assert_eq!(locations(&body(content_type, xml)), ["xml entity http://h.example/"], "{content_type}");
    }
    assert_eq!(locations(&body("text/html", b"<img src='http://h.example/'>")), ["html img@src http://h.example/"]);
    assert_eq!(
        locations(&body("image/svg+xml", b"<svg><image href='http://h.example/'/></svg>")),
        ["xml image@href http://h.example/"]
    );
}

#[test]
fn utf16_is_read() {
    let text = r#"{"url":"http://h.example/"}"#;
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        assert_eq!(locations(&body(JSON, &bytes)), ["$.url http://h.example/"]);
    }
}

#[test]
fn bytes_beyond_utf8_hide_nothing() {
    assert_eq!(locations(&body(JSON, b"{\"a\":\"\xff\",\"url\":\"http://h.example/\"}")), ["$.url http://h.example/"]);
}

#[test]
fn compressed_bodies_are_read() {
    let text = br#"{"url":"http://h.example/"}"#;
    let (gzip, brotli) = (codec::tests::gzip(text), codec::tests::brotli(text));
    let with = |coding, bytes: &[u8]| {
        let content_encoding = Some(coding);
        from_body(&Body { content_type: Some(JSON), content_encoding, bytes, complete: true, sinks: &[] }, &key())
    };
    for (coding, bytes) in [("gzip", &gzip), ("br", &brotli)] {
        let found = with(coding, bytes);
        assert_eq!(locations(&found), ["$.url http://h.example/"], "{coding}");
        assert!(found.candidates[0].manner.decodings.contains(Decoding::Compressed));
    }
    assert_eq!(with("compress", &gzip).cut, Some(Cut::Codec));
    assert_eq!(with("deflate", &gzip).cut, Some(Cut::Codec));
}

#[test]
fn what_was_not_inspected_is_said() {
    let part = Body {
        content_type: Some(JSON),
        content_encoding: None,
        bytes: br#"{"url":"http://h.example/","x":"#,
        complete: false,
        sinks: &[],
    };
    let found = from_body(&part, &key());
    assert_eq!((locations(&found).len(), found.cut), (1, Some(Cut::Bytes)));
    assert_eq!(body(JSON, br#"{"a":nan,"url":"http://h.example/"}"#).cut, Some(Cut::Codec));
    assert_eq!(body("text/plain", b"[link](http://h.example/)").cut, None);
    assert_eq!(body(JSON, "[".repeat(200).as_bytes()).cut, Some(Cut::Depth));
    let many = (0..100).map(|n| format!("u{n}=http://h{n}.example/")).collect::<Vec<_>>().join("&");
    let found = body(FORM, many.as_bytes());
    assert_eq!((found.candidates.len(), found.cut), (limits::CANDIDATES, Some(Cut::Count)));
    assert_eq!(body(JSON, br#"{"a":[1,2,{"b":null}]}"#).cut, None);
}

#[test]
fn a_candidate_holds_what_attribution_needs() {
    let found = head("/x?url=HTTP://u:p@0x7f.1/v1/8f14e45fceea167a%3Ftoken=8f14e45fceea167a");
    let candidate = &found.candidates[0];
    assert_eq!(candidate.host, Host::parse("127.0.0.1"));
    assert_eq!((candidate.port, candidate.disguised, candidate.nature), (Some(80), true, Nature::Named));
    assert_eq!(&*candidate.shown, "http://0x7f.1/v1/{…}?token=…");
    assert!(candidate.path_bits >= 128);
    let dialled = sortie_model::PathDigest::of("/v1/8f14e45fceea167a?token=8f14e45fceea167a", &key());
    assert_eq!(candidate.path.as_ref().unwrap().compare(&dialled), sortie_model::PathMatch::Equal);
    assert_eq!(head("/x?host=billing").candidates[0].path, None);
}

#[test]
fn single_reads_a_location() {
    let read = |text| single(text, &key()).map(|c| c.shown.to_string());
    assert_eq!(read("http://h.example/x"), Some("http://h.example/x".into()));
    assert_eq!(read("//h.example/x"), Some("//h.example/x".into()));
    assert_eq!(read("//billing/x"), Some("//billing/x".into()));
    for text in ["/x", "x", "?a", "#a", "", "mailto:a@b.example", "h.example/x"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn ordinary_heads_carry_nothing() {
    for target in [
        "/",
        "/v1/users?page=2&limit=50",
        "/search?q=red+shoes",
        "/search?q=c%2B%2B+vs.+rust",
        "/o?since=2026-11-24T03:07:41Z",
        "/o?sort=-created_at&fields=id,name",
        "/r?lat=52.52&lon=13.405",
        "/p?price=12.50&currency=EUR",
        "/v?version=1.2.3",
        "/u?email=anna%40example.com",
        "/f?name=report.pdf",
        "/f?path=/var/tmp/x",
        "/t?time=12:30",
        "/c?color=%23ff00aa",
        "/g?ids=17,18,19",
        "/m?mac=00:1b:44:11:3a:b7",
        "/d?host=true",
        "/n?port=8080",
        "/k?filter[status]=open",
        "/e?expr=a/b",
        "/i?iban=DE89370400440532013000",
        "/h?sha=da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "/b?cursor=eyJpZCI6MTd9",
        "/s?size=10.0&unit=kg",
        "/z?tz=Europe/Berlin",
        "/l?lang=de-DE",
        "/w?when=24.12.2026",
        "/a?accept=application/json",
        "/x?uuid=9b2f61d2-1d7f-4f1e-8a3e-2f5f1f0f9c11",
        "/y?next=/dashboard",
        "/q?redirect=%2Fhome%3Ftab%3D1",
        "/j?callback=jQuery110209",
        "/1?ns=com.example.App",
        "/2?event=invoice.paid",
        "/3?cidr=10.0.0.0/8",
        "/4?target=17",
    ] {
        assert_eq!(locations(&head(target)), [""; 0], "{target}");
    }
}

#[test]
fn ordinary_bodies_carry_nothing() {
    for (content_type, content) in [
        (JSON, r#"{"id":17,"name":"Anna","tags":["a","b"],"active":true,"score":1.5,"none":null}"#),
        (JSON, r#"{"email":"anna@example.com","phone":"+49 170 1234567","birth":"1990-01-02"}"#),
        (JSON, r#"{"text":"See chapter 3.2: and/or \"x\" (i.e. y). Done."}"#),
        (JSON, r#"{"sku":"AB-12.50","qty":3,"total":"12.50 EUR","ratio":"16:9"}"#),
        (JSON, r#"{"query":"query { user(id: 17) { name } }","variables":{"first":10}}"#),
        (JSON, r#"{"jsonrpc":"2.0","method":"tools/call","id":1,"params":{"name":"add","arguments":{"a":1}}}"#),
        (JSON, r#"{"cron":"0 3 * * *","tz":"Europe/Berlin","version":"1.2.3-rc.1"}"#),
        (JSON, r#"{"mime":"image/svg+xml","file":"logo.svg","path":"a/b/c.tar.gz"}"#),
        (JSON, r#"{"type":"customer.created","created":1732418861}"#),
        (FORM, "user=anna&password=s3cret%21&remember=on"),
        (FORM, "amount=12.50&card=4242424242424242&exp=12%2F27"),
        (MULTIPART, &part("title", "My holiday, part 1.2")),
        ("text/plain", "Hello, world. It is 12:30; see you at 14:00, e.g. here."),
        ("text/csv", "name,qty\nalpha,1\nbeta,2\n"),
        ("application/xml", "<order xmlns='http://ns.example/order'><id>17</id><name>Anna</name></order>"),
        ("text/html", "<p class=x>Hello <b>world</b> <img src='logo.png'></p>"),
        ("image/png", "GIF89a\u{1}\u{0} http://ns.adobe.com/xap/1.0/"),
    ] {
        let found = body(content_type, content.as_bytes());
        assert_eq!((locations(&found), found.cut), (vec![], None), "{content}");
    }
}

#[test]
fn hostile_bodies_end() {
    let bodies: Vec<String> = vec![
        "http://".repeat(9000),
        "a://a".repeat(13_000),
        "{\"a\":".repeat(13_000),
        "<a b='".repeat(10_000),
        "<!ENTITY SYSTEM 'x://".repeat(3000),
        "%25".repeat(21_000),
        "&amp;".repeat(13_000),
        "a=1&".repeat(16_000),
        "\"[\\\"".repeat(12_000),
        "--x\r\n\r\n".repeat(8000),
        "url(".repeat(16_000),
        "aHR0".repeat(16_000),
        "[::1]:80,".repeat(7000),
        format!("{{\"host\":\"a.example\"{}}}", ",\"port\":80".repeat(6000)),
    ];
    for content in &bodies {
        for content_type in [JSON, FORM, "text/html", "application/xml", "multipart/form-data", "text/plain"] {
            assert!(body(content_type, content.as_bytes()).candidates.len() <= limits::CANDIDATES);
        }
        assert!(head(&format!("/x?url={content}")).candidates.len() <= limits::CANDIDATES);
        assert!(head(&format!("/{content}")).candidates.len() <= limits::CANDIDATES);
    }
}

/// Whoever sends slowly has no more, and no other, read of him than whoever sends at once.
#[test]
fn what_touches_an_open_end_is_no_value() {
    let urls = ["http://1234.partner.example/a", "http://10.20.0.5.partner.example/", "//0x7f.1.partner.example:80/"];
    let [a, b, c] = urls;
    let bodies = [
        (FORM, format!("url={a}&image={}&to={c}&n=1", b.replace(':', "%3A"))),
        (JSON, format!(r#"{{"url":"{a}","text":"see {b} and","images":["{c}"]}}"#)),
        (JSON, format!("{{\"url\":\"{a}\",\nbroken:'{b}', \"{c}\"}}")),
        (MULTIPART, part("url", a) + &part("image", b) + &part("to", c)),
        ("text/plain", format!("{a}\n{b} and {c}\n")),
        ("text/csv", format!("name,url\na,{a}\nb,\"{b}\"\nc,{c}\n")),
        ("application/yaml", format!("url: {a}\nimages:\n  - {b}\n  - '{c}'\n")),
        ("text/html", format!("<p>x</p><img src='{a}'><iframe src={b}></iframe><a href=\"{c}\">x</a>")),
        ("application/xml", format!("<a xmlns:xlink='x'><i xlink:href=\"{a}\"/><url>{b}</url><url>{c}</url></a>")),
    ];
    for (content_type, text) in &bodies {
        let whole = body(content_type, text.as_bytes());
        assert!(whole.candidates.len() >= 2, "{content_type}: {:?}", locations(&whole));
        for end in 0..text.len() {
            let bytes = &text.as_bytes()[..end];
            let open =
                Body { content_type: Some(content_type), content_encoding: None, bytes, complete: false, sinks: &[] };
            let hosts = |e: &Extraction| e.candidates.iter().map(|c| (c.host.clone(), c.port)).collect::<BTreeSet<_>>();
            let (read, all) = (hosts(&from_body(&open, &key())), hosts(&whole));
            assert!(read.is_subset(&all), "{content_type} {:?}: {read:?}", &text[..end]);
            let begun = from_beginning(&open, &key());
            assert_eq!(hosts(&begun), read);
            assert!(
                begun.cut == whole.cut || begun.cut.is_none(),
                "{content_type} {:?}: {:?}",
                &text[..end],
                begun.cut
            );
        }
    }
}

#[test]
fn a_separator_behind_the_only_url_may_be_part_of_it() {
    for (text, dialled) in [
        ("http://10.20.0.5/z?a=|", ["/z?a=%7C", "/z?a="]),
        ("http://10.20.0.5/z,", ["/z,", "/z"]),
        ("http://10.20.0.5/z;,", ["/z;,", "/z"]),
    ] {
        let found = body(JSON, format!(r#"{{"url":"{text}"}}"#).as_bytes()).candidates;
        for path in dialled {
            let path = sortie_model::PathDigest::of(path, &key());
            assert!(found.iter().any(|candidate| candidate.path.as_ref() == Some(&path)), "{text}");
        }
    }
    assert_eq!(body(JSON, br#"{"url":"http://10.20.0.5/z,http://10.20.0.6/,"}"#).candidates.len(), 2);
}
