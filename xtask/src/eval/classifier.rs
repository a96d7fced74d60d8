//! `sortie classify --jsonl`, asked as anybody would ask it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::corpus::Record;
use crate::paths;
use crate::shell::{Failed, cargo, command, conversation, loud};

/// The built program.
pub(super) struct Classifier(PathBuf);

/// An answer, as far as it is evaluated.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) candidates: Vec<Candidate>,
    verdict: String,
    pub(super) reasons: Vec<String>,
}

/// A candidate of it.
#[derive(Deserialize)]
pub(super) struct Candidate {
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) other_hosts: Vec<String>,
    pub(super) scheme: Option<String>,
    pub(super) location: Option<String>,
    pub(super) ip_class: Option<String>,
    pub(super) disguised: bool,
    pub(super) parsers_disagree: bool,
    pub(super) signs: Vec<String>,
    readings: BTreeMap<String, Option<String>>,
}

impl Classifier {
    pub(super) fn build() -> Result<Self, Failed> {
        loud(cargo(&["build", "-q", "--release", "-p", "sortie"]))?;
        Ok(Self(paths::target().join("release/sortie")))
    }

    /// The answers to records, in their order.
    pub(super) fn ask(&self, records: &[Record]) -> Result<Vec<Answer>, Failed> {
        self.answers(records.iter().map(|record| record.line.as_str()))
    }

    /// The answers to lines, in their order.
    pub(super) fn answers<'a>(&self, lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<Answer>, Failed> {
        let questions: String = lines.into_iter().flat_map(|line| [line, "\n"]).collect();
        let asked = questions.lines().count();
        let program = command(&self.0, &["classify", "--jsonl"]);
        let told = conversation(program, "sortie classify", questions)?;
        let answers: Result<Vec<Answer>, _> = told.lines().map(serde_json::from_str).collect();
        let answers = answers.map_err(|error| Failed::Wrong(format!("sortie classify: no answer: {error}")))?;
        if answers.len() == asked {
            return Ok(answers);
        }
        Err(Failed::Wrong(format!("sortie classify: {} answers to {asked} records", answers.len())))
    }
}

impl Answer {
    pub(super) fn is_attack(&self) -> bool {
        self.verdict == "attack"
    }

    /// The first candidate: of a URL the whole of it.
    pub(super) fn first(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    /// What a parser hands out for the whole of a URL.
    pub(super) fn reading(&self, parser: &str) -> Option<&str> {
        self.first()?.readings.get(parser)?.as_deref()
    }
}

impl Candidate {
    /// Whether its class, scheme or notation, or that it is confusing, names the danger.
    pub(super) fn is_dangerous(&self) -> bool {
        let is_web = |scheme: &String| ["http", "https", "ws", "wss"].contains(&scheme.as_str());
        self.disguised
            || self.parsers_disagree
            || !self.signs.is_empty()
            || self.ip_class.as_ref().is_some_and(|class| class != "public")
            || self.scheme.as_ref().is_some_and(|scheme| !is_web(scheme))
    }

    /// Every host that some reading would dial.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.host.iter().chain(&self.other_hosts).map(String::as_str)
    }
}
