//! Destinations in the arguments of GraphQL requests (specification of October 2021; GraphQL over HTTP).
//!
//! One endpoint serves all operations, and clients name variables and aliases as they like. So the place of a
//! destination is neither where it stands in the document nor the variable that brings it, but the argument that it
//! reaches: `importPaste.url`, `createHook.input.url`, `@rest.url` of a directive.

mod document;
mod lexer;
mod pairs;
mod reader;
#[cfg(test)]
mod tests;
mod text;
mod variables;

use sortie_model::Container;

use super::collector::Collector;
use super::spot::Spot;
use super::{json, value, work};
pub(super) use document::{Document, read};
pub(super) use pairs::{is_pair, search_pairs};
use reader::{Leaf, Visitor};
pub(super) use variables::{Variables, text_of};

/// The field of a multipart body that holds the request (GraphQL multipart request specification).
const OPERATIONS: &str = "operations";

/// Searches documents together with the variables that they may be sent with.
pub(super) fn search(
    documents: &[&Document<'_>],
    variables: &mut Variables<'_>,
    base: &Spot<'_>,
    out: &mut Collector<'_>,
) {
    for document in documents {
        if out.is_done() {
            return;
        }
        out.work(document.work());
        let spot = Spot { container: Container::Graphql, ..*base };
        document.walk(&mut Search { document, variables, arguments: Arguments { spot, out } });
    }
}

/// Searches a text that is declared a document. Returns whether it is one.
pub(super) fn search_document(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let Some(document) = read(text, out) else { return false };
    search(&[&document], &mut Variables::default(), base, out);
    true
}

/// Searches the field of a multipart body that holds a request, which is JSON by its name. Returns whether it is it.
pub(super) fn search_operations(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let is_request = spot.name == OPERATIONS && text.contains("query");
    is_request && json::search(text, spot, out) == json::End::Read
}

/// A walk through a document for what may be found in it.
struct Search<'s, 'k, 'v> {
    document: &'s Document<'s>,
    variables: &'s mut Variables<'v>,
    arguments: Arguments<'s, 'k>,
}

impl<'t> Visitor<'t> for Search<'_, '_, '_> {
    fn begin_call(&mut self) {
        self.arguments.begin_call();
    }

    fn leaf(&mut self, path: &str, leaf: Leaf<'t>) {
        let Leaf::Variable(name) = leaf else { return self.arguments.leaf(path, leaf) };
        let Arguments { spot, out } = &mut self.arguments;
        let (values, is_sometimes_absent) = self.variables.take(name);
        for value in values {
            out.work(value.len());
            json::search_value(value, &spot.named(path), out);
        }
        if !is_sometimes_absent {
            return;
        }
        for value in self.document.defaults(name) {
            if self.arguments.out.is_done() {
                return;
            }
            self.arguments.out.work(value.len() * work::TOKEN);
            // It was read before, so it is read again.
            let _ = reader::value(value, path, &mut self.arguments);
        }
    }
}

/// Values that stand in a document themselves.
struct Arguments<'s, 'k> {
    spot: Spot<'s>,
    out: &'s mut Collector<'k>,
}

impl<'t> Visitor<'t> for Arguments<'_, '_> {
    fn begin_call(&mut self) {
        self.spot.call = self.out.begin_call();
    }

    fn leaf(&mut self, path: &str, leaf: Leaf<'t>) {
        let Self { spot, out } = self;
        let spot = spot.named(path);
        match leaf {
            Leaf::Text(raw) => value::search(&text::unescape(raw), &spot, out),
            Leaf::Block(raw) => value::search(&text::unescape_block(raw), &spot, out),
            Leaf::Word(word) => !matches!(word, "true" | "false" | "null") && value::search(word, &spot, out),
            Leaf::Number(digits) => {
                value::is_telling_number(digits, spot.meaning(), out) && value::search(digits, &spot, out)
            }
            // A default holds none.
            Leaf::Variable(_) => false,
        };
    }
}
