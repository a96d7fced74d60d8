//! How often something is right, as a table.

use std::fmt::Write as _;

use serde::Serialize;

/// Most records that are told one by one under a table; all are in the JSON.
const TOLD: usize = 40;

/// Rows under a heading.
#[derive(Serialize)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// What is counted.
    pub(super) counted: &'static str,
    pub(super) rows: Vec<Row>,
}

/// What is counted of one thing.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) right: usize,
    pub(super) all: usize,
    /// The share of 1 that is aimed at.
    pub(super) goal: Option<f64>,
    /// What is not right.
    pub(super) wrong: Vec<Wrong>,
}

/// A record that is not right.
#[derive(Serialize)]
pub(super) struct Wrong {
    pub(super) id: String,
    pub(super) why: String,
}

impl Row {
    pub(super) fn new(name: impl Into<String>, goal: Option<f64>) -> Self {
        Self { name: name.into(), right: 0, all: 0, goal, wrong: Vec::new() }
    }

    /// Counts a record; `wrong` says what is not right.
    pub(super) fn count(&mut self, id: &str, wrong: Option<String>) {
        self.all += 1;
        match wrong {
            None => self.right += 1,
            Some(why) => self.wrong.push(Wrong { id: id.to_owned(), why }),
        }
    }

    fn share(&self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }

    fn verdict(&self) -> &'static str {
        match self.goal {
            _ if self.all == 0 => "no records",
            Some(goal) if self.share() < goal => "**not met**",
            Some(_) => "met",
            None => "",
        }
    }
}

impl Table {
    pub(super) fn to_markdown(&self) -> String {
        let mut text =
            format!("## {}\n\n| | {} | of | share % | aim % | |\n|---|---|---|---|---|---|\n", self.name, self.counted);
        for row in &self.rows {
            let goal = row.goal.map_or_else(|| "–".to_owned(), percent);
            let share = percent(row.share());
            let _ =
                writeln!(text, "| {} | {} | {} | {share} | {goal} | {} |", row.name, row.right, row.all, row.verdict());
        }
        let wrong: Vec<&Wrong> = self.rows.iter().flat_map(|row| &row.wrong).collect();
        if !wrong.is_empty() {
            text.push_str("\nThe others:\n");
        }
        for Wrong { id, why } in wrong.iter().take(TOLD) {
            let _ = writeln!(text, "- `{id}`: {why}");
        }
        if wrong.len() > TOLD {
            let _ = writeln!(text, "- and {} more", wrong.len() - TOLD);
        }
        text
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.2}", 100.0 * share);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
