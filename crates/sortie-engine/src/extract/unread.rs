//! What programs read and a careless reader does not: every such body is read, or told as a cut.

use sortie_model::Host;
use sortie_model::event::Cut;

use super::tests::{FORM, JSON, body, part};
use super::{Body, Extraction, from_body};

const URL: &str = "http://10.20.0.5/x";

fn finds(extraction: &Extraction) -> bool {
    extraction.candidates.iter().any(|c| c.host == Host::Ip("10.20.0.5".parse().unwrap()))
}

#[track_caller]
fn is_found_or_told(content_type: &str, bytes: &[u8]) {
    let extraction = body(content_type, bytes);
    let is_told = extraction.cut.is_some();
    assert!(finds(&extraction) || is_told, "{content_type} {:?}", String::from_utf8_lossy(bytes));
}

#[test]
fn a_form_is_read_as_one_whatever_it_begins_with() {
    for before in ["--aaaaaa=1&", "<x>=1&", "[\"&", "{\"a\":\"&", "--aaaaaa\r\nA: b\r\n\r\n&"] {
        let extraction = body(FORM, format!("{before}url={URL}").as_bytes());
        let found = extraction.candidates.iter().any(|c| &*c.location.name == "url" && finds(&extraction));
        assert!(found, "{before}: {:?}", extraction.candidates);
    }
    // What curl declares a form is no form.
    assert_eq!(body(FORM, br#"{"url":"http://h.example/?x=1&y=2&to=3"}"#).candidates.len(), 1);
}

#[test]
fn multipart_is_read_as_the_most_lenient_program_does() {
    let with = |head: &str| format!("--BB\r\n{head}\r\n\r\n{URL}\r\n--BB--\r\n");
    let named = |more: &str| with(&format!("Content-Disposition: form-data; name=\"url\"\r\n{more}"));
    let plain = "multipart/form-data; boundary=BB";
    let padding = "a".repeat(5000);
    for (content_type, text) in [
        (plain, named("Content-Type: image/png")),
        (plain, named("Content-Type: application/octet-stream")),
        (plain, named(&format!("X-Pad: {padding}"))),
        (plain, named("Content-Transfer-Encoding: quoted-printable")),
        (plain, with("Content-Disposition: form-data;\r\n name=\"url\"")),
        (plain, with("Content-Disposition: form-data; name*=utf-8''url")),
        (plain, with("Content-Disposition: form-data; name=\"x\"; name=\"url\"")),
        (plain, with("Content-Disposition: form-data; name=\"\\u\\r\\l\"")),
        (plain, named("X: y").replace("\r\n", "\r")),
        (
            plain,
            with(
                "Content-Disposition: form-data; name=\"x\"\r\n\r\ny\r--BB\r\nContent-Disposition: form-data; name=\"url\"",
            ),
        ),
        (plain, with("Content-Disposition: form-data; (a) name=url")),
        ("multipart/form-data; boundary=AA; boundary=BB", named("X: y")),
        ("multipart/form-data; boundary=\"B\\\"B\"", named("X: y").replace("BB", "B\"B")),
        ("multipart/form-data; boundary=CC", named("X: y")),
        ("multipart/form-data", named("X: y").trim_start_matches("--").to_owned()),
    ] {
        is_found_or_told(content_type, text.as_bytes());
    }
    for name in ["name=\"x\"; name=\"url\"", "name=\"\\u\\r\\l\""] {
        let extraction = body(plain, with(&format!("Content-Disposition: form-data; {name}")).as_bytes());
        assert_eq!(extraction.cut, Some(Cut::Format), "{name}");
    }
    assert_eq!(body("multipart/form-data; boundary=xyzw", part("url", URL).as_bytes()).cut, None);
}

#[test]
fn other_encodings_are_read_or_told() {
    let json = format!(" {{\"url\":\"{URL}\"}}");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let utf32 = |text: &str| text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<u8>>();
    for bytes in [utf16(&json), utf32(&json), utf32(&format!("\u{feff}{json}"))] {
        assert!(finds(&body(JSON, &bytes)), "{bytes:?}");
    }
    assert!(finds(&body("application/xml", &utf32(&format!("<a><url>{URL}</url></a>")))));
    let utf7 = body("application/json; charset=utf-7", br#"{"url":"http+ADoALwAv-10.20.0.5/x"}"#);
    assert_eq!((finds(&utf7), utf7.cut), (true, Some(Cut::Format)), "not all programs know it");
    assert!(finds(&body("", b"+/v8-+ADw-img src=http+ADoALwAv-10.20.0.5/x+AD4-")));
    is_found_or_told("application/xml", b"<?xml version='1.0' encoding='cp037'?><a/>");
    is_found_or_told("application/xml", &[0x4c, 0x6f, 0xa7, 0x94, 0x93, 0x40, 0x01, 0x02]);
    assert_eq!(body("application/json; charset=UTF-8", json.as_bytes()).cut, None);
    assert_eq!(body("application/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>").cut, None);
}

#[test]
fn formats_that_are_not_read_are_told() {
    let text = format!("url = \"{URL}\"\n");
    for content_type in
        ["application/toml", "application/graphql", "application/vnd.apple.mpegurl", "application/x-own"]
    {
        let extraction = body(content_type, text.as_bytes());
        assert_eq!((finds(&extraction), extraction.cut), (true, Some(Cut::Format)), "{content_type}");
    }
    let packed = format!("\u{1}\u{0}\u{12}{URL}\u{0}\u{2}");
    for content_type in ["application/msgpack", "application/grpc-web", "application/octet-stream", ""] {
        let extraction = body(content_type, packed.as_bytes());
        assert_eq!((finds(&extraction), extraction.cut), (true, Some(Cut::Format)), "{content_type}");
    }
    assert_eq!(body("application/json, text/plain", b"{}").cut, Some(Cut::Format));
    for before in ["/*x*/", "//x\n", ")]}',\n", "\u{1e}", "\u{1}"] {
        is_found_or_told(JSON, format!("{before}{{\"url\":\"{URL}\"}}").as_bytes());
    }
    assert_eq!(body("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").cut, None);
    for other in [&b"{\"a\":\"\x7f\",\"url\":\"http://10.20.0.5/x\"}"[..], b"a=\x7f&url=10.20.0.5"] {
        assert_eq!(body("image/png", other).cut, Some(Cut::Format), "a type is a client's word");
    }
    let file = "--xyzw\r\nContent-Disposition: form-data; name=f; filename=a.bin\r\n\r\n\x01\x02\r\n--xyzw--\r\n";
    assert_eq!(body("multipart/form-data; boundary=xyzw", file.as_bytes()).cut, None);
}

#[test]
fn json_is_read_as_tolerant_parsers_do() {
    for text in [
        format!("/*x*/{{\"url\":\"{URL}\"}}"),
        format!("//x\n{{\"v\":NaN,\"w\":-Infinity,\"url\":\"{URL}\"}}\0"),
        format!("\u{1e}{{\"v\":\"\\ud83d\",\"w\":\"\t\",\"url\":\"{URL}\"}}\n"),
    ] {
        let extraction = body(JSON, text.as_bytes());
        assert_eq!((finds(&extraction), extraction.cut), (true, None), "{text}");
    }
}

#[test]
fn what_is_whole_and_read_is_not_told() {
    for (content_type, text) in [
        (JSON, "{}"),
        (JSON, ""),
        ("", "a=1&b=2"),
        ("text/plain", "hello"),
        ("text/csv", "a,b\n1,2\n"),
        ("application/yaml", "a: b\n"),
        ("application/xml", "<a/>"),
        ("text/html", "<p>x</p>"),
        (FORM, "{\"a\":1}"),
        (FORM, "a=%00"),
        ("application/octet-stream", "{\"a\":1}"),
    ] {
        assert_eq!(body(content_type, text.as_bytes()).cut, None, "{content_type} {text}");
    }
    let open =
        Body { content_type: Some(JSON), content_encoding: None, bytes: b"{\"a\":", complete: false, sinks: &[] };
    assert_eq!(from_body(&open, &super::tests::key()).cut, Some(Cut::Bytes));
}
