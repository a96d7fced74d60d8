//! Every chore of the project as one command: `cargo xtask CHORE`.

// A chore speaks on the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod ci;
mod eval;
mod fuzz;
mod install;
mod lint;
mod paths;
mod readings;
mod shell;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Every chore of the project as one command.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Install what the tests need, then run all of them.
    Test(test::Options),
    /// Everything that must hold before a change lands: formatting, lints, documentation, licences,
    /// tests.
    Ci,
    /// The house rules that clippy cannot check.
    Lint,
    /// Install what the tests need, and nothing else.
    Install,
    /// Feed what clients can send to everything that reads it, for a minute each.
    Fuzz(fuzz::Options),
    /// Ask the real URL parsers what they make of URLs, and compare.
    Readings(readings::Options),
    /// Evaluate the judgement on corpora, for docs/evaluation.
    #[command(subcommand)]
    Eval(eval::Eval),
    /// Measure, beside what others need for the same.
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Ci => ci::run(),
        Chore::Lint => lint::run(),
        Chore::Install => install::all(),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Readings(options) => readings::run(&options),
        Chore::Eval(eval) => eval::run(&eval),
        Chore::Bench(bench) => bench::run(&bench),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
