//! What legitimate traffic is called, and whether its URLs are found.

use std::collections::BTreeSet;

use serde_json::Value;

use super::classifier::{Answer, Classifier};
use super::corpus::{Corpora, Record};
use super::table::{Row, Table};
use crate::shell::Failed;

const CORPORA: [&str; 8] = [
    "benign_datadog_vcr",
    "benign_octokit_vcr",
    "benign_openapi_all",
    "gotestwaf",
    "akto_juiceshop_har",
    "guard_libs_urls",
    "wafrift_ssrf",
    "crs_931_934",
];

pub(super) fn tables(corpora: &Corpora, classifier: &Classifier) -> Result<[Table; 2], Failed> {
    let mut verdicts = Vec::new();
    let mut urls = Vec::new();
    let mut all = Row::new("all", Some(1.0 - 1.0 / 5_000.0));
    for name in CORPORA.into_iter().chain(["benign_openapi_url"]) {
        let records = corpora.records(name)?;
        let answers = classifier.ask(&records)?;
        let (mut clean, mut found) = (Row::new(name, None), Row::new(name, Some(1.0)));
        for (record, answer) in records.iter().zip(&answers).filter(|(record, _)| record.is("benign")) {
            let attack = answer.is_attack().then(|| answer.reasons.join("; "));
            clean.count(&record.id, attack);
            for url in expected_urls(record) {
                found.count(&record.id, (!has(answer, url)).then(|| format!("`{url}`")));
            }
        }
        // Its records are among those of `benign_openapi_all`.
        if name != "benign_openapi_url" {
            all.all += clean.all;
            all.right += clean.right;
            verdicts.push(clean);
        }
        if found.all > 0 {
            urls.push(found);
        }
    }
    verdicts.push(all);
    Ok([
        Table { name: "Legitimate records", counted: "called clean", rows: verdicts },
        Table { name: "URLs of legitimate requests", counted: "found as candidates", rows: urls },
    ])
}

fn expected_urls(record: &Record) -> impl Iterator<Item = &str> {
    record.expect.get("urls").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a candidate has the URL's host. In forms and in brackets the corpus cuts its URLs off too late.
fn has(answer: &Answer, url: &str) -> bool {
    let hosts: BTreeSet<String> =
        answer.candidates.iter().flat_map(|it| it.hosts().map(str::to_ascii_lowercase)).collect();
    let authority =
        url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#', '&', ')']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    hosts.contains(&host.to_ascii_lowercase())
}
