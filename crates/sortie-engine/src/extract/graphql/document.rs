//! A text that is known to be a GraphQL document.

use sortie_model::Container;
use sortie_model::event::Cut;

use super::super::collector::Collector;
use super::super::work;
use super::reader::{self, Visitor};

/// A document, and what its operations take for variables that are not sent.
#[derive(Debug)]
pub(in super::super) struct Document<'t> {
    text: &'t str,
    /// What it costs to read it.
    work: usize,
    /// Variables and their defaults, as they are written, in the order of the names.
    defaults: Vec<(&'t str, &'t str)>,
}

/// Reads a text that may be a document. Another one, cut off or broken or with too much in it, is a cut where the
/// endpoint has sinks among arguments: the server may read it.
pub(in super::super) fn read<'t>(text: &'t str, out: &mut Collector<'_>) -> Option<Document<'t>> {
    if text.trim_ascii().is_empty() || out.is_done() {
        return None;
    }
    let mut defaults = Defaults(Vec::new());
    let (tokens, read) = reader::document(text, &mut defaults);
    let Defaults(mut defaults) = defaults;
    let work = text.len() + tokens * work::SMALL_TOKEN;
    out.work(work + defaults.len() * work::READING);
    if read.is_err() {
        if out.has_sinks_in(Container::Graphql) {
            out.cut(Cut::Format);
        }
        return None;
    }
    defaults.sort_unstable();
    Some(Document { text, work, defaults })
}

impl<'t> Document<'t> {
    /// Walks through all arguments.
    pub(super) fn walk(&self, visitor: &mut impl Visitor<'t>) {
        // It was read before, so it is read again.
        let _ = reader::document(self.text, visitor);
    }

    /// What one walk costs.
    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// The defaults of a variable, as they are written: one of each operation.
    pub(super) fn defaults(&self, variable: &str) -> impl Iterator<Item = &'t str> {
        let start = self.defaults.partition_point(|(name, _)| *name < variable);
        self.defaults[start..].iter().take_while(move |(name, _)| *name == variable).map(|(_, value)| *value)
    }
}

struct Defaults<'t>(Vec<(&'t str, &'t str)>);

impl<'t> Visitor<'t> for Defaults<'t> {
    const ASKS_FOR_VALUES: bool = false;

    fn variable_default(&mut self, variable: &'t str, value: &'t str) {
        self.0.push((variable, value));
    }
}
