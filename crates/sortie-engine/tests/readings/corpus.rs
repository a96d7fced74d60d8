//! Against a corpus of recorded hosts that lies beside the project, in `../shared/corpora` seen from
//! the workspace, and is used where it is.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sortie_engine::readings::{Parser, Readings};

use crate::score::Score;

#[derive(Deserialize)]
struct Record {
    url: String,
    hosts: BTreeMap<String, Option<String>>,
    disagree: bool,
}

#[test]
fn hosts_are_as_in_the_corpus() {
    let Some(records) = records() else { return };
    let mut score = Score::default();
    for Record { url, hosts, .. } in &records {
        for parser in Parser::ALL {
            let reading = parser.read(url);
            let (reading, host) = (parser.hands_out(&reading), hosts[parser.name()].as_deref());
            let difference = (reading != host).then(|| format!("{url:?}: {reading:?}, not {host:?}"));
            score.count(parser, difference);
        }
    }
    println!("{score}");
    score.assert_at_least(0.995);
}

#[test]
fn confusing_urls_are_as_in_the_corpus() {
    let Some(records) = records() else { return };
    let is_confusing = |record: &Record| Readings::of(&record.url).hosts().len() > 1;
    let (mut right, mut missed, mut extra) = (0, Vec::new(), Vec::new());
    for record in &records {
        match (record.disagree, is_confusing(record)) {
            (true, true) => right += 1,
            (true, false) => missed.push(&record.url),
            (false, true) => extra.push(&record.url),
            (false, false) => {}
        }
    }
    let share = |wrong: &[&String]| f64::from(right) / (f64::from(right) + wrong.len() as f64);
    println!("precision {:.4}, recall {:.4}", share(&extra), share(&missed));
    assert!(share(&extra) >= 0.99, "not confusing: {extra:?}");
    assert!(share(&missed) >= 0.99, "confusing: {missed:?}");
}

/// The corpus, where there is one.
fn records() -> Option<Vec<Record>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let path = workspace.parent()?.join("shared/corpora/parser_differential_dev.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped, for there is no ../shared/corpora/parser_differential_dev.jsonl");
        return None;
    };
    // A line holds text that is no Unicode, which no reading is asked for.
    Some(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
