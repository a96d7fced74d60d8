//! A value that is known to be dialled: whatever may be made a destination of it counts.
//!
//! A program may put `http://` before it, take userinfo for a host's, or pass over letters that are none
//! of base64. Elsewhere such readings would make destinations of words and mailboxes; here they are what
//! is asked for. What has no reading at all is a cut.

use sortie_model::event::Cut;
use sortie_model::{Decoding, Nature};

use super::collector::Collector;
use super::reading::dialled;
use super::spot::Spot;
use super::{decode, value};

/// Longest value that may be without any reading.
const LONGEST: usize = 2048;

/// Searches what the other readings found nothing in.
pub(super) fn search(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let before = out.offers();
    for read in [decode::base64_with_others, decode::base64_to_padding] {
        if let Some(decoded) = read(text).filter(|decoded| out.offers() == before && out.spend(decoded.len())) {
            value::search(&decoded, &spot.decoded(Decoding::Base64), out);
        }
    }
    if let Some(reading) = dialled(text).filter(|_| out.offers() == before) {
        out.offer(spot, &reading, Nature::Named);
    }
    if out.offers() == before && text.len() > LONGEST {
        out.cut(Cut::Format);
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::{CandidateKind, Containers, Decoding, Host};

    use super::super::tests::{FORM, JSON, key};
    use super::super::{Body, Extraction, ProvenSink, from_body};

    fn body(content_type: &str, text: &str, sinks: &[&str]) -> Extraction {
        let by_word = |name: &&str| ProvenSink { parameter: (*name).into(), read_in: Containers::of_parameter(name) };
        let sinks: Vec<_> = sinks.iter().map(by_word).collect();
        let bytes = text.as_bytes();
        let body =
            Body { content_type: Some(content_type), content_encoding: None, bytes, complete: true, sinks: &sinks };
        from_body(&body, &key())
    }

    fn finds(extraction: &Extraction) -> bool {
        extraction.candidates.iter().any(|c| c.host == Host::Ip("10.20.0.5".parse().unwrap()))
    }

    #[test]
    fn a_table_is_read_as_others_read_it() {
        for text in [
            "id,url\r\n1,\"\"http://10.20.0.5/x\r\n",
            "id,url\r\n1,\"h\"ttp://10.20.0.5/x\r\n",
            "id,url\r\n1,\"http://h.example:80\"@10.20.0.5/x\r\n",
            "id,url,a|b|c|d\r\n1,http://10.20.0.5/x,2\r\n",
            "id,\"u\"rl\r\n1,http://10.20.0.5/x\r\n",
            "http://h.example/,url\r\n1,http://10.20.0.5/x\r\n",
            "<p>,url\r\n1,http://10.20.0.5/x\r\n",
            &format!(";{},url\r\n1,http://10.20.0.5/x\r\n", "x".repeat(5000)),
            &format!("{}url\r\n{}http://10.20.0.5/x\r\n", "a,".repeat(300), "1,".repeat(300)),
        ] {
            let extraction = body("text/csv", text, &["text:url"]);
            let is_at_sink = extraction.candidates.iter().any(|c| &*c.parameter == "text:url" && finds(&extraction));
            assert!(is_at_sink || extraction.cut.is_some(), "{text}: {extraction:#?}");
        }
        for text in ["id,url\r\n1,http://h.example/x\r\n", "id;\"na;me\"\r\n1;\"a \"\"b\"\"\"\r\n"] {
            assert_eq!(body("text/csv", text, &["text:url"]).cut, None, "{text}");
        }
    }

    #[test]
    fn a_form_is_read_whatever_it_is_declared() {
        let long = "x".repeat(600);
        for text in [
            &*format!("{long}=1&url=http://10.20.0.5/x"),
            "http://h.example/=1&url=http://10.20.0.5/x",
            "<a>=&url=http://10.20.0.5/x",
            "=1&%75rl=http%3A%2F%2F10.20.0.5/x",
            "a b=1&url=http://10.20.0.5/x",
            "\n&url=http://10.20.0.5/x",
        ] {
            for content_type in ["", "text/plain", "image/png", "application/octet-stream"] {
                let extraction = body(content_type, text, &["url"]);
                assert!(
                    extraction.candidates.iter().any(|c| &*c.parameter == "url") && finds(&extraction),
                    "{content_type} {text}: {extraction:#?}"
                );
            }
        }
    }

    #[test]
    fn pairs_may_stand_between_semicolons() {
        let text = "a=1;url=http%3A%2F%2F10.20.0.5/x;b=2";
        let is_at_url = |sink: &str| body(FORM, text, &[sink]).candidates.iter().any(|c| &*c.parameter == "url");
        assert!(is_at_url("url") && !is_at_url("target"));
        let extraction = body(FORM, "url=http://h.example/;b=2", &["url"]);
        assert_eq!((extraction.candidates.len(), extraction.cut), (1, None));
    }

    #[test]
    fn an_entity_may_hold_the_sink() {
        let xml = |value: &str| format!("<!DOCTYPE r [<!ENTITY e \"{value}\">]><r>&e;</r>");
        for value in ["<url>http://10.20.0.5/x</url>", "&#60;url>http://10.20.0.5/x&#60;/url>"] {
            assert!(body("application/xml", &xml(value), &["url"]).cut.is_some(), "{value}");
            assert_eq!(body("application/xml", &xml(value), &[]).cut, None, "{value}");
        }
        assert_eq!(body("application/xml", &xml("a &lt; b"), &["url"]).cut, None);
    }

    #[test]
    fn yaml_that_is_read_otherwise_is_told_at_a_sink() {
        for text in ["a: 1\rurl: http://10.20.0.5/x", "\"\\x75rl\": http://10.20.0.5/x", "a: {b: 1,\n url: x}\n"] {
            assert!(body("application/yaml", text, &["url"]).cut.is_some(), "{text}");
            assert_eq!(body("application/yaml", text, &[]).cut, None, "{text}");
        }
        assert_eq!(body("application/yaml", "url: http://h.example/\nlist: [1, 2]\n", &["url"]).cut, None);
    }

    #[test]
    fn a_page_may_begin_with_text() {
        let extraction = body("text/html", "See <img src=\"http://10.20.0.5/x\">", &[]);
        let image = extraction.candidates.iter().find(|c| &*c.location.name == "img@src");
        assert!(image.is_some() && finds(&extraction), "{extraction:#?}");
    }

    #[test]
    fn a_sink_that_is_sent_as_a_file_is_read() {
        for content in ["http://10.20.0.5/x", "\u{1f}http://10.20.0.5/x"] {
            let head = "Content-Disposition: form-data; name=\"url\"; filename=\"a.png\"\r\nContent-Type: image/png";
            let text = format!("--B\r\n{head}\r\n\r\n{content}\r\n--B--\r\n");
            let extraction = body("multipart/form-data; boundary=B", &text, &["url"]);
            assert!(finds(&extraction) || extraction.cut.is_some(), "{content:?}");
            let elsewhere = body("multipart/form-data; boundary=B", &text, &["target"]);
            assert!(elsewhere.cut.is_none(), "{content:?}");
        }
    }

    #[test]
    fn a_proven_sink_is_read_in_every_way() {
        let long = "a".repeat(3000);
        for value in [
            "10.1310725/x",
            "169082885/x",
            "169082885",
            "user@10.20.0.5/x",
            "x@10.20.0.5",
            "10.20.0.5/z a",
            &format!("{long}@10.20.0.5/x"),
            &format!("10.20.0.5/{long}"),
            "aHR0!cDovLzEwLjIwLjAuNS94",
            "aHR0cDov L zEwLjIwLjAuNS94",
            ".aHR0cDovLzEwLjIwLjAuNS94",
            "aHR0-cDovLzEwLjIwLjAuNS94",
            "aHR0cDovLzEwLjIwLjAuNS94==zzzz",
        ] {
            let text = serde_json::json!({ "doc": [value] }).to_string();
            let extraction = body(JSON, &text, &["doc"]);
            assert!(finds(&extraction) && extraction.candidates[0].parameter.as_ref() == "doc", "{value}");
            let form = format!("DOC={}", value.replace('+', "%2B"));
            assert!(finds(&body(FORM, &form, &["doc"])), "{value}");
            assert!(finds(&extraction) || body(JSON, &text, &[]).cut.is_some(), "{value}");
        }
    }

    #[test]
    fn what_has_a_plain_reading_is_read_so() {
        let only = |value: &str| {
            let text = serde_json::json!({ "src": value }).to_string();
            let extraction = body(JSON, &text, &["src"]);
            assert!(finds(&extraction) && extraction.candidates.len() == 1, "{value}");
            extraction.candidates[0].manner
        };
        let (url, base64) = (only("http://10.20.0.5/x"), only("aHR0cDovLzEwLjIwLjAuNS94"));
        assert_eq!((url.kind, base64.kind), (CandidateKind::Url, CandidateKind::Url));
        assert!(base64.decodings.contains(Decoding::Base64));
    }

    #[test]
    fn a_sink_is_known_by_the_end_of_its_name() {
        let url = "user@10.20.0.5";
        let nested = |key: &str| serde_json::json!({ "a": [{ key: [{ "x": "y" }, url] }] }).to_string();
        for (key, sink) in [
            ("doc", "a.doc"),
            ("DOC", "a.doc"),
            ("doc[src]", "a.doc.src"),
            ("17", "a"),
            ("8f14e45fceea167a", "a.{id}"),
            ("é", "a.é"),
        ] {
            assert!(finds(&body(JSON, &nested(key), &[sink])), "{key}");
            assert!(!finds(&body(JSON, &nested(key), &["a.other"])), "{key}");
        }
        assert!(finds(&body(JSON, &serde_json::json!([url]).to_string(), &[""])));
    }

    #[test]
    fn what_is_put_before_prose_is_read_too() {
        assert!(finds(&body(JSON, r#"{"doc":"10.20.0.5/x http://pub.example/"}"#, &["doc"])));
    }

    #[test]
    fn elsewhere_words_and_mailboxes_are_no_destinations() {
        for value in ["user@10.20.0.5", "10.20.0.5 is down", "a word", "12", "report-17"] {
            let text = serde_json::json!({ "doc": value, "other": "x" }).to_string();
            assert!(body(JSON, &text, &[]).candidates.iter().all(|c| &*c.parameter != "other"), "{value}");
            assert!(body(JSON, &text, &["other"]).candidates.iter().all(|c| &*c.parameter == "other"), "{value}");
        }
    }

    #[test]
    fn what_has_no_reading_is_a_cut() {
        let text = serde_json::json!({ "doc": "?".repeat(3000) }).to_string();
        assert!(body(JSON, &text, &["doc"]).cut.is_some());
        assert_eq!(body(JSON, &text, &[]).cut, None);
        assert_eq!(body(JSON, r#"{"doc":"???"}"#, &["doc"]).cut, None);
    }

    #[test]
    fn a_part_of_a_destination_that_is_more_than_its_part_is_a_cut() {
        for text in [
            r#"{"host":"pub.example","port":"80@10.20.0.5"}"#,
            r#"{"host":"pub.example","port":"80/?#"}"#,
            r#"{"host":"pub.example","scheme":"http://10.20.0.5/?"}"#,
        ] {
            assert!(body(JSON, text, &[]).cut.is_some(), "{text}");
        }
        assert_eq!(body(JSON, r#"{"host":"pub.example","port":"80","protocol":"HTTP/1.1"}"#, &[]).cut, None);
        assert!(finds(&body(JSON, r#"{"host":"x@10.20.0.5","port":80}"#, &[])));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z0-9:/@.%?# =+-]|é|\\\\u0000){0,60}") {
            let _ = body(FORM, &format!("doc={text}"), &["doc"]);
        }
    }
}
