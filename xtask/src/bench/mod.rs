//! `cargo xtask bench`: measurements whose figures stand in `docs/evaluation/`.

mod contender;
mod doors;
mod extract;
mod figures;
mod load;
mod machine;
mod nginx;
mod process;
mod report;
mod sortie;
mod squid;
mod table;

use crate::shell::Failed;

/// What is measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// The doors: CPU time and latency beside bare hyper, nginx and Squid; the engine alone.
    Doors(doors::Options),
    /// Reading bodies for destinations: ordinary ones, and those that cost most.
    Extract(extract::Options),
}

/// Measures.
pub(crate) fn run(bench: &Bench) -> Result<(), Failed> {
    match bench {
        Bench::Doors(options) => doors::run(options),
        Bench::Extract(options) => extract::run(options),
    }
}
