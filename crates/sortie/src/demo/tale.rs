//! Telling: lines at a pace at which they can be read.

use std::io::Write;
use std::time::Duration;

use crate::view::Paint;
use crate::view::text::{clean, cut, wrap};

/// Columns where there is no terminal that says.
const COLUMNS: usize = 80;
/// Columns of a rule at most, and of text that is to be read in lines.
const MOST_COLUMNS: usize = 100;
/// Columns of the labels of a finding.
const LABELS: usize = 8;
/// How long a line stands alone before a terminal shows the next one.
const PACE: Duration = Duration::from_millis(240);

/// Where the story goes to.
pub struct Tale {
    out: Box<dyn Write + Send>,
    paint: Paint,
    /// The terminal's width.
    columns: usize,
    pace: Duration,
}

impl Tale {
    /// Told at once and without colour: to a pipe, a file, a test.
    pub fn plain(out: Box<dyn Write + Send>) -> Self {
        Self { out, paint: Paint::Plain, columns: COLUMNS, pace: Duration::ZERO }
    }

    /// Told to a person in front of a terminal, of so many columns where it says.
    pub fn paced(out: Box<dyn Write + Send>, paint: Paint, columns: Option<usize>) -> Self {
        Self { out, paint, columns: columns.unwrap_or(COLUMNS), pace: PACE }
    }

    pub(super) fn paint(&self) -> Paint {
        self.paint
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// A heading, with room around it.
    pub(super) async fn heading(&mut self, text: &str) {
        self.pause(2).await;
        let columns = self.columns.min(MOST_COLUMNS);
        let rule = "─".repeat(columns.saturating_sub(text.chars().count() + 4));
        let text = self.paint.strong(text);
        self.write(&format!("\n── {text} {rule}\n\n"));
        self.pause(2).await;
    }

    /// A line or a paragraph; what does not fit stands below, as far in as it begins.
    pub(super) async fn line(&mut self, text: &str) {
        for line in text.split('\n') {
            self.below(line, line.len() - line.trim_start().len()).await;
        }
    }

    /// A line of which what does not fit stands so far in.
    pub(super) async fn below(&mut self, text: &str, indent: usize) {
        let text = wrap(text, self.columns.min(MOST_COLUMNS), indent);
        self.verbatim(&text).await;
    }

    /// A line to be copied, however long.
    pub(super) async fn verbatim(&mut self, text: &str) {
        self.write(&format!("{text}\n"));
        self.pause(1).await;
    }

    /// A line of what somebody sent or got, cut to one row.
    pub(super) async fn quote(&mut self, indent: &str, text: &str) {
        let columns = self.columns.saturating_sub(indent.chars().count());
        let text = cut(&clean(text), columns).into_owned();
        let text = self.paint.faint(&text);
        self.verbatim(&format!("{indent}{text}")).await;
    }

    /// Many lines at once, to be looked at for longer.
    pub(super) async fn block(&mut self, text: &str) {
        for line in text.lines() {
            self.write(&format!("{}\n", wrap(line, self.columns, LABELS)));
        }
        self.pause(8).await;
    }

    fn write(&mut self, text: &str) {
        // Where nobody reads any more, the exit status still tells how it came out.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    async fn pause(&self, lines: u32) {
        if !self.pace.is_zero() {
            tokio::time::sleep(self.pace * lines).await;
        }
    }
}
