use super::*;

fn attack(text: &Text) -> bool {
    Verdict::of(text).is_attack()
}

fn signs(text: &Text) -> Vec<&'static str> {
    Verdict::of(text).reasons.iter().map(|reason| reason.sign.as_str()).collect()
}

#[test]
fn what_is_inside_is_told_and_no_attack() {
    for url in [
        "http://localhost:8000/hook",
        "https://user:passwd@192.168.0.1:25060",
        "redis://cache:6379",
        "http://10.0.0.5/",
        "http://app.10.0.0.1.nip.io/",
    ] {
        let text = Text::of_url(url);
        assert_eq!(signs(&text), ["internal"], "{url}");
        assert!(!attack(&text), "{url}");
    }
}

#[test]
fn what_is_public_says_nothing() {
    for url in ["https://example.com/hook", "https://u:p@example.com:8443/x?y=z", "ftp://example.com/x"] {
        assert_eq!(signs(&Text::of_url(url)), [""; 0], "{url}");
    }
    let idn = Text::of_url("https://münchen.example/");
    assert!(!attack(&idn), "{:?}", Verdict::of(&idn));
    for url in ["https://{tenant}.example.com/", "com.example.app:/oauth", "h.example:8080/x"] {
        assert!(!attack(&Text::of_url(url)), "{url}");
    }
    let mention = Text::of_prose("see http://169.254.169.254/ for more");
    assert_eq!((signs(&mention), attack(&mention)), (vec!["metadata"], false));
    assert!(attack(&Text::of_prose("http://169.254.169.254/")));
}

#[test]
fn each_sign_that_only_attackers_make_is_one() {
    for (url, expected) in [
        ("http://169.254.169.254/latest/", &["metadata"][..]),
        ("http://metadata.google.internal/", &["metadata"]),
        ("gopher://127.0.0.1:6379/_x", &["internal", "forbidden scheme"]),
        ("file:///etc/passwd", &["internal", "forbidden scheme"]),
        ("http://2130706433/", &["internal", "disguised"]),
        ("http://%31%32%37.0.0.1/", &["internal", "disguised", "confusing"]),
        ("http://a.example\\@127.0.0.1/", &["internal", "confusing"]),
        ("http://x.oastify.com/", &["callback"]),
        ("http://make-169-254-169-254-rr.1u.ms/", &["metadata"]),
        ("javascript:alert(1)", &["forbidden scheme"]),
        ("\\\\share.example\\x", &["forbidden scheme"]),
        ("http://425.510.425.510/", &["disguised", "metadata"]),
        ("http://[v1.fe80::a]/", &["internal", "disguised"]),
        ("///169.254.169.254/x", &["metadata"]),
        ("http://①②⑦.⓪.⓪.①/", &["internal", "disguised", "confusing"]),
        ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", &["internal", "disguised", "confusing"]),
        ("http://example.com%23@partner.example/", &["confusing"]),
    ] {
        let text = Text::of_url(url);
        assert_eq!(signs(&text), expected, "{url}");
        assert!(attack(&text), "{url}");
    }
}

#[test]
fn a_url_in_a_url_is_a_candidate_too() {
    let text = Text::of_url("https://a.example/fetch?u=http://169.254.169.254/x");
    let hosts: Vec<String> = text.candidates.iter().filter_map(|it| Some(it.host.as_ref()?.to_string())).collect();
    assert_eq!(hosts, ["a.example", "169.254.169.254"]);
}

#[test]
fn a_url_that_nobody_reads_is_told_all_the_same() {
    let text = Text::of_url("https://");
    assert_eq!(text.candidates.len(), 1);
    assert_eq!((&text.candidates[0].host, text.candidates[0].port), (&None, None));
    let brackets = &Text::of_url("0xh://[/").candidates[0];
    assert_eq!(brackets.host, Some(Host::name("0xh")), "the first reading with something in its brackets");
}

#[test]
fn hosts_and_addresses_are_read_in_any_notation() {
    let host = |text| Text::of_host(text).candidates[0].host.as_ref().map(ToString::to_string);
    assert_eq!(host("[::ffff:10.0.0.1]..").as_deref(), Some("10.0.0.1"));
    let mapped = &Text::of_host("0:0:0:0:0:ffff:10.0.0.1").candidates[0];
    assert!(!mapped.is_confusing() && mapped.readings.hosts().len() == 1, "{mapped:?}");
    assert_eq!(host("①②⑦。⓪。⓪。①").as_deref(), Some("127.0.0.1"));
    assert_eq!(host("faß.example").as_deref(), Some("xn--fa-hia.example"));
    assert_eq!(host("").as_deref(), None);
    assert!(Text::of_address("100::ffff::").candidates.is_empty());
    assert!(Text::of_address("example.com").candidates.is_empty());
    assert_eq!(Text::of_address("0x7f.1").candidates.len(), 1);
}

#[test]
fn an_external_entity_is_one_and_a_document_type_none() {
    let of = |text: &str| {
        let body = Body {
            content_type: Some("application/xml"),
            content_encoding: None,
            bytes: text.as_bytes(),
            complete: true,
            sinks: &[],
        };
        signs(&Text::of_request(&Head { target: "/", fields: &[], sinks: &[] }, &body))
    };
    assert_eq!(of("<!DOCTYPE r [<!ENTITY x SYSTEM 'http://a.example/x.dtd'>]><r>&x;</r>"), ["external entity"]);
    assert_eq!(of("<!DOCTYPE r PUBLIC '-//A' 'http://a.example/x.dtd'><r/>"), [""; 0]);
    assert_eq!(of("<?xml version='1.0'?><entity>http://a.example/x.dtd</entity>"), [""; 0]);
}

#[test]
fn a_request_says_where() {
    let head = Head { target: "/x?u=http://[::ffff:a9fe:a9fe]/", fields: &[("host", b"localhost")], sinks: &[] };
    let body = Body {
        content_type: Some("application/json"),
        content_encoding: None,
        bytes: br#"{"url":"gopher://h.example/_x"}"#,
        complete: true,
        sinks: &[],
    };
    let verdict = Verdict::of(&Text::of_request(&head, &body));
    let told: Vec<String> = verdict.reasons.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "query u: disguised: 169.254.169.254 is not written plainly",
            "query u: metadata: 169.254.169.254 is a cloud metadata endpoint",
            "header host: internal: localhost is loopback",
            "$.url: forbidden scheme: gopher: is no scheme that an API is given to fetch",
        ]
    );
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_verdict(
        text in "\\PC{0,60}|(.|[:/\\\\@?#\\[\\]%. ;\t\n\0]|http://|%2[35f]|xn--|0x|[0-9]\\.){0,30}",
    ) {
        let url = Text::of_url(&text);
        proptest::prop_assert!(!url.candidates.is_empty());
        for told in [url, Text::of_host(&text), Text::of_address(&text), Text::of_prose(&text)] {
            let verdict = Verdict::of(&told);
            proptest::prop_assert!(!verdict.is_attack() || !verdict.reasons.is_empty());
            proptest::prop_assert!(told.candidates.iter().all(|it| it.host.is_some() || it.other_hosts.is_empty()));
        }
    }
}
