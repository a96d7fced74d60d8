//! Requests of GraphQL as a whole: the spellings of one call, what hides in them, what is none.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use sortie_model::event::Cut;
use sortie_model::{CandidateKind, Containers, Host};

use super::super::tests::{FORM, JSON, MULTIPART, head, key, locations, part};
use super::super::{Body, Extraction, ProvenSink, from_body};

const URL: &str = "http://10.20.0.5/x";
const SINK: &str = "graphql:importpaste.url";

fn body_with(sinks: &[&str], content_type: &str, text: &str) -> Extraction {
    let by_word = |name: &&str| ProvenSink { parameter: (*name).into(), read_in: Containers::of_parameter(name) };
    let sinks: Vec<_> = sinks.iter().map(by_word).collect();
    let body = Body {
        content_type: Some(content_type),
        content_encoding: None,
        bytes: text.as_bytes(),
        complete: true,
        sinks: &sinks,
    };
    from_body(&body, &key())
}

fn body(content_type: &str, text: &str) -> Extraction {
    body_with(&[], content_type, text)
}

fn request(query: &str, variables: &serde_json::Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}

/// Parameters and texts of what is found.
fn found(extraction: &Extraction) -> Vec<String> {
    extraction.candidates.iter().map(|c| format!("{} {}", c.parameter, c.shown)).collect()
}

#[track_caller]
fn is_found_at(parameter: &str, extraction: &Extraction, what: &str) {
    let host = Host::Ip("10.20.0.5".parse().unwrap());
    let at: BTreeSet<_> = extraction.candidates.iter().filter(|c| c.host == host).map(|c| &*c.parameter).collect();
    assert_eq!((at, extraction.cut), (BTreeSet::from([parameter]), None), "{what}");
}

#[test]
fn spellings_of_one_call_are_one_place() {
    let u = json!({ "u": URL });
    let with_query = |query: &str| request(query, &u);
    let text = json!(URL);
    for text in [
        with_query("mutation($u: String!) { importPaste(url: $u) { id } }"),
        request("mutation Other($renamed: String!) { importPaste(url: $renamed) { id } }", &json!({ "renamed": URL })),
        with_query("mutation($u: String) { alias: importPaste(other: 1, url: $u) { id } }"),
        with_query("query($u: String) { me { team { ...F } } } fragment F on Team { importPaste(url: $u) { id } }"),
        with_query("query($u: String) { me { ... on User @include(if: true) { importPaste(url: $u) } } }"),
        request(&format!("mutation {{ importPaste(url: {text}) }}"), &json!(null)),
        request(&format!("{{ importPaste(url: \"\"\"\n  {URL}\n\"\"\") }}"), &json!({})),
        request("{ importPaste(url: \"\\u0068ttp:\\/\\/\\u{31}0.20.0.5/x\") }", &json!({})),
        request(&format!("mutation($u: String = {text}) {{ importPaste(url: $u) }}"), &json!({})),
        request(
            &format!("fragment F on M {{ importPaste(url: $u) }} query($u: [String!]! = [{text}]) {{ ...F }}"),
            &json!({}),
        ),
        with_query("query($u: String) { importPaste(url: [$u]) }"),
        request("query($u: [String]) { importPaste(url: $u) }", &json!({ "u": [null, URL] })),
        with_query("#x\n\u{feff}query,($u:String){IMPORTPASTE(URL:$u)}"),
        format!("[{{\"query\":\"{{a}}\"}},{}]", with_query("query($u: String) { importPaste(url: $u) }")),
        format!(r#"{{"variables":{u},"query":"query($u:ID){{importPaste(url:$u)}}"}}"#),
        format!(
            r#"{{"variables":{u},"operationName":"B","qu\u0065ry":"query A{{a}} query B($u:ID){{importPaste(url:$u)}}"}}"#
        ),
        format!(r#"{{"Query":"query($u:ID){{importPaste(url:$u)}}","variableſ":{u}}}"#),
        format!(r#"{{"query":"","query":"query($u:ID){{importPaste(url:$u)}}","variables":{{}},"variables":{u}}}"#),
        json!({ "query": "query($u:ID){importPaste(url:$u)}", "variables": u.to_string() }).to_string(),
    ] {
        is_found_at(SINK, &body(JSON, &text), &text);
        is_found_at(SINK, &body("text/plain", &text), &text);
        is_found_at(SINK, &body_with(&[SINK], JSON, &text), &text);
    }
}

#[test]
fn every_way_of_sending_is_one_place() {
    let query = "query($u:ID){importPaste(url:$u)}";
    let u = json!({ "u": URL }).to_string();
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pairs = format!("variables={}&x=1&query={}", encode(&u), encode(query));
    is_found_at(SINK, &head(&format!("/graphql?{pairs}")), "query string");
    is_found_at(SINK, &body(FORM, &pairs), "form");
    is_found_at(SINK, &body(MULTIPART, &part("operations", &request(query, &json!({ "u": URL })))), "multipart");
    let inline = format!("{{ importPaste(url: \"{URL}\") }}");
    is_found_at(SINK, &body("application/graphql", &inline), "document");
    for extraction in [
        head(&format!("/graphql?{pairs}")),
        body(MULTIPART, &part("operations", &request(query, &json!({ "u": URL })))),
        body(JSON, &request(query, &json!({ "u": URL }))),
    ] {
        assert!(extraction.candidates[0].manner.decodings.is_plain());
        assert_eq!(extraction.candidates[0].location.to_string(), "graphql importPaste.url");
    }
}

#[test]
fn arguments_are_told_by_field_and_path() {
    let query = "mutation($i: Input, $u: String) {
        createHook(input: $i, list: [{ url: \"http://b.example/\" }]) @rest(url: $u, method: \"GET\") { id }
        note(text: $u)
    }";
    let variables = json!({ "i": { "hooks": [{ "url": "http://a.example/" }] }, "u": "http://c.example/" });
    let extraction = body(JSON, &request(query, &variables));
    assert_eq!(
        locations(&extraction),
        [
            "graphql createHook.input.hooks[0].url http://a.example/",
            "graphql createHook.list[0].url http://b.example/",
            "graphql @rest.url http://c.example/",
            "graphql note.text http://c.example/",
        ]
    );
    assert_eq!(&*extraction.candidates[0].parameter, "graphql:createhook.input.hooks.url");
    let natures: Vec<_> = extraction.candidates.iter().map(|c| c.nature.prior()).collect();
    assert!(natures[2] > natures[3], "the argument's name speaks, not the variable's");
}

#[test]
fn parts_in_one_call_make_a_destination() {
    let shown = |query: &str, variables: serde_json::Value| {
        let extraction = body(JSON, &request(query, &variables));
        let composed = extraction.candidates.iter().filter(|c| c.manner.kind == CandidateKind::Composed);
        composed.map(|c| format!("{} {}", c.parameter, c.shown)).collect::<Vec<_>>()
    };
    let expected = ["graphql:importpaste.host http://10.20.0.5:8080/v1/x"];
    let inline = "mutation { importPaste(scheme: \"http\", host: \"10.20.0.5\", port: 8080, path: \"/v1/x\") { id } }";
    assert_eq!(shown(inline, json!(null)), expected);
    assert_eq!(shown(&inline.replace("\"http\"", "HTTP"), json!(null)), expected);
    let by_variables = "mutation($a: String, $b: Int) {
        importPaste(scheme: \"http\", host: $a, port: $b, path: \"/v1/x\") { id } }";
    assert_eq!(shown(by_variables, json!({ "a": "10.20.0.5", "b": 8080 })), expected);
    // Parts of one call do not belong to another, so that a batch of them scans no ports unseen.
    let calls: Vec<_> = (1..9).map(|n| format!("a{n}: importPaste(host: \"10.20.0.5\", port: {n})")).collect();
    assert_eq!(shown(&format!("{{ {} }}", calls.join(" ")), json!(null)).len(), 8);
}

#[test]
fn other_texts_are_searched_by_their_path() {
    for (text, expected) in [
        (json!({ "query": "pens", "url": "http://a.example/" }).to_string(), vec!["url http://a.example/"]),
        (json!({ "query": "http://a.example/" }).to_string(), vec!["query http://a.example/"]),
        (json!({ "query": "query languages: http://a.example/" }).to_string(), vec!["query http://a.example/"]),
        (json!({ "query": { "url": "http://a.example/" } }).to_string(), vec!["query.url http://a.example/"]),
        (json!({ "variables": [{ "url": "http://a.example/" }] }).to_string(), vec!["variables.url http://a.example/"]),
        (request("{ a(u: \"http://a.example/\")", &json!({})), vec!["query http://a.example/"]),
        (request("{ a }", &json!({ "u": ["http://a.example/"] })), vec!["variables.u http://a.example/"]),
        (request("type A { b: C } # http://a.example/ ", &json!({})), vec!["query http://a.example/"]),
        (
            json!({ "x": { "query": "{a(u:$v)}", "variables": { "v": "http://a.example/" } } }).to_string(),
            vec!["x.variables.v http://a.example/"],
        ),
    ] {
        let extraction = body(JSON, &text);
        assert_eq!(
            (found(&extraction), extraction.cut),
            (expected.into_iter().map(str::to_owned).collect(), None),
            "{text}"
        );
    }
    assert_eq!(found(&head("/search?query=http%3A%2F%2Fa.example%2F&variables=x")), ["query http://a.example/"]);
}

#[test]
fn what_was_read_before_the_end_counts() {
    let text = r#"{"variables":{"u":"http://a.example/","v":{"w":"http://b.example/"#;
    assert_eq!(found(&body(JSON, text)), ["variables.u http://a.example/"]);
    let text = r#"{"variables":{"u":"http://a.example/"},"query":"query($u:ID){importPaste(url:$u)}","x":{"y":["#;
    assert_eq!(found(&body(JSON, text)), ["graphql:importpaste.url http://a.example/"]);
    let text = r#"{"variables":{"u":"http://a.example/"},"query":"query($u"#;
    assert_eq!(found(&body(JSON, text)), ["variables.u http://a.example/"]);
}

#[test]
fn at_a_sink_a_document_that_is_not_read_is_a_cut() {
    let many = format!("{{ {} }}", "a ".repeat(20_000));
    let deep = format!("{{ a(b: {}1{}) }}", "[".repeat(100), "]".repeat(100));
    for query in ["{ importPaste(url: \"http://a.example/\")", "{ a(b: ?) }", "pens", &many, &deep] {
        let text = request(query, &json!({}));
        assert_eq!(body_with(&[SINK], JSON, &text).cut, Some(Cut::Format), "{query:.40}");
        assert_eq!(body_with(&["url"], JSON, &text).cut, None, "{query:.40}");
        assert_eq!(body(JSON, &text).cut, None, "{query:.40}");
    }
    let names: serde_json::Map<_, _> = (0..2000).map(|n| (format!("v{n}"), json!(n))).collect();
    assert_eq!(body_with(&[SINK], JSON, &request("{ a }", &names.into())).cut, Some(Cut::Format));
    let again = r#""query":"{a}","#.repeat(20);
    assert_eq!(body(JSON, &format!("{{{again}\"x\":1}}")).cut, Some(Cut::Format));
}

#[test]
fn a_sink_is_read_in_every_way_whatever_the_variable() {
    let query = "query($words: [String]) { importPaste(url: $words) }";
    for value in ["10.1310725/x", "user@10.20.0.5/x", "aHR0!cDovLzEwLjIwLjAuNS94"] {
        let text = request(query, &json!({ "words": [value] }));
        is_found_at(SINK, &body_with(&[SINK], JSON, &text), value);
        assert!(found(&body(JSON, &text)).iter().all(|found| !found.contains("10.20.0.5")), "{value}");
        let inline = request(&format!("{{ importPaste(url: \"{value}\") }}"), &json!({}));
        is_found_at(SINK, &body_with(&[SINK], JSON, &inline), value);
    }
}

#[test]
fn a_document_that_is_not_sent_may_be_of_any_sink() {
    let digest = json!({ "persistedQuery": { "version": 1, "sha256Hash": "00" } });
    let text = json!({ "extensions": digest, "variables": { "x": { "y": URL }, "z": "words" } }).to_string();
    assert_eq!(found(&body(JSON, &text)), ["variables.x.y http://10.20.0.5/x"]);
    let extraction = body_with(&[SINK], JSON, &text);
    assert_eq!(found(&extraction), ["variables.x.y http://10.20.0.5/x", "graphql:importpaste.url http://10.20.0.5/x"]);
    assert_eq!(extraction.cut, None);
    assert_eq!(extraction.candidates[1].location.to_string(), "graphql importpaste.url");
}

#[test]
fn a_path_that_is_a_sink_stays_one() {
    let text = request("query($u: ID) { a(b: $u) }", &json!({ "u": URL }));
    let expected = ["graphql:a.b http://10.20.0.5/x", "variables.u http://10.20.0.5/x"];
    assert_eq!(found(&body_with(&["variables.u"], JSON, &text)), expected);
    assert_eq!(found(&body(JSON, &text)), expected[..1]);
    let pairs = "query=query($u:ID){a(b:$u)}&variables={\"u\":\"http://10.20.0.5/x\"}";
    assert_eq!(found(&body_with(&["variables.u"], FORM, pairs)), expected);
}

#[test]
fn work_is_bounded() {
    let uses = format!("query($u: ID) {{ {} }}", "a(b: $u) ".repeat(2000));
    let long = json!({ "u": "some words ".repeat(2000) + "end" });
    let extraction = body(JSON, &request(&uses, &long));
    assert_eq!(extraction.cut, Some(Cut::Count), "{}", extraction.work);
    let uses = format!("query($u: ID = [{}]) {{ {} }}", "1 ".repeat(5000), "a(b: $u) ".repeat(1200));
    assert_eq!(body(JSON, &request(&uses, &json!({}))).cut, Some(Cut::Count));
}

proptest! {
    #[test]
    fn never_panics(
        query in "([{}()\\[\\]:!$=@, \n#]|\\.\\.\\.|\"|\"\"\"|\\\\|query|fragment|on|url|u|1|é|\"http://10.20.0.5/\"){0,60}",
        variables in "([\\[\\]{}:,\"\\\\0-9a-z ]|\"u\":|\"http://a\"|é){0,30}",
    ) {
        let written = json!(query).to_string();
        for text in [
            format!("{{\"query\":{written},\"variables\":{variables}}}"),
            format!("{{\"variables\":{variables},\"query\":{written}}}"),
            format!("[{{\"query\":{written},\"variables\":{variables}"),
        ] {
            body_with(&[SINK], JSON, &text);
        }
        body("application/graphql", &query);
        body_with(&[SINK, "variables.u"], FORM, &format!("query={query}&variables={variables}"));
    }

    #[test]
    fn nothing_is_lost_in_a_call(field in "[a-z]{1,6}", argument in "[a-z]{1,6}", variable in "[a-z]{1,6}", is_first: bool) {
        let query = format!("query(${variable}: String) {{ {field}({argument}: ${variable}) }}");
        let (query, value) = (json!(query), json!({ variable: URL }));
        let text = if is_first {
            format!("{{\"variables\":{value},\"query\":{query}}}")
        } else {
            format!("{{\"query\":{query},\"variables\":{value}}}")
        };
        prop_assert_eq!(found(&body(JSON, &text)), [format!("graphql:{field}.{argument} http://10.20.0.5/x")]);
    }
}
