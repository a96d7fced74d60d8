//! The range, on each back end.

use sortie_e2e::backend::Language::{Node, Python};
use sortie_e2e::range;

#[test]
fn range_python() {
    range::run("range_python", Python);
}

#[test]
fn range_node() {
    range::run("range_node", Node);
}
