//! Reading a store while nothing runs.

use std::path::Path;

use serde_json::{Value, json};
use sortie_model::Finding;
use sortie_store::{Folder, Index};

use crate::{code, sortie, stderr, stdout};

/// A folder with two findings: a critical one whose candidate wants to own the terminal, and posture.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut finding: Value = serde_json::from_str(include_str!("../../testdata/finding.json")).unwrap();
    let critical = finding.clone();
    finding["id"] = json!("F-7K2M0000");
    finding["kind"] = json!("sink.open");
    finding["severity"] = json!("info");
    finding["last_seen"] = json!("2026-11-20T03:07:41.000Z");
    keep(dir.path(), &[critical, finding]);
    dir
}

fn keep(dir: &Path, findings: &[Value]) {
    let folder = Folder::open(dir.join("sortie-data")).unwrap();
    let mut index = Index::open(&folder).unwrap();
    let mut batch = index.begin().unwrap();
    for finding in findings {
        batch.put(&serde_json::from_value::<Finding>(finding.clone()).unwrap()).unwrap();
    }
    batch.commit().unwrap();
}

fn ids(dir: &Path, args: &[&str]) -> Vec<String> {
    let args = [&["findings", "--format", "json"], args].concat();
    let output = sortie(dir, &args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let list: Vec<Finding> = serde_json::from_str(&stdout(&output)).unwrap();
    list.iter().map(|finding| finding.id.to_string()).collect()
}

#[test]
fn the_table_shows_what_needs_somebody() {
    let dir = folder();
    let shown = stdout(&sortie(dir.path(), &["findings"]));
    assert!(shown.contains("F-7K2M9QPX  critical  ssrf.honoured  E5 returned"), "{shown}");
    assert!(!shown.contains("F-7K2M0000"), "posture asks for --all: {shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert!(shown.ends_with("sortie explain F-7K2M9QPX tells a story whole\n"));
}

#[test]
fn filters_choose() {
    let dir = folder();
    let dir = dir.path();
    assert_eq!(ids(dir, &[]), ["F-7K2M9QPX"]);
    assert_eq!(ids(dir, &["--all"]), ["F-7K2M9QPX", "F-7K2M0000"]);
    assert_eq!(ids(dir, &["--min", "info"]), ["F-7K2M9QPX", "F-7K2M0000"]);
    assert_eq!(ids(dir, &["--kind", "sink.open"]), ["F-7K2M0000"]);
    assert_eq!(ids(dir, &["--all", "--since", "2026-11-22"]), ["F-7K2M9QPX"]);
    assert_eq!(ids(dir, &["--service", "shop", "--since", "2026-11-25"]), Vec::<String>::new());
    let output = sortie(dir, &["findings", "--service", "news"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("there is no service 'news'; there is: shop"), "{}", stderr(&output));
    assert_eq!(ids(dir, &["--all", "--limit", "1"]), ["F-7K2M9QPX"]);
}

#[test]
fn json_lines_are_the_stable_shape() {
    let dir = folder();
    let shown = stdout(&sortie(dir.path(), &["findings", "--all", "--format", "jsonl"]));
    assert_eq!(shown.lines().count(), 2);
    let mut first: Value = serde_json::from_str(shown.lines().next().unwrap()).unwrap();
    let summary = first.as_object_mut().unwrap().remove("summary").expect("it begins with what it is");
    assert!(summary.as_str().is_some_and(|told| told.starts_with("A client made shop ")), "{summary}");
    let golden: Value = serde_json::from_str(include_str!("../../testdata/finding.json")).unwrap();
    assert_eq!(first, golden);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
}

#[test]
fn a_story_is_found_by_the_beginning_of_its_name() {
    let dir = folder();
    let output = sortie(dir.path(), &["explain", "f-7k2m9"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.starts_with("F-7K2M9QPX  ssrf.honoured  CRITICAL  E5 returned  shop"), "{shown}");
    assert!(shown.contains(r"\u{1b}[2Jhttp://cdn.evil.example/r\u{202e}"), "{shown}");
    let output = sortie(dir.path(), &["explain", "F-7K2M"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("may be any of F-7K2M0000, F-7K2M9QPX"), "{}", stderr(&output));
    let output = sortie(dir.path(), &["explain", "F-"]);
    assert!(stderr(&output).contains("the beginning of every such name"), "{}", stderr(&output));
    let output = sortie(dir.path(), &["explain", "D-18C4"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("nothing is known of 'D-18C4'"), "{}", stderr(&output));
}

#[test]
fn an_empty_store_says_what_to_look_at() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &[]);
    let output = sortie(dir.path(), &["findings"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).starts_with("no findings; `sortie status`"), "{}", stdout(&output));
}
