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
fn python_shadow() {
    exam::shadow("python_shadow", Python);
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
fn node_shadow() {
    exam::shadow("node_shadow", Node);
}

#[test]
fn node_block() {
    exam::block("node_block", Node);
}

#[test]
fn python_restart() {
    exam::restart("python_restart", Python);
}

#[test]
fn python_disguised_direct() {
    exam::disguised("python_disguised_direct", Python, None);
}

#[test]
fn python_disguised_observe() {
    exam::disguised("python_disguised_observe", Python, Some("observe"));
}

#[test]
fn python_disguised_block() {
    exam::disguised("python_disguised_block", Python, Some("block"));
}

#[test]
fn node_disguised_direct() {
    exam::disguised("node_disguised_direct", Node, None);
}

#[test]
fn node_disguised_observe() {
    exam::disguised("node_disguised_observe", Node, Some("observe"));
}

#[test]
fn node_disguised_block() {
    exam::disguised("node_disguised_block", Node, Some("block"));
}
