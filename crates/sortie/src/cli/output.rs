//! Writing to the terminal, or to whatever stands in its place. Only the command line prints.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use serde::Serialize;
use sortie_export::jsonl;

use super::Failure;
use crate::view::Paint;

/// How output looks: coloured on a terminal unless `NO_COLOR` is set or the terminal is dumb.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    /// Colour for the standard output.
    pub(super) paint: Paint,
    /// Columns of the terminal; `None` where there is none.
    pub(super) columns: Option<usize>,
    colours_errors: bool,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
}

impl Output {
    pub(super) fn of_process() -> Self {
        let is_coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        Self {
            paint: if is_coloured { Paint::Coloured } else { Paint::Plain },
            columns: terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0)),
            colours_errors: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// Whether the standard error is coloured.
    pub(super) fn colours_errors(self) -> bool {
        self.colours_errors
    }

    /// Writes to the standard output.
    pub(super) fn print(text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        written.map_err(unwritten)
    }

    /// Writes to the standard error. That it cannot be written to cannot be told to anybody.
    pub(super) fn complain(text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes one value as JSON.
    pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
        Self::print(&jsonl::to_line(value).map_err(Failure::other)?)
    }

    /// Writes a list in a format; `table` is its form for people.
    pub(super) fn print_list<T: Serialize>(
        format: Format,
        list: &[T],
        table: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match format {
            Format::Table => Self::print(&table()),
            Format::Json => Self::print_json(&list),
            Format::Jsonl => list.iter().try_for_each(Self::print_json),
        }
    }
}

/// Many values as JSON, one a line, to the standard output.
pub(super) struct Lines(BufWriter<StdoutLock<'static>>);

impl Lines {
    pub(super) fn to_stdout() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    pub(super) fn write(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let line = jsonl::to_line(value).map_err(Failure::other)?;
        self.0.write_all(line.as_bytes()).map_err(unwritten)
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().map_err(unwritten)
    }
}

/// A reader that went away is no failure of ours.
fn unwritten(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::other(error),
    }
}
