//! Whether a candidate of each attack names the danger.

use super::classifier::{Answer, Classifier};
use super::corpus::{Corpora, Record};
use super::table::{Row, Table};
use crate::shell::Failed;

/// Lists of attacks by SSRF.
const LISTS: [&str; 8] = [
    "patt_ssrf",
    "waftester_ssrf_community",
    "wafrift_ssrf",
    "guard_libs_urls",
    "akto_ssrf_tests",
    "crs_931_934",
    "blind_ssrf_chains",
    "xxe_svg",
];
/// One whose attacks of this kind are few, to watch what carriers are missing.
const BESIDE: &str = "gotestwaf";

pub(super) fn table(corpora: &Corpora, classifier: &Classifier) -> Result<Table, Failed> {
    let mut rows = Vec::new();
    let (mut all, mut public) =
        (Row::new("all but gotestwaf", Some(0.99)), Row::new("ordinary public URLs, named all the same", None));
    for list in LISTS.into_iter().chain([BESIDE]) {
        let records = corpora.records(list)?;
        let answers = classifier.ask(&records)?;
        let mut row = Row::new(list, None);
        for (record, answer) in records.iter().zip(&answers).filter(|(record, _)| record.is("attack")) {
            let is_named = is_named(record, answer);
            let wrong = (!is_named).then(|| told(record));
            if is_plain(record) {
                // Nothing in such a text can name it.
                public.all += 1;
                public.right += usize::from(is_named);
                continue;
            }
            if list != BESIDE {
                all.all += 1;
                all.right += usize::from(is_named);
            }
            row.count(&record.id, wrong);
        }
        rows.push(row);
    }
    rows.extend([all, public]);
    Ok(Table { name: "Attacks with a candidate that names the danger", counted: "named", rows })
}

/// What the corpora call an ordinary public URL, in their several ways.
fn is_plain(record: &Record) -> bool {
    record.says("plain_public")
        || record.says("target_public")
        || record.expected("class").is_some_and(|class| class.starts_with("rfi_"))
}

/// The request's own `Host` is nothing that it carries.
fn is_named(record: &Record, answer: &Answer) -> bool {
    let is_own =
        |location: &Option<String>| record.kind == "http_request" && location.as_deref() == Some("header host");
    answer.candidates.iter().any(|candidate| candidate.is_dangerous() && !is_own(&candidate.location))
}

fn told(record: &Record) -> String {
    let text =
        if record.kind == "http_request" { record.payload.replace("\r\n", "\n") } else { record.payload.clone() };
    let told: String = match text.split_once("\n\n") {
        Some((_, body)) if !body.trim().is_empty() => body.chars().take(160).collect(),
        _ => text.lines().next().unwrap_or_default().chars().take(160).collect(),
    };
    format!("`{}`", told.replace(['\n', '`'], " "))
}
