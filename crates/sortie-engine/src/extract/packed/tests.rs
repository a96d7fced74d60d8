//! Bodies in packed formats, at whole.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sortie_model::event::Cut;

use super::super::tests::{body, key};
use super::super::{Body, Extraction, from_body};

const PROTOBUF: &str = "application/x-protobuf";
const MSGPACK: &str = "application/msgpack";
const URL: &str = "http://10.20.0.5/x";

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut length = bytes.len();
    let mut field = vec![number << 3 | 2];
    while length >= 0x80 {
        field.push(length as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend(bytes);
    field
}

fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    [&[flags][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

/// JSON as MessagePack.
fn msgpack(json: &serde_json::Value) -> Vec<u8> {
    let text = |text: &str| [&[0xdb][..], &(text.len() as u32).to_be_bytes(), text.as_bytes()].concat();
    match json {
        serde_json::Value::Null => vec![0xc0],
        serde_json::Value::Bool(is) => vec![0xc2 + u8::from(*is)],
        serde_json::Value::Number(number) => [&[0xcf][..], &number.as_u64().unwrap().to_be_bytes()].concat(),
        serde_json::Value::String(string) => text(string),
        serde_json::Value::Array(items) => {
            let head = [&[0xdc][..], &(items.len() as u16).to_be_bytes()].concat();
            [head, items.iter().flat_map(msgpack).collect()].concat()
        }
        serde_json::Value::Object(members) => {
            let pairs = members.iter().flat_map(|(key, value)| [text(key), msgpack(value)].concat());
            [vec![0x80 | members.len() as u8], pairs.collect()].concat()
        }
    }
}

fn told(extraction: &Extraction) -> Vec<String> {
    extraction.candidates.iter().map(|c| format!("{} | {} {}", c.location, c.parameter, c.shown)).collect()
}

#[test]
fn fields_of_messages_are_places_by_their_numbers() {
    let inner = [field(3, b"\x01\x02"), field(2, URL.as_bytes())].concat();
    let message = [vec![0x08, 0x96, 0x01], field(1, &inner), field(4, b"hello")].concat();
    let found = body(PROTOBUF, &message);
    assert_eq!((told(&found), found.cut), (vec![format!("text f1.f2 | text:f1.f2 {URL}")], None));
    for content_type in ["application/protobuf; proto=a.B", "application/vnd.google.protobuf", "application/proto"] {
        assert_eq!(told(&body(content_type, &message)), told(&found), "{content_type}");
    }
}

#[test]
fn a_message_that_is_text_too_is_read_as_both() {
    // Its first bytes are a line break and a length that is a letter.
    let url = format!("http://10.20.0.5/{}", "x".repeat(80));
    let found = body(PROTOBUF, &field(1, &field(1, url.as_bytes())));
    assert!(told(&found).iter().any(|told| told.starts_with("text f1.f1 ")), "{:?}", told(&found));
    assert_eq!(found.cut, None);
}

#[test]
fn frames_are_undone() {
    let message = field(1, URL.as_bytes());
    let bytes = [frame(0, &message), frame(0, &field(2, URL.as_bytes())), frame(0x80, b"grpc-status:0\r\n")].concat();
    for (content_type, bytes) in [
        ("application/grpc-web", bytes.clone()),
        ("application/grpc-web+proto", bytes.clone()),
        ("application/grpc-web-text", BASE64_STANDARD.encode(&bytes).into_bytes()),
        (
            "application/grpc-web-text",
            bytes.chunks(17).map(|piece| BASE64_STANDARD.encode(piece)).collect::<String>().into_bytes(),
        ),
    ] {
        let found = body(content_type, &bytes);
        let expected = ["f1", "f2"].map(|at| format!("text {at} | text:{at} {URL}"));
        assert_eq!((told(&found), found.cut), (expected.to_vec(), None), "{content_type}");
    }
    for broken in [frame(1, &message), frame(7, &message), frame(0, &message)[..12].to_vec(), frame(0, b"\x07")] {
        assert_eq!(body("application/grpc-web", &broken).cut, Some(Cut::Format), "{broken:?}");
    }
}

#[test]
fn messagepack_has_the_places_of_json() {
    let json = serde_json::json!({
        "hooks": [{ "url": URL, "n": 1, "b": true, "z": null }],
        "db": { "host": "billing", "port": 5432 },
        "ip": 2_130_706_433_u32,
    });
    let packed = body(MSGPACK, &msgpack(&json));
    let plain = body("application/json", json.to_string().as_bytes());
    assert_eq!((told(&packed).len(), packed.cut), (3, None), "{:?}", told(&packed));
    assert_eq!(told(&packed), told(&plain));
    let twice = [msgpack(&json), msgpack(&json)].concat();
    assert_eq!(told(&body("application/vnd.msgpack", &twice)), told(&plain));
}

#[test]
fn ordinary_messages_carry_nothing() {
    let json = serde_json::json!({ "name": "Fountain pen", "price": 1250, "tags": ["a", "b"], "id": "a-17" });
    let message = [field(1, b"Fountain pen, 0.7 mm"), vec![0x10, 5], field(3, &field(1, b"\x08\x05"))].concat();
    for (content_type, bytes) in [(MSGPACK, msgpack(&json)), (PROTOBUF, message), (PROTOBUF, vec![]), (MSGPACK, vec![])]
    {
        let found = body(content_type, &bytes);
        assert_eq!((told(&found), found.cut), (vec![], None), "{content_type} {bytes:?}");
    }
}

#[test]
fn what_is_no_message_is_told() {
    let json = format!("{{\"url\":\"{URL}\"}}");
    for content_type in [MSGPACK, PROTOBUF, "application/grpc-web"] {
        let found = body(content_type, json.as_bytes());
        assert_eq!((told(&found), found.cut), (vec![format!("$.url | url {URL}")], None), "{content_type}");
    }
    for bytes in [&b"\xc1"[..], b"\x82\xa1a", b"\x81\x90\x01", b"\x01\x02", b"\xdf\xff\xff\xff\xff\xa1a\x01"] {
        assert_eq!(body(MSGPACK, bytes).cut, Some(Cut::Format), "{bytes:?}");
    }
    let deep = [vec![0x91; 5000], vec![0x01]].concat();
    assert_eq!(body(MSGPACK, &deep).cut, Some(Cut::Depth));
    let deep = (0..100).fold(URL.as_bytes().to_vec(), |inner, _| field(1, &inner));
    assert_eq!(body(PROTOBUF, &deep).cut, Some(Cut::Depth));
}

#[test]
fn a_prefix_shows_no_value_that_it_cuts_off() {
    let message = field(1, &field(2, URL.as_bytes()));
    let packed = msgpack(&serde_json::json!({ "url": URL }));
    for (content_type, bytes) in
        [(PROTOBUF, &message), (MSGPACK, &packed), ("application/grpc-web", &frame(0, &message))]
    {
        for end in 0..bytes.len() {
            let prefix = Body {
                content_type: Some(content_type),
                content_encoding: None,
                bytes: &bytes[..end],
                complete: false,
                sinks: &[],
            };
            let found = from_body(&prefix, &key());
            assert_eq!((told(&found), found.cut), (vec![], Some(Cut::Bytes)), "{content_type} {end}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), kind in 0_usize..4) {
        body([PROTOBUF, MSGPACK, "application/grpc-web", "application/grpc-web-text"][kind], &bytes);
    }

    #[test]
    fn a_message_is_read_wherever_it_is_put(numbers in proptest::collection::vec(1_u8..16, 1..20)) {
        let message = numbers.iter().fold(URL.as_bytes().to_vec(), |inner, &number| field(number, &inner));
        let found = body(PROTOBUF, &message);
        let at: Vec<_> = numbers.iter().rev().map(|number| format!("f{number}")).collect();
        proptest::prop_assert!(found.candidates.iter().any(|c| *c.location.name == at.join(".")), "{:?}", told(&found));
        proptest::prop_assert_eq!(found.cut, None);
    }
}
