//! The file of recorded answers: a line that says who answered, then a line for each URL.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::shell::Failed;

/// What the parsers make of some URLs.
pub(super) struct Recording {
    pub(super) parsers: Vec<Parser>,
    pub(super) lines: Vec<Line>,
}

/// A parser that was asked.
#[derive(Serialize)]
pub(super) struct Parser {
    name: String,
    version: String,
}

impl Parser {
    /// Of `NAME=VERSION`.
    pub(super) fn named(text: &str) -> Option<Self> {
        let (name, version) = text.split_once('=')?;
        Some(Self { name: name.to_owned(), version: version.to_owned() })
    }
}

/// A URL, and what each parser makes of it, in their order.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) url: String,
    pub(super) answers: Vec<Answer>,
}

/// Nothing for a refusal, else host and port as the parser hands them out.
pub(super) type Answer = Option<(Option<String>, Option<String>)>;

impl Line {
    /// For each parser the first one that gave the same answer.
    fn pattern(&self) -> Vec<usize> {
        let first = |answer| self.answers.iter().position(|other| other == answer).expect("it is there");
        self.answers.iter().map(first).collect()
    }

    fn bytes(&self) -> usize {
        json(self).len()
    }
}

impl Recording {
    /// Keeps the first URLs, `always`, and of the others the most telling ones: of each pattern of
    /// agreement the shortest, then the second shortest, as many as fit into `bytes` of a file.
    pub(super) fn keep_telling(&mut self, always: usize, bytes: usize) {
        let mut others = self.lines.split_off(always);
        others.sort_by(|a, b| (a.url.len(), &a.url).cmp(&(b.url.len(), &b.url)));
        others.dedup_by(|a, b| a.url == b.url);
        let mut known = BTreeMap::new();
        let mut ranked = Vec::new();
        for line in others {
            let rank = known.entry(line.pattern()).or_insert(0);
            ranked.push((*rank, line));
            *rank += 1;
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        let mut size: usize = self.lines.iter().map(Line::bytes).sum();
        for (_, line) in ranked {
            size += line.bytes();
            if size > bytes {
                break;
            }
            self.lines.push(line);
        }
    }

    /// Writes all of it.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failed> {
        #[derive(Serialize)]
        struct Head<'a> {
            recorded_by: &'static str,
            parsers: &'a [Parser],
        }
        let mut text = json(&Head { recorded_by: "cargo xtask readings", parsers: &self.parsers });
        text.extend(self.lines.iter().map(json));
        fs::write(path, text).map_err(Failed::file(path))
    }
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("a line is plain data") + "\n"
}
