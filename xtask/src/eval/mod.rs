//! `cargo xtask eval`: how good the judgement is, whose figures stand in `docs/evaluation/`.

mod addresses;
mod attacks;
mod benign;
mod classifier;
mod conformance;
mod corpus;
mod readings;
mod table;
mod text;

use crate::shell::Failed;

/// What is evaluated.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Eval {
    /// What a text says by itself, on the public corpora that lie beside the project.
    Text(text::Options),
}

/// Evaluates.
pub(crate) fn run(eval: &Eval) -> Result<(), Failed> {
    match eval {
        Eval::Text(options) => text::run(options),
    }
}
