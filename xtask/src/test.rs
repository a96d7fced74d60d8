//! `cargo xtask test`: what a newcomer runs.

use std::process::Command;

use crate::shell::{Failed, cargo, loud, succeeds};
use crate::{install, paths};

/// Options of `cargo xtask test`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Leave out the end-to-end tests, and install nothing for them.
    #[arg(long)]
    no_e2e: bool,
    /// Only tests whose name holds this text.
    filter: Option<String>,
}

/// Installs what is missing, builds the program, and runs all tests.
pub(crate) fn run(options: &Options) -> Result<(), Failed> {
    if !options.no_e2e {
        install::all()?;
        loud(cargo(&["build", "-q", "-p", "sortie"]))?;
    }
    let filter = options.filter.as_deref();
    if succeeds(cargo(&["nextest", "--version"])) {
        with_nextest(options.no_e2e, filter)
    } else {
        with_cargo(options.no_e2e, filter)
    }
}

/// nextest runs each test in a process of its own and keeps slow ones in check, but knows no
/// documentation tests.
fn with_nextest(no_e2e: bool, filter: Option<&str>) -> Result<(), Failed> {
    let mut all = prepared(&["nextest", "run", "--workspace"]);
    if no_e2e {
        all.args(["--exclude", "sortie-e2e"]);
    }
    if let Some(filter) = filter {
        all.arg(filter);
    }
    loud(all)?;
    if filter.is_some() { Ok(()) } else { loud(prepared(&["test", "-q", "--workspace", "--doc"])) }
}

fn with_cargo(no_e2e: bool, filter: Option<&str>) -> Result<(), Failed> {
    let mut units = prepared(&["test", "-q", "--workspace", "--exclude", "sortie-e2e"]);
    units.args(filter);
    loud(units)?;
    if no_e2e {
        return Ok(());
    }
    let mut e2e = prepared(&["test", "-p", "sortie-e2e"]);
    e2e.args(filter);
    // Each of them fills a machine by itself.
    e2e.args(["--", "--test-threads", "1"]);
    loud(e2e)
}

fn prepared(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.env("SORTIE_BIN", paths::target().join("debug/sortie"));
    command
}
