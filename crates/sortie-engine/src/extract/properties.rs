//! What holds for every request.

use proptest::prelude::*;
use sortie_model::event::Cut;
use sortie_model::place::canonical_parameter;
use sortie_model::{Container, limits};

use super::tests::{FORM, JSON, MULTIPART, body, head, key, locations, part};
use super::{Body, Head, from_body, from_head, single, template};

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
            (from_head(&Head { target: "/", fields: &[(&format!("x-{name}"), url.as_bytes())], sinks: &[] }, &key()), Container::Header, format!("x-{name}")),
        ];
        for (found, container, at) in cases {
            prop_assert_eq!(found.candidates.len(), 1, "{:?} {}", container, at);
            let candidate = &found.candidates[0];
            prop_assert_eq!((candidate.location.container, &*candidate.location.name), (container, &*at));
            prop_assert_eq!(&candidate.parameter, &canonical_parameter(container, &at));
            prop_assert!(candidate.manner.decodings.is_plain());
            prop_assert_eq!(&candidate.host, &single(&url, &key()).unwrap().host);
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), content_type in prop::sample::select(vec![JSON, FORM, MULTIPART, "text/html", "application/xml", "", "image/png"]), coding in prop::sample::select(vec!["", "gzip", "deflate"])) {
        let whole = Body { content_type: Some(content_type), content_encoding: Some(coding), bytes: &bytes, complete: true, sinks: &[] };
        prop_assert!(from_body(&whole, &key()).candidates.len() <= limits::CANDIDATES);
        let text = String::from_utf8_lossy(&bytes);
        let fields: &[(&str, &[u8])] = &[("x-url", &bytes), ("cookie", &bytes), ("forwarded", &bytes)];
        let found = from_head(&Head { target: &text, fields, sinks: &[] }, &key());
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
            let found = from_body(&Body { content_type: Some(content_type), content_encoding: None, bytes, complete: false, sinks: &[] }, &key());
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
