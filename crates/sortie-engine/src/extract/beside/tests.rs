//! What is sent as one thing and read as another is found; what is nothing but what it says is not.

use proptest::prelude::*;
use sortie_model::event::Cut;
use sortie_model::{Container, Containers, Host, limits};

use crate::extract::tests::{FORM, JSON, key, part};
use crate::extract::{Body, Extraction, ProvenSink, from_body};

const HTML: &str = "text/html";
const XML: &str = "application/xml";
const CSV: &str = "text/csv";
const TEXT: &str = "text/plain";
const YAML: &str = "application/yaml";
const MULTIPART: &str = "multipart/form-data; boundary=xyzw";
const IMAGE: &str = "image/gif";
const DECLARED: [&str; 11] =
    [JSON, FORM, HTML, XML, "image/svg+xml", CSV, TEXT, YAML, IMAGE, "application/octet-stream", ""];

fn sink(parameter: &str, container: Container) -> ProvenSink {
    ProvenSink { parameter: parameter.into(), read_in: container.into() }
}

fn read(sinks: &[ProvenSink], content_type: &str, bytes: &[u8]) -> Extraction {
    let body = Body { content_type: Some(content_type), content_encoding: None, bytes, complete: true, sinks };
    from_body(&body, &key())
}

fn is_found_at(extraction: &Extraction, parameter: &str) -> bool {
    let host = Host::Ip("10.20.0.5".parse().unwrap());
    extraction.candidates.iter().any(|c| *c.parameter == *parameter && c.hosts().any(|h| *h == host))
}

/// The order is found at the sink, or what the body is cannot be told.
#[track_caller]
fn is_stopped(parameter: &str, container: Container, content_type: &str, bytes: &[u8]) {
    let extraction = read(&[sink(parameter, container)], content_type, bytes);
    let text = String::from_utf8_lossy(bytes);
    assert!(is_found_at(&extraction, parameter) || extraction.cut.is_some(), "{content_type} {text}: {extraction:#?}");
}

/// The same of one whose type is no doubt to anybody: the order itself is found.
#[track_caller]
fn is_found(parameter: &str, container: Container, content_type: &str, text: &str) {
    let extraction = read(&[sink(parameter, container)], content_type, text.as_bytes());
    assert!(is_found_at(&extraction, parameter), "{content_type} {text}: {extraction:#?}");
    assert_eq!(extraction.cut, None, "{content_type} {text}");
    let elsewhere = read(&[sink("other", container)], content_type, text.as_bytes());
    assert!(!is_found_at(&elsewhere, parameter) && elsewhere.cut.is_none(), "{content_type} {text}: {elsewhere:#?}");
}

fn in_multipart(before: &str) -> String {
    format!("{before}\r\n{}", part("a", "1"))
}

#[test]
fn a_page_is_a_page_whatever_it_is_declared() {
    let image = "<img src=http://10.20.0.5/x>";
    for page in [
        format!("<p>1 < 2 {image}"),
        format!("<p a=b c>{image}"),
        format!("<r><![CDATA[{image}]]></r>"),
        format!("<r><!-- a --!>{image}<!-- --></r>"),
        format!("<r>&nbsp;<br><script>a<b</script>{image}"),
        format!("<svg xmlns='http://www.w3.org/2000/svg'><style><![CDATA[>{image}]]></style></svg>"),
        format!("<?xml version='1.0'?><r><a>{image}"),
    ] {
        for content_type in DECLARED {
            is_stopped("html:resource", Container::Html, content_type, page.as_bytes());
        }
        let extraction = read(&[sink("html:resource", Container::Html)], XML, page.as_bytes());
        assert!(is_found_at(&extraction, "html:resource"), "{page}: {extraction:#?}");
    }
    is_found("html:resource", Container::Html, JSON, &format!("{{\"a\":\"{image}\"}}"));
    is_found("html:resource", Container::Html, FORM, &format!("a={image}"));
    is_found("html:resource", Container::Html, CSV, &format!("a,b\n1,{image}\n"));
    is_found("html:resource", Container::Html, TEXT, &format!("see {image}"));
    is_found("html:resource", Container::Html, MULTIPART, &in_multipart(image));
    is_found("html:resource", Container::Html, MULTIPART, &part("a", image));
}

#[test]
fn a_form_is_a_form_whatever_it_is_declared() {
    let pair = "url=http%3A%2F%2F10.20.0.5/x";
    is_found("url", Container::Form, JSON, &format!("{{\"a\":1,\"b\":\"&{pair}\"}}"));
    is_found("url", Container::Form, JSON, &format!("[\"&{pair}&\"]"));
    is_found("my url", Container::Form, FORM, &format!("{{\"a\":\"&my+{pair}&\"}}"));
    is_found("url", Container::Form, MULTIPART, &in_multipart(&format!("&{pair}&")));
    is_found("url", Container::Form, IMAGE, &format!("GIF89a=\u{1}&{pair}"));
    is_found("url", Container::Form, "application/pdf", &format!("%PDF-=\u{1}&{pair}"));
    is_found("url", Container::Form, "audio/wav", &format!("RIFF=\u{1}aaWAVE&{pair}"));
    // Each sink is read as it was obeyed.
    let sinks = [sink("a", Container::Form), sink("b", Container::Json)];
    let both = b"{\"x\":\"&a=10.20.0.5&b=10.20.0.5&\"}";
    let found = read(&sinks, JSON, both);
    assert!(is_found_at(&found, "a") && !is_found_at(&found, "b"), "{found:#?}");
    // What obeys JSON reads no form in it.
    let link = format!("{{\"url\":\"http://h.example/\",\"b\":\"http://h.example/?a=1&{pair}&\"}}");
    assert!(!is_found_at(&read(&[sink("url", Container::Json)], JSON, link.as_bytes()), "url"));
}

#[test]
fn json_and_yaml_are_so_whatever_they_are_declared() {
    let json = "{\"url\":\"http://10.20.0.5/x\"}";
    // Go's decoder reads one document, and leaves what follows.
    is_found("url", Container::Json, MULTIPART, &in_multipart(json));
    is_found("url", Container::Json, TEXT, &format!(")]}}',\n{json}"));
    let yaml = "a: 1\nurl: http://10.20.0.5/x\n";
    for content_type in [TEXT, HTML, CSV, ""] {
        is_found("url", Container::Json, content_type, yaml);
    }
    is_found("url", Container::Json, FORM, yaml);
    is_found("url", Container::Json, MULTIPART, &in_multipart(yaml));
    is_found("url", Container::Json, TEXT, "{url: http://10.20.0.5/x}");
    for text in [json, yaml] {
        for content_type in DECLARED {
            is_stopped("url", Container::Json, content_type, text.as_bytes());
        }
    }
    let wide: Vec<u8> = in_multipart(json).encode_utf16().flat_map(u16::to_le_bytes).collect();
    is_stopped("url", Container::Json, MULTIPART, &wide);
}

#[test]
fn xml_is_xml_whatever_it_is_declared() {
    let field = "<r><url>http://10.20.0.5/x</url></r>";
    let entity = "<!DOCTYPE r [<!ENTITY x SYSTEM 'http://10.20.0.5/x'>]><r>&x;</r>";
    for (text, parameter) in [(field, "xml:r.url"), (entity, "xml:entity")] {
        for content_type in DECLARED {
            is_stopped(parameter, Container::Xml, content_type, text.as_bytes());
        }
        is_found(parameter, Container::Xml, HTML, text);
        // Entities are loaded before what follows is found to be no XML.
        is_found(parameter, Container::Xml, MULTIPART, &in_multipart(text));
    }
    let other = "<?xml version='1.0' encoding='utf-7'?>+ADw-r/+AD4-";
    is_stopped("xml:r.url", Container::Xml, MULTIPART, in_multipart(other).as_bytes());
}

#[test]
fn a_table_is_a_table_whatever_it_is_declared() {
    let at = |content_type, text: &str| is_found("text:url", Container::Text, content_type, text);
    at(TEXT, "id,url\r\n1,http://10.20.0.5/x\r\n");
    at(JSON, "[\"id\",\"url\",\"x\"\n,\"http://10.20.0.5/x\",\"y\"\n]");
    at(FORM, "url\nhttp://10.20.0.5/x\n");
    at(MULTIPART, &in_multipart("id;url\r\n1;http://10.20.0.5/x"));
    for table in [
        "id,url,a|b|c|d\r\n1,http://10.20.0.5/x,2\r\n",
        "http://h.example/,url\r\n1,http://10.20.0.5/x\r\n",
        "id,\"u\"rl\r\n1,http://10.20.0.5/x\r\n",
        "id,url\r\n1,\"h\"ttp://10.20.0.5/x\r\n",
        "id,url\r\n1,\"http://h.example:80\"@10.20.0.5/x\r\n",
        &format!("{}url\r\n{}http://10.20.0.5/x\r\n", "a,".repeat(300), "1,".repeat(300)),
    ] {
        for content_type in DECLARED {
            is_stopped("text:url", Container::Text, content_type, table.as_bytes());
        }
    }
    let quoted = read(&[], CSV, b"\"id\",\"url\"\r\n\"1\",\"http://10.20.0.5/x\"\r\n");
    assert!(is_found_at(&quoted, "text:url") && quoted.cut.is_none(), "{quoted:#?}");
    is_found("text:", Container::Text, FORM, "http://10.20.0.5/x?a=b");
}

#[test]
fn multipart_is_so_whatever_it_is_declared() {
    let text = in_multipart("x").replace("\"a\"\r\n\r\n1", "\"url\"\r\n\r\nhttp://10.20.0.5/x");
    is_found("url", Container::Multipart, "text/plain; boundary=xyzw", &text);
    is_found("url", Container::Multipart, "application/yaml; boundary=xyzw", &text);
    let decoy = part("url", "http://10.20.0.5/x") + &part("a", "1").replace("xyzw", "decoy");
    is_found("url", Container::Multipart, "multipart/form-data; boundary=decoy", &decoy);
}

#[test]
fn a_part_is_what_it_is_read_as() {
    let page = "<p>1 < 2 <img src=http://10.20.0.5/x>";
    for more in ["", "\r\nContent-Type: application/xml", "\r\nContent-Type: image/png", "; filename=a.svg"] {
        let text = part("f", page).replace("\"f\"", &format!("\"f\"{more}"));
        is_stopped("html:f", Container::Html, MULTIPART, text.as_bytes());
    }
}

#[test]
fn a_beginning_is_read_so_too() {
    let text = "{\"a\":\"<img src=http://10.20.0.5/x> <img src=http://10.20.0.5";
    let sinks = [sink("html:resource", Container::Html)];
    let body = Body {
        content_type: Some(JSON),
        content_encoding: None,
        bytes: text.as_bytes(),
        complete: false,
        sinks: &sinks,
    };
    let found = crate::extract::from_beginning(&body, &key());
    assert!(found.candidates.len() == 1 && is_found_at(&found, "html:resource"), "{found:#?}");
}

#[test]
fn nothing_is_found_twice() {
    let all = ["url", "html:resource", "xml:resource", "text:url"];
    let sinks: Vec<_> = all.iter().map(|&name| by_word(name)).collect();
    for (content_type, text) in [
        (FORM, "url=http://10.20.0.5/x".to_owned()),
        (TEXT, "url=http://10.20.0.5/x".to_owned()),
        (JSON, "{\"url\":\"http://10.20.0.5/x\"}".to_owned()),
        (MULTIPART, part("url", "http://10.20.0.5/x")),
        (YAML, "url: http://10.20.0.5/x".to_owned()),
        (CSV, "url\nhttp://10.20.0.5/x".to_owned()),
        (HTML, "<img src='http://10.20.0.5/x'>".to_owned()),
    ] {
        let found = read(&sinks, content_type, text.as_bytes());
        let at = |parameter: &str| found.candidates.iter().filter(|c| *c.parameter == *parameter).count();
        assert!(all.iter().all(|parameter| at(parameter) <= 1) && found.cut.is_none(), "{text}: {found:#?}");
    }
}

fn by_word(name: &str) -> ProvenSink {
    ProvenSink { parameter: name.into(), read_in: Containers::of_parameter(name) }
}

/// Sinks of every container, and the same as if no other reading were known of them.
fn every_sink() -> (Vec<ProvenSink>, Vec<ProvenSink>) {
    let names =
        ["url", "hook.url", "text:url", "html:resource", "html:link", "xml:resource", "xml:r.url", "xml:entity"];
    let unknown = |name: &&str| ProvenSink { parameter: (*name).into(), read_in: Containers::NONE };
    (names.iter().map(|name| by_word(name)).collect(), names.iter().map(unknown).collect())
}

/// Whether a body is judged as if it were read in one way only, but for what the other readings of markup
/// rightly find: a picture is one in XML and in HTML.
#[track_caller]
fn is_judged_as_it_says(content_type: &str, text: &str) {
    let (sinks, unknown) = every_sink();
    let (found, ordinary) =
        (read(&sinks, content_type, text.as_bytes()), read(&unknown, content_type, text.as_bytes()));
    assert_eq!(found.cut, ordinary.cut, "{content_type} {text}");
    let shown = |of: &Extraction| of.candidates.iter().map(|c| c.shown.clone()).collect::<Vec<_>>();
    let (found, ordinary) = (shown(&found), shown(&ordinary));
    assert!(found.iter().all(|text| ordinary.contains(text)), "{content_type} {text}: {found:?} {ordinary:?}");
}

#[test]
fn ordinary_bodies_are_judged_as_they_say() {
    let unclosed = "<p>a<br><img src='http://cdn.example/a.png'>".repeat(limits::NESTING);
    let jpeg = format!("\u{1}{}", "&\u{2}=<a;,|\t{[\"".repeat(800));
    for (content_type, text) in [
        (JSON, r#"{"url":"http://h.example/?a=1&url=3&b=2","text":"a <b> c: d, e; f | g"}"#),
        (JSON, "{\n  \"id\": 1,\n  \"html\": \"<p>x</p>\",\n  \"csv\": \"id,url\\n1,2\"\n}"),
        (JSON, "[]"),
        (FORM, "a=1&url=http%3A%2F%2Fh.example%2F&note=url%3A+none"),
        (FORM, r#"{"url":"http://h.example/"}"#),
        (HTML, "<!doctype html><p>url: none<a href='http://h.example/?x=1&amp;url=2'>a</a><br>"),
        (HTML, &unclosed),
        (XML, "<r><url>http://h.example/?a=1&amp;url=2</url><x>url: y</x></r>"),
        (CSV, "id,name\r\n1,\"a, b\"\r\n"),
        (CSV, "\"id\",\"url\"\r\n1,http://h.example/\r\n"),
        (TEXT, "Dear all,\n\nurls: see below; a=b&c\n\n-- \nme"),
        (YAML, "---\nurl: http://h.example/\nlist:\n- a\n"),
        (IMAGE, &format!("GIF89a{jpeg}")),
        (MULTIPART, &part("url", "http://h.example/")),
        (MULTIPART, &part("file\"; filename=\"a.csv", "id,x\n1,2")),
        (MULTIPART, &part("payload", r#"{"a":"b"}"#)),
    ] {
        is_judged_as_it_says(content_type, text);
    }
}

#[test]
fn long_bodies_are_read_within_the_bounds() {
    let (sinks, unknown) = every_sink();
    let json =
        format!("[{}]", vec![r#"{"id":17,"url":"http://h.example/","note":"some words & more"}"#; 250].join(","));
    let page = format!("<html><body>{}</body></html>", "<p>some words <a href='/x'>and</a> more<br>".repeat(1000));
    let form = "name=some+words&".repeat(2000);
    let table = format!("id,name,url\n{}", "17,some words,http://h.example/\n".repeat(1000));
    let numbers = format!("[{}]", "17,4711.5,".repeat(6000).trim_end_matches(','));
    for (content_type, text) in [(JSON, json), (JSON, numbers), (HTML, page), (FORM, form), (CSV, table)] {
        let (found, ordinary) =
            (read(&sinks, content_type, text.as_bytes()), read(&unknown, content_type, text.as_bytes()));
        assert_eq!(found.cut, ordinary.cut, "{content_type}");
        assert!(found.work < limits::EXTRACTION_WORK, "{content_type}: {}", found.work);
    }
}

#[test]
fn what_cannot_be_told_at_a_sink_is_a_cut() {
    let text = "id,url\r\n1,\"http://h.example/\"x\r\n";
    assert_eq!(read(&[sink("text:url", Container::Text)], TEXT, text.as_bytes()).cut, Some(Cut::Format));
    assert_eq!(read(&[sink("text:other", Container::Text)], TEXT, text.as_bytes()).cut, None);
}

fn word() -> impl Strategy<Value = String> {
    "[a-z]{1,8}|url|[A-Za-z0-9 .,;:'!?&=<>|/-]{0,24}|[à-ü ]{1,8}"
}

proptest! {
    #[test]
    fn ordinary_values_make_no_orders(pairs in prop::collection::vec(("[a-z]{1,6}", word()), 1..8)) {
        let json = pairs.iter().cloned().collect::<serde_json::Value>();
        let form: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let parts: String = pairs.iter().map(|(name, text)| part(name, text).replace("--xyzw--\r\n", "")).collect();
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let xml: Vec<_> = pairs.iter().map(|(name, text)| format!("<{name}>{}</{name}>", escaped(text))).collect();
        let html: Vec<_> = pairs.iter().map(|(name, text)| format!("<p class={name}>{}<br>", escaped(text))).collect();
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let names: Vec<_> = pairs.iter().map(|(name, _)| name.clone()).collect();
        let values: Vec<_> = pairs.iter().map(|(_, text)| quoted(text)).collect();
        is_judged_as_it_says(JSON, &json.to_string());
        is_judged_as_it_says(JSON, &serde_json::to_string_pretty(&json).unwrap());
        is_judged_as_it_says(FORM, &form);
        is_judged_as_it_says(MULTIPART, &format!("{parts}--xyzw--\r\n"));
        is_judged_as_it_says(XML, &format!("<r>{}</r>", xml.concat()));
        is_judged_as_it_says(HTML, &html.concat());
        is_judged_as_it_says(CSV, &format!("{}\r\n{}\r\n", names.join(","), values.join(",")));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "([a-z{}\\[\\]\"':,;|&=<>/!\n-]|url|http://h/|\r\n\r\n|--xyzw){0,60}", content_type in prop::sample::select(DECLARED.to_vec())) {
        let (sinks, _) = every_sink();
        for bytes in [&bytes, text.as_bytes()] {
            prop_assert!(read(&sinks, content_type, bytes).candidates.len() <= limits::CANDIDATES);
            prop_assert!(read(&sinks, MULTIPART, bytes).candidates.len() <= limits::CANDIDATES);
        }
    }
}
