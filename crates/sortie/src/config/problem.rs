//! What is wrong with a configuration, and what to do about it.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity};

use super::at::{At, Span};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The program runs, and perhaps not as meant.
    Warning,
    /// The program does not run.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Where it is; `None` for a command line's value.
    pub span: Option<Span>,
    /// A second place that belongs to it, and why.
    pub other: Option<(Span, &'static str)>,
}

impl Problem {
    /// What keeps the program from running.
    pub fn error(span: Option<Span>, message: impl Into<String>) -> Self {
        Self { level: Level::Error, message: message.into(), remedy: None, span, other: None }
    }

    /// What is perhaps not as meant.
    pub fn warning(span: Option<Span>, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(span, message) }
    }

    /// The problem with what to do about it.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// The problem with a second place that belongs to it.
    #[must_use]
    pub fn and(self, other: Option<Span>, why: &'static str) -> Self {
        Self { other: other.map(|span| (span, why)), ..self }
    }
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The value of a reading, or a problem at the place that was read.
    pub fn read<T, E: fmt::Display>(&mut self, at: &At<String>, result: Result<T, E>, remedy: &str) -> Option<T> {
        result.map_err(|error| self.push(Problem::error(at.span(), error.to_string()).remedy(remedy))).ok()
    }

    /// Whether one of them keeps the program from running.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|problem| problem.level == Level::Error)
    }

    /// All of them in the order of the file.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| problem.span);
        self.0
    }
}

/// The problems of one file, ready to be shown.
#[derive(Debug)]
pub struct Report {
    /// What the file is called.
    pub name: String,
    /// What it says.
    pub text: String,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Each problem with its lines of the file. Without colour the snippets are plain ASCII.
    pub fn render(&self, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100).with_context_lines(1);
        let shown: Vec<String> = self.problems.iter().map(|problem| self.render_one(problem, &handler)).collect();
        shown.join("\n")
    }

    fn render_one(&self, problem: &Problem, handler: &GraphicalReportHandler) -> String {
        let source = NamedSource::new(&self.name, self.text.clone());
        let report = miette::Report::new(self.diagnostic(problem)).with_source_code(source);
        let mut shown = String::new();
        if handler.render_report(&mut shown, report.as_ref()).is_err() {
            shown.clone_from(&problem.message);
        }
        shown
    }

    fn diagnostic(&self, problem: &Problem) -> MietteDiagnostic {
        let here = problem.span.map(|span| LabeledSpan::new_primary_with_span(None, self.stretch(span)));
        let other =
            problem.other.map(|(span, why)| LabeledSpan::new_with_span(Some(why.to_owned()), self.stretch(span)));
        let labels: Vec<LabeledSpan> = here.into_iter().chain(other).collect();
        MietteDiagnostic {
            message: problem.message.clone(),
            code: None,
            severity: Some(match problem.level {
                Level::Warning => Severity::Warning,
                Level::Error => Severity::Error,
            }),
            help: problem.remedy.clone(),
            url: None,
            labels: (!labels.is_empty()).then_some(labels),
        }
    }

    /// Bytes of one line: a mapping's span covers all of its lines, and the first says enough.
    fn stretch(&self, span: Span) -> (usize, usize) {
        let offset = span.offset.min(self.text.len());
        let rest = self.text.get(offset..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end().len();
        (offset, span.length.clamp(1, line.max(1)))
    }
}
