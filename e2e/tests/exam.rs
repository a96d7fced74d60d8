//! Each back end without Sortie, and behind it in each mode.

use sortie_e2e::backend::Language::{Node, Python};
use sortie_e2e::exam;

#[test]
fn python_direct() {
    exam::direct("python_direct", Python);
}

#[test]
fn python_observe() {
    exam::observe("python_observe", Python);
}

#[test]
fn python_block() {
    exam::block("python_block", Python);
}

#[test]
fn node_direct() {
    exam::direct("node_direct", Node);
}

#[test]
fn node_observe() {
    exam::observe("node_observe", Node);
}

#[test]
fn node_block() {
    exam::block("node_block", Node);
}

#[test]
fn python_restart() {
    exam::restart("python_restart", Python);
}
