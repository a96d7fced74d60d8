//! What texts say by themselves.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::{code, sortie, stderr, stdout, works};

/// Gives it lines, and returns what it makes of them.
fn classify(input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sortie"))
        .args(["classify", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn answers(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_url_is_shown_with_all_its_readings() {
    let shown = works(Path::new("."), &["classify", "http://good.example\\@127.0.0.1/", "https://example.com/hook"]);
    assert!(shown.starts_with("http://good.example\\@127.0.0.1/  attack\n"), "{shown}");
    for part in ["good.example", "internal, confusing", "127.0.0.1 is loopback", "READ AS", "whatwg", "public"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn each_record_is_answered_in_a_line() {
    let input = r#"{"id":1,"kind":"url","payload":"http://0x7f.1:8080/"}
{"id":"a","kind":"host","payload":"billing"}
{"kind":"ip","payload":"::ffff:a9fe:a9fe"}
{"id":null,"kind":"text","payload":"see https://docs.example.com/x for more"}

{"id":{"n":2},"kind":"http_request","payload":"GET /?url=http://10.0.0.1/ HTTP/1.1\r\nHost: a.example\r\n\r\n"}
"#;
    let output = classify(input);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    let answers = answers(&output);
    let told = |at: usize, key: &str| answers[at]["candidates"][0][key].clone();
    assert_eq!(answers.len(), 5);
    assert_eq!((&answers[0]["id"], &answers[0]["verdict"]), (&Value::from(1), &Value::from("attack")));
    assert_eq!(
        (told(0, "host"), told(0, "port"), told(0, "ip_class")),
        ("127.0.0.1".into(), 8080.into(), "loopback".into())
    );
    assert_eq!(answers[0]["candidates"][0]["readings"]["go"], "0x7f.1");
    assert_eq!(answers[0]["candidates"][0]["ports"]["go"], 8080);
    assert_eq!((told(1, "host"), told(1, "ip_class")), ("billing".into(), "private".into()));
    assert_eq!((told(2, "host"), told(2, "disguised")), ("169.254.169.254".into(), true.into()));
    assert_eq!((&answers[3]["verdict"], told(3, "host")), (&Value::from("clean"), "docs.example.com".into()));
    assert_eq!(answers[4]["id"]["n"], 2);
    let locations: Vec<&Value> =
        answers[4]["candidates"].as_array().unwrap().iter().map(|candidate| &candidate["location"]).collect();
    assert_eq!(locations, ["query url", "header host"]);
    assert_eq!(answers[4]["reasons"][0], "query url: internal: 10.0.0.1 is private");
}

#[test]
fn a_wrong_line_is_told_and_the_rest_goes_on() {
    let long = "x".repeat(17 << 20);
    let output = classify(&format!(
        "no JSON\n{{\"id\":7,\"kind\":\"image\",\"payload\":\"x\"}}\n{{\"id\":8,\"kind\":\"http_request\",\"payload\":\"\"}}\n\
         {long}\n{{\"id\":9,\"kind\":\"url\",\"payload\":\"http://a.example/\"}}"
    ));
    assert_eq!(code(&output), 2);
    assert_eq!(stderr(&output), "sortie: 4 of 5 lines are no records\n");
    let answers = answers(&output);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&Value::Null, &Value::from(7), &Value::from(8), &Value::Null, &Value::from(9)]);
    assert!(answers[..4].iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    assert_eq!(answers[4]["verdict"], "clean");
}

#[test]
fn who_asks_one_by_one_is_answered_one_by_one() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sortie"))
        .args(["classify", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut asked = child.stdin.take().expect("piped");
    let mut answered = BufReader::new(child.stdout.take().expect("piped")).lines();
    for id in 0..3 {
        writeln!(asked, r#"{{"id":{id},"kind":"host","payload":"a.example"}}"#).expect("it reads");
        let answer: Value = serde_json::from_str(&answered.next().expect("a line").expect("text")).expect("JSON");
        assert_eq!(answer["id"], id);
    }
    drop(asked);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_command_line_without_anything_to_classify_is_2() {
    for args in [&["classify"][..], &["classify", "--jsonl", "http://a.example/"]] {
        assert_eq!(code(&sortie(Path::new("."), args)), 2, "{args:?}");
    }
}
