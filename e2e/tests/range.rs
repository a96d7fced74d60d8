//! The range, on each back end.

use sortie_e2e::backend::Language::{Node, Python};
use sortie_e2e::range;

#[test]
#[ignore = "not all of its bounds are met yet: run it with --run-ignored all"]
fn range_python() {
    range::run("range_python", Python);
}

#[test]
#[ignore = "not all of its bounds are met yet: run it with --run-ignored all"]
fn range_node() {
    range::run("range_node", Node);
}
