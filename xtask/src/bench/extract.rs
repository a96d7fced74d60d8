//! `cargo xtask bench extract`: what it costs to read bodies, ordinary and hostile.

use std::path::PathBuf;

use crate::paths;
use crate::shell::{Failed, cargo, command, loud};

/// Options of `cargo xtask bench extract`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the figures go, as JSON. The table is printed in any case.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only bodies in whose name this stands.
    #[arg(long)]
    only: Option<String>,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    loud(cargo(&["build", "-q", "--release", "-p", "sortie-bench", "--bin", "extract"]))?;
    let mut measuring = command(paths::target().join("release/extract"), &[]);
    if let Some(file) = &options.json {
        // The program runs in the workspace's folder, the chore where it was called.
        let file = std::path::absolute(file).map_err(Failed::file(file))?;
        measuring.arg("--json").arg(file);
    }
    if let Some(only) = &options.only {
        measuring.arg("--only").arg(only);
    }
    loud(measuring)
}
