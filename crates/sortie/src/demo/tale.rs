//! Telling: lines at a pace at which they can be read.

use std::io::Write;
use std::time::Duration;

use crate::view::Paint;
use crate::view::text::{clean, cut};

/// Columns of a line that is not told to a terminal.
const COLUMNS: usize = 100;

/// Where the story goes to.
pub struct Tale {
    out: Box<dyn Write + Send>,
    paint: Paint,
    columns: usize,
    /// How long a line stands before the next one comes.
    pace: Duration,
}

impl Tale {
    /// Told at once and without colour: to a pipe, a file, a test.
    pub fn plain(out: Box<dyn Write + Send>) -> Self {
        Self { out, paint: Paint::Plain, columns: COLUMNS, pace: Duration::ZERO }
    }

    /// Told to a person in front of a terminal of so many columns.
    pub fn paced(out: Box<dyn Write + Send>, paint: Paint, columns: usize) -> Self {
        Self { out, paint, columns, pace: Duration::from_millis(280) }
    }

    pub(super) fn paint(&self) -> Paint {
        self.paint
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// A heading, with room around it.
    pub(super) async fn heading(&mut self, text: &str) {
        self.pause(3).await;
        let rule = "─".repeat(self.columns.min(COLUMNS).saturating_sub(text.chars().count() + 4));
        let text = self.paint.strong(text);
        self.write(&format!("\n── {text} {rule}\n\n"));
        self.pause(2).await;
    }

    /// A line.
    pub(super) async fn line(&mut self, text: &str) {
        self.write(&format!("{text}\n"));
        self.pause(1).await;
    }

    /// A line that steps back, cut to the terminal; other people's text may be in it.
    pub(super) async fn aside(&mut self, indent: &str, text: &str) {
        let text = cut(&clean(text), self.columns.saturating_sub(indent.chars().count())).into_owned();
        let text = self.paint.faint(&text);
        self.line(&format!("{indent}{text}")).await;
    }

    /// Many lines at once, to be looked at for longer.
    pub(super) async fn block(&mut self, text: &str) {
        self.write(text);
        self.pause(4).await;
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
