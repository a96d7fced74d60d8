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
    /// Fail where a test cannot run on this machine, instead of passing over it.
    #[arg(long)]
    no_skip: bool,
    /// Only tests whose name holds this text.
    filter: Option<String>,
}

impl Options {
    /// All tests, and none that is passed over.
    pub(crate) fn everything() -> Self {
        Self { no_skip: true, ..Self::default() }
    }
}

/// Installs what is missing, builds the program, and runs all tests.
pub(crate) fn run(options: &Options) -> Result<(), Failed> {
    if !options.no_e2e {
        install::all()?;
        loud(cargo(&["build", "-q", "-p", "sortie"]))?;
    }
    if succeeds(cargo(&["nextest", "--version"])) { with_nextest(options) } else { with_cargo(options) }
}

/// nextest runs each test in a process of its own and keeps slow ones in check, but knows no
/// documentation tests.
fn with_nextest(options: &Options) -> Result<(), Failed> {
    let mut all = prepared(&["nextest", "run", "--workspace"], options);
    if options.no_e2e {
        all.args(["--exclude", "sortie-e2e"]);
    }
    if let Some(filter) = &options.filter {
        all.arg(filter);
        return loud(all);
    }
    loud(all)?;
    loud(prepared(&["test", "-q", "--workspace", "--doc"], options))
}

fn with_cargo(options: &Options) -> Result<(), Failed> {
    let mut units = prepared(&["test", "-q", "--workspace", "--exclude", "sortie-e2e"], options);
    units.args(&options.filter);
    loud(units)?;
    if options.no_e2e {
        return Ok(());
    }
    let mut e2e = prepared(&["test", "-p", "sortie-e2e"], options);
    e2e.args(&options.filter);
    // Each of them fills a machine by itself.
    e2e.args(["--", "--test-threads", "1"]);
    loud(e2e)
}

fn prepared(arguments: &[&str], options: &Options) -> Command {
    let mut command = cargo(arguments);
    command.env("SORTIE_BIN", paths::target().join("debug/sortie"));
    if options.no_skip {
        command.env("SORTIE_NO_SKIP", "1");
    }
    command
}
