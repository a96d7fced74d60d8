//! Whether each reading is that of the real parser, and whether confusing URLs are found.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::classifier::{Answer, Classifier};
use super::corpus::Corpora;
use super::table::{Row, Table};
use crate::shell::Failed;

const CORPUS: &str = "parser_differential_dev";

/// A URL and what real parsers were recorded to hand out.
#[derive(Deserialize)]
struct Recorded {
    url: String,
    hosts: BTreeMap<String, Option<String>>,
    disagree: bool,
}

/// Each parser by itself.
pub(super) fn parsers(corpora: &Corpora, classifier: &Classifier) -> Result<Table, Failed> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (id, recorded, answer) in recorded(corpora, classifier)? {
        for (parser, host) in &recorded.hosts {
            let read = answer.reading(parser);
            let wrong =
                (read != host.as_deref()).then(|| format!("{:?} is {host:?} to {parser}, not {read:?}", recorded.url));
            rows.entry(parser.clone()).or_insert_with(|| Row::new(parser, Some(0.995))).count(&id, wrong);
        }
    }
    Ok(Table { name: "Hosts as real parsers read them", counted: "right", rows: rows.into_values().collect() })
}

/// Those in which parsers differ: how many of what is found are, and how many are found.
pub(super) fn confusing(corpora: &Corpora, classifier: &Classifier) -> Result<Table, Failed> {
    let (mut precision, mut recall) =
        (Row::new("called confusing, and are", Some(0.99)), Row::new("confusing, and called so", Some(0.99)));
    for (id, recorded, answer) in recorded(corpora, classifier)? {
        let is_found = answer.first().is_some_and(|candidate| candidate.parsers_disagree);
        if is_found {
            precision.count(&id, (!recorded.disagree).then(|| format!("{:?} is read alike", recorded.url)));
        }
        if recorded.disagree {
            recall.count(&id, (!is_found).then(|| format!("{:?} is read differently", recorded.url)));
        }
    }
    Ok(Table { name: "Confusing URLs", counted: "right", rows: vec![precision, recall] })
}

fn recorded(corpora: &Corpora, classifier: &Classifier) -> Result<Vec<(String, Recorded, Answer)>, Failed> {
    let all: Vec<Recorded> = corpora.read(CORPUS)?;
    let lines: Vec<String> =
        all.iter().map(|recorded| json!({ "kind": "url", "payload": recorded.url }).to_string()).collect();
    let answers = classifier.answers(lines.iter().map(String::as_str))?;
    let ids = (1..).map(|number| format!("{CORPUS}-{number:05}"));
    Ok(ids.zip(all).zip(answers).map(|((id, recorded), answer)| (id, recorded, answer)).collect())
}
