//! Requests as a whole: every carrier, the aliases of one place, and what carries nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sortie_model::event::Cut;
use sortie_model::{Container, Decoding, Host, Key, Nature, Place, limits};

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=xyzw";

fn key() -> Key {
    Key::new(&[5; Key::LENGTH])
}

fn head(target: &str) -> Extraction {
    from_head(&Head { target, fields: &[] }, &key())
}

fn body(content_type: &str, bytes: &[u8]) -> Extraction {
    let body = Body { content_type: Some(content_type), content_encoding: None, bytes, complete: true };
    from_body(&body, &key())
}

fn part(name: &str, content: &str) -> String {
    format!("--xyzw\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n--xyzw--\r\n")
}

fn locations(extraction: &Extraction) -> Vec<String> {
    extraction.candidates.iter().map(|c| format!("{} {}", c.location, c.shown)).collect()
}

/// The places of all candidates of one request.
fn places(target: &str, content_type: &str, content: &str) -> BTreeSet<String> {
    let (head, body) = (head(target), body(content_type, content.as_bytes()));
    let template = template(target);
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
    let found = from_head(&Head { target: "/x?url=http://h.example/", fields }, &key());
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
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(br#"{"url":"http://h.example/"}"#).unwrap();
    let bytes = encoder.finish().unwrap();
    let with = |coding| {
        let body = Body { content_type: Some(JSON), content_encoding: Some(coding), bytes: &bytes, complete: true };
        from_body(&body, &key())
    };
    let found = with("gzip");
    assert_eq!(locations(&found), ["$.url http://h.example/"]);
    assert!(found.candidates[0].manner.decodings.contains(Decoding::Compressed));
    assert_eq!(with("br").cut, Some(Cut::Codec));
    assert_eq!(with("deflate").cut, Some(Cut::Codec));
}

#[test]
fn what_was_not_inspected_is_said() {
    let part = Body {
        content_type: Some(JSON),
        content_encoding: None,
        bytes: br#"{"url":"http://h.example/","x":"#,
        complete: false,
    };
    let found = from_body(&part, &key());
    assert_eq!((locations(&found).len(), found.cut), (1, Some(Cut::Bytes)));
    assert_eq!(body(JSON, br#"{"a":NaN,"url":"http://h.example/"}"#).cut, Some(Cut::Codec));
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
        ("image/png", "\u{89}PNG\r\n\u{1a}\n http://ns.adobe.com/xap/1.0/"),
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

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z_]{0,10}"
}

fn url() -> impl Strategy<Value = String> {
    "https?://[a-z]{1,8}(\\.[a-z]{2,5}){0,2}(:[1-9][0-9]{1,3})?(/[a-z0-9]{1,8}){0,3}"
}

/// Kind of JSON value that leads to the URL, from the inside out.
fn nested(steps: &[Option<String>], url: &str) -> (String, String) {
    let mut text = serde_json::to_string(url).unwrap();
    let mut path = String::new();
    for step in steps {
        match step {
            Some(key) => {
                text = format!("{{\"before\":1,\"{key}\":{text},\"after\":[]}}");
                path = if path.is_empty() || path.starts_with('[') {
                    format!("{key}{path}")
                } else {
                    format!("{key}.{path}")
                };
            }
            None => {
                text = format!("[null,{text}]");
                path =
                    if path.is_empty() || path.starts_with('[') { format!("[1]{path}") } else { format!("[1].{path}") };
            }
        }
    }
    (text, path)
}

proptest! {
    #[test]
    fn a_url_is_found_wherever_it_is_put(name in name(), url in url(), steps in prop::collection::vec(prop::option::of(name()), 0..6)) {
        let encoded = percent_encoding::utf8_percent_encode(&url, percent_encoding::NON_ALPHANUMERIC);
        let (json, path) = nested(&steps, &url);
        let cases = [
            (head(&format!("/v1/x?a=1&{name}={url}")), Container::Query, name.clone()),
            (head(&format!("/v1/x?{name}={encoded}&a=1")), Container::Query, name.clone()),
            (body(FORM, format!("a=1&{name}={encoded}").as_bytes()), Container::Form, name.clone()),
            (body(MULTIPART, part(&name, &url).as_bytes()), Container::Multipart, name.clone()),
            (body(JSON, json.as_bytes()), Container::Json, path),
            (head(&format!("/proxy/{url}")), Container::Path, "rest".into()),
            (from_head(&Head { target: "/", fields: &[(&format!("x-{name}"), url.as_bytes())] }, &key()), Container::Header, format!("x-{name}")),
        ];
        for (found, container, at) in cases {
            prop_assert_eq!(found.candidates.len(), 1, "{:?} {}", container, at);
            let candidate = &found.candidates[0];
            prop_assert_eq!((candidate.location.container, &*candidate.location.name), (container, &*at));
            prop_assert_eq!(&candidate.parameter, &sortie_model::place::canonical_parameter(container, &at));
            prop_assert!(candidate.manner.decodings.is_plain());
            prop_assert_eq!(&candidate.host, &single(&url, &key()).unwrap().host);
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), content_type in prop::sample::select(vec![JSON, FORM, MULTIPART, "text/html", "application/xml", "", "image/png"]), coding in prop::sample::select(vec!["", "gzip", "deflate"])) {
        let whole = Body { content_type: Some(content_type), content_encoding: Some(coding), bytes: &bytes, complete: true };
        prop_assert!(from_body(&whole, &key()).candidates.len() <= limits::CANDIDATES);
        let text = String::from_utf8_lossy(&bytes);
        let fields: &[(&str, &[u8])] = &[("x-url", &bytes), ("cookie", &bytes), ("forwarded", &bytes)];
        let found = from_head(&Head { target: &text, fields }, &key());
        prop_assert!(found.candidates.len() <= limits::CANDIDATES);
        prop_assert!(template(&text).starts_with('/'));
    }

    #[test]
    fn every_prefix_of_a_body_is_read(end in 0_usize..700) {
        let documents = [
            (JSON, nested(&[Some("url".into()), None, Some("a".into())], "http://h.example/é").0),
            (MULTIPART, part("url", "http://h.example/").repeat(3)),
            ("application/xml", "<!DOCTYPE r [<!ENTITY x SYSTEM 'http://h.example/'>]><r a='http://b.example/'>é&x;</r>".to_owned()),
            ("text/html", "<img src='http://h.example/'><style>url(http://b.example/)</style><!-- x --><a href=\"http://c.example/\">é</a>".to_owned()),
            (FORM, "url=http%3A%2F%2Fh.example%2F&x=%7B%22a%22%3A1%7D".to_owned()),
        ];
        for (content_type, document) in documents {
            let bytes = &document.as_bytes()[..end.min(document.len())];
            let found = from_body(&Body { content_type: Some(content_type), content_encoding: None, bytes, complete: false }, &key());
            let all = body(content_type, document.as_bytes());
            prop_assert_eq!(found.cut, Some(Cut::Bytes));
            // What a prefix shows, the whole shows, but for a URL that ends where the prefix does.
            let new = found.candidates.iter().filter(|c| !all.candidates.iter().any(|known| known.shown == c.shown)).count();
            prop_assert!(new <= 1, "{:?}", locations(&found));
        }
    }

    #[test]
    fn numbers_and_dates_carry_nothing(number in any::<i64>(), fraction in any::<f32>(), year in 1900..2100, month in 1..13, day in 1..29, user in "[a-z]{1,8}") {
        for text in [number.to_string(), fraction.to_string(), format!("{year}-{month:02}-{day:02}"), format!("{day}.{month}.{year}"), format!("{user}@example.com")] {
            let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
            prop_assert_eq!(locations(&head(&format!("/x?value={encoded}"))), Vec::<String>::new());
            prop_assert_eq!(locations(&body(JSON, format!("{{\"value\":\"{text}\"}}").as_bytes())), Vec::<String>::new());
        }
    }
}
