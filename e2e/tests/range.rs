//! The range, on each back end.

use sortie_e2e::backend::Language::{Node, Python};
use sortie_e2e::range::{self, corpus};

#[test]
fn range_python() {
    range::run("range_python", Python);
}

#[test]
fn range_node() {
    range::run("range_node", Node);
}

#[test]
fn corpus_python() {
    corpus::run("corpus_python", Python);
}

#[test]
fn corpus_node() {
    corpus::run("corpus_node", Node);
}
