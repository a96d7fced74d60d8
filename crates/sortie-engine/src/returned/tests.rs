use base64::prelude::*;
use proptest::prelude::*;
use sortie_model::Reference;
use sortie_model::event::{Returned, ReturnedForm};

use super::{AnswerPrints, find};

const CREDENTIALS: &str = r#"{
  "Code" : "Success",
  "LastUpdated" : "2026-11-24T02:11:09Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "ASIAQX7EXAMPLE2JK3LM",
  "SecretAccessKey" : "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  "Token" : "IQoJb3JpZ2luX2VjEJ7//////////wEaCXVzLWVhc3QtMSJHMEUCIQDexampleexample4711==",
  "Expiration" : "2026-11-24T08:29:55Z"
}"#;

fn look(answer: &[u8], response: &[u8], content_type: Option<&str>) -> Option<Returned> {
    let answers = [(Reference::local(7), AnswerPrints::of(answer, None))];
    let mut found = find(&answers, response, content_type, None);
    assert!(found.len() <= 1);
    let found = found.pop()?;
    assert!(found.bytes <= found.of && found.of as usize <= answer.len(), "{found:?}");
    Some(found)
}

fn whole(answer: &str, response: &str, form: ReturnedForm, location: &str) {
    let found = look(answer.as_bytes(), response.as_bytes(), None).unwrap_or_else(|| panic!("not found in {response}"));
    let expected = Returned {
        dial: Reference::local(7),
        bytes: answer.len() as u32,
        of: answer.len() as u32,
        form,
        location: location.into(),
    };
    assert_eq!(found, expected, "{response}");
}

fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;").replace('\'', "&#39;")
}

#[test]
fn the_whole_answer_in_every_form() {
    let text = serde_json::to_string(CREDENTIALS).unwrap();
    let base64 = BASE64_STANDARD.encode(CREDENTIALS);
    let value: serde_json::Value = serde_json::from_str(CREDENTIALS).unwrap();
    whole(CREDENTIALS, CREDENTIALS, ReturnedForm::Raw, "body");
    whole(CREDENTIALS, &format!("<pre>{CREDENTIALS}</pre>"), ReturnedForm::Raw, "body");
    whole(CREDENTIALS, &format!("<pre>{}</pre>", html_escaped(CREDENTIALS)), ReturnedForm::Raw, "body");
    // Parsed and written anew by the service, keys in their order.
    whole(&value.to_string(), &format!(r#"{{"status":200,"body": {value:#}}}"#), ReturnedForm::Raw, "body");
    whole(CREDENTIALS, &format!(r#"{{"id":3,"preview":{text}}}"#), ReturnedForm::Json, "$.preview");
    whole(CREDENTIALS, &format!(r#"[1,{{"a":{{"b":[{text}]}}}}]"#), ReturnedForm::Json, "$[1].a.b[0]");
    whole(CREDENTIALS, &format!(r#"{{"preview":"{base64}"}}"#), ReturnedForm::Base64, "$.preview");
    whole(CREDENTIALS, &format!(r#"{{"src":"data:text/plain;base64,{base64}"}}"#), ReturnedForm::Base64, "$.src");
    whole(CREDENTIALS, &format!("<img src=\"data:image/png;base64,{base64}\">"), ReturnedForm::Base64, "body");
    whole(
        CREDENTIALS,
        &format!("{{\"html\":{}}}", serde_json::json!(html_escaped(CREDENTIALS))),
        ReturnedForm::Json,
        "$.html",
    );
    let inner = serde_json::json!({ "text": CREDENTIALS, "status": 200 }).to_string();
    whole(CREDENTIALS, &serde_json::json!({ "result": inner }).to_string(), ReturnedForm::Json, "$.result.text");
    let inner = serde_json::json!({ "text": base64 }).to_string();
    whole(CREDENTIALS, &serde_json::json!({ "result": inner }).to_string(), ReturnedForm::Base64, "$.result.text");
    let inner = BASE64_URL_SAFE.encode(serde_json::json!({ "text": CREDENTIALS }).to_string());
    whole(CREDENTIALS, &serde_json::json!({ "result": inner }).to_string(), ReturnedForm::Base64, "$.result.text");
}

#[test]
fn a_secret_of_the_answer_alone() {
    let response = r#"{"error":"cannot parse","near":"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}"#;
    let found = look(CREDENTIALS.as_bytes(), response.as_bytes(), None).unwrap();
    assert_eq!((&*found.location, found.form), ("$.near", ReturnedForm::Json));
    assert!((30..=60).contains(&found.bytes), "{found:?}");
}

#[test]
fn short_answers_are_found_whole() {
    for answer in ["s3cr3t-t0k3n-4711", "ami-0abcdef1234567890\n", "Hello from the inner API, stranger!"] {
        let trimmed = answer.trim();
        whole(answer, &format!("result: {trimmed}."), ReturnedForm::Raw, "body");
        whole(answer, &format!(r#"{{"a":"{trimmed}"}}"#), ReturnedForm::Json, "$.a");
        whole(answer, &format!(r#"{{"a":"{}"}}"#, BASE64_STANDARD.encode(answer)), ReturnedForm::Base64, "$.a");
        let without_its_end = &trimmed[..trimmed.len() - 1];
        if without_its_end.len() < 24 {
            assert_eq!(look(answer.as_bytes(), without_its_end.as_bytes(), None), None);
        }
    }
}

#[test]
fn codings_of_either_side_are_undone() {
    let coded = crate::codec::tests::gzip(CREDENTIALS.as_bytes());
    let answers = [(Reference::local(1), AnswerPrints::of(&coded, Some("gzip")))];
    let found = find(&answers, &coded, Some("application/json"), Some("gzip"));
    assert_eq!(found[0].bytes as usize, CREDENTIALS.len());
    assert_eq!(find(&answers, &coded, Some("application/json"), Some("compress")), []);
}

#[test]
fn each_answer_is_reported_for_itself() {
    let texts =
        ["the first answer, from the metadata service", "{\"ok\":true}", "the second answer, from billing.internal"];
    let answers: Vec<_> = texts
        .iter()
        .zip(10..)
        .map(|(text, n)| (Reference::local(n), AnswerPrints::of(text.as_bytes(), None)))
        .collect();
    let response = serde_json::json!({ "a": texts[2], "b": texts[1], "c": texts[0] }).to_string();
    let found = find(&answers, response.as_bytes(), Some("application/json"), None);
    let found: Vec<_> = found.iter().map(|found| (found.dial.number, &*found.location)).collect();
    assert_eq!(found, [(10, "$.c"), (12, "$.a")]);
}

#[test]
fn a_preview_of_a_long_page_is_found() {
    let paragraphs = (0..5_000_u64)
        .map(|n| format!("<p>{:x}</p>\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect::<Vec<_>>()
        .concat();
    let page = format!(
        "<!doctype html><html><head><title>Payroll of the third quarter, confidential</title></head><body>{paragraphs}"
    );
    let response = r#"{"title":"Payroll of the third quarter, confidential","image":null}"#;
    let found = look(page.as_bytes(), response.as_bytes(), None).unwrap();
    assert_eq!(&*found.location, "$.title");
}

#[test]
fn a_picture_is_found_as_it_is_not_as_drawn_anew() {
    let noise = |seed: u32| -> Vec<u8> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 24) as u8)
        };
        let body = std::iter::repeat_n((), 60_000).scan(seed, |state, ()| next(state));
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".iter().copied().chain(body).collect()
    };
    let picture = noise(1);
    // In base64 it is longer than what is inspected of a response: three quarters of 64 KB are found.
    let response = format!(r#"{{"thumbnail":"{}"}}"#, BASE64_STANDARD.encode(&picture));
    let found = look(&picture, &response.as_bytes()[..64 * 1024], Some("application/json")).unwrap();
    assert_eq!((found.form, &*found.location), (ReturnedForm::Base64, "$.thumbnail"));
    assert!((48_500..=49_200).contains(&found.bytes), "{found:?}");
    assert_eq!(look(&picture, &picture, Some("image/png")).map(|found| found.bytes), Some(60_016));
    assert_eq!(look(&picture, &noise(2), Some("image/png")), None);
}

#[test]
fn documents_of_one_schema_are_unrelated() {
    let document = |id: u32, name: &str, mail: &str, day: u32| {
        format!(
            r#"{{"id":{id},"node_id":"MDQ6{name}","full_name":"{name}","email_address":"{mail}",
            "created_at":"2026-03-{day:02}T10:00:00Z","permissions":{{"admin":false,"maintain":false,"push":false,
            "triage":true,"pull":true}},"subscription_status":"active","currency_code":"EUR","balance":0,
            "links":{{"self":"https://api.shop.example/v1/customers/{id}","orders":"https://api.shop.example/v1/customers/{id}/orders"}},
            "has_issues":true,"has_projects":true,"has_downloads":true,"has_wiki":null}}"#
        )
    };
    let answer = document(4_711, "Ada", "ada@example.test", 17);
    let other = document(815, "Grace", "grace@example.test", 2);
    assert_eq!(look(answer.as_bytes(), other.as_bytes(), None), None);
    assert_eq!(look(answer.as_bytes(), serde_json::json!({ "text": other }).to_string().as_bytes(), None), None);
    assert!(look(answer.as_bytes(), answer.as_bytes(), None).is_some());
}

#[test]
fn pages_with_one_skeleton_are_unrelated() {
    let page = |title: &str, text: &str| {
        format!(
            r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <link href="https://cdn.jsdelivr.net/npm/bootstrap@5.3.0/dist/css/bootstrap.min.css" rel="stylesheet" integrity="sha384-9ndCyUaIbzAi2FUVXJi0CjmCapSmO7SnpJef0486qhLnuZ2cdeRhO02iuK6FUUVM">
            <script>window.dataLayer = window.dataLayer || []; function gtag(){{dataLayer.push(arguments);}} gtag('js', new Date());</script>
            <title>{title}</title></head><body class="container-fluid bg-light"><nav class="navbar navbar-expand-lg">
            <a class="navbar-brand" href="/">Home</a></nav><main role="main"><p>{text}</p></main><footer>All rights reserved</footer></body></html>"#
        )
    };
    let answer = page("Payroll", "Salaries of June are due on the thirtieth.");
    let other = page("Shop", "A warm welcome to our customers!");
    assert_eq!(look(answer.as_bytes(), other.as_bytes(), None), None);
    let quoting = page("Shop", "Preview: Salaries of June are due on the thirtieth.");
    assert!(look(answer.as_bytes(), quoting.as_bytes(), None).is_some());
}

#[test]
fn an_echo_of_what_was_ordered_is_no_return() {
    let target = "/latest/meta-data/iam/security-credentials/shop";
    let answer = format!("Cannot GET {target}");
    let response = format!(r#"{{"url":"http://169.254.169.254{target}","error":"not available"}}"#);
    let find_in = |prints| find(&[(Reference::local(1), prints)], response.as_bytes(), None, None);
    assert_eq!(find_in(AnswerPrints::of(answer.as_bytes(), None)).len(), 1);
    assert_eq!(find_in(AnswerPrints::of_unknown(answer.as_bytes(), None, &[target.as_bytes()])).len(), 0);
}

#[test]
fn repetition_costs_no_more_than_it_finds() {
    // Every gram of the response stands in every answer, and each answer repeats itself.
    let block: Vec<u8> = (0..100_u8).map(|n| n + 100).collect();
    let text = block.repeat(656);
    let answers: Vec<_> = (0..100).map(|n| (Reference::local(n), AnswerPrints::of(&text, None))).collect();
    let found = find(&answers, &text, None, None);
    assert_eq!(found.len(), sortie_model::limits::ANSWERS_COMPARED);
    assert!(found.iter().all(|found| found.bytes == found.of));
}

/// Bytes that stand in no answer of [`answer_and_part`], so that what is found ends with the part.
fn foreign_bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0_u8..=8, 0..100)
}

/// Bytes of an answer, and a part of them of at least 64.
fn answer_and_part(longest: usize) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    proptest::collection::vec(33_u8..=255, 64..longest).prop_flat_map(|mut answer| {
        // Neither JSON nor markup, of which not every byte tells.
        answer[0] = b'x';
        let len = answer.len();
        (0..=len - 64, 64..=len)
            .prop_map(move |(start, size)| (answer.clone(), answer[start..len.min(start + size)].to_vec()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_part_of_64_bytes_is_found((answer, part) in answer_and_part(14_000), before in foreign_bytes(), after in foreign_bytes()) {
        let check = |response: &[u8], form: ReturnedForm, location: &str| {
            let found = look(&answer, response, None);
            prop_assert!(found.is_some(), "{form:?}");
            let found = found.expect("checked");
            prop_assert!(found.bytes as usize <= part.len());
            prop_assert!(found.bytes as usize + 2 * 24 >= part.len(), "{} of {}", found.bytes, part.len());
            prop_assert_eq!((found.form, &*found.location), (form, location));
            Ok(())
        };
        check(&[b"x", &*before, &*part, &*after].concat(), ReturnedForm::Raw, "body")?;
        let base64 = BASE64_STANDARD.encode(&part);
        check(format!(r#"{{"p":"{base64}"}}"#).as_bytes(), ReturnedForm::Base64, "$.p")?;
        check(format!("x: {base64}").as_bytes(), ReturnedForm::Base64, "body")?;
    }

    #[test]
    fn any_part_in_a_json_string_is_found(answer in "[ -~é\u{1f600}]{64,3000}", cut: proptest::sample::Index) {
        let characters: Vec<char> = answer.chars().collect();
        let start = cut.index(characters.len() - 63);
        let part: String = characters[start..].iter().collect();
        // White space and too little variety excepted, which the alphabet makes improbable.
        let found = look(answer.as_bytes(), serde_json::json!({ "p": part }).to_string().as_bytes(), None);
        let telling = !matches!(answer.trim_start().chars().next(), Some('{' | '[' | '<') | None) && !answer.contains("://");
        prop_assert!(found.is_some() || !telling);
    }

    #[test]
    fn unrelated_texts_are_never_found(
        answer in proptest::collection::vec(proptest::num::u8::ANY, 0..20_000),
        response in proptest::collection::vec(proptest::num::u8::ANY, 0..20_000),
        words in "([a-z]{2,9} ){0,400}", others in "([a-z]{2,9} ){0,400}",
    ) {
        prop_assert_eq!(look(&answer, &response, None), None);
        prop_assert_eq!(look(words.as_bytes(), others.as_bytes(), None), None);
        prop_assert_eq!(look(&answer, serde_json::json!({ "a": BASE64_STANDARD.encode(&response), "b": others }).to_string().as_bytes(), None), None);
    }

    #[test]
    fn hostile_bytes_do_no_harm(
        answer in proptest::collection::vec(proptest::sample::select(br#"{}[]<>!-"\&;#=/uaQ0: "#.to_vec()), 0..400),
        response in proptest::collection::vec(proptest::sample::select(br#"{}[]<>!-"\&;#=/uaQ0: "#.to_vec()), 0..400),
        coding in proptest::sample::select(vec![None, Some("gzip"), Some("deflate"), Some("br"), Some("zstd")]),
    ) {
        let answers = [(Reference::local(1), AnswerPrints::of(&answer, coding)), (Reference::local(2), AnswerPrints::of(&answer, None))];
        for found in find(&answers, &response, Some("application/json"), coding) {
            prop_assert!(found.bytes <= found.of);
        }
        let joined = [&*response, &*answer].concat();
        find(&answers, &joined, None, None);
    }
}
