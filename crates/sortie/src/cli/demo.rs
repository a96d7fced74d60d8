//! `sortie demo`: a story to look at.

use std::io::{self, IsTerminal};
use std::process::Command;

use super::Failure;
use super::output::Output;
use crate::demo::{Options, Tale, is_namespace_possible, run as play};

/// See it at work: a small shop, its customers and an attacker, within a minute and without a network
///
/// The hour is played twice, in observe and in block, and both are laid side by side. Exits with 1
/// where it came out otherwise than promised.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave everything running afterwards, for your own requests
    #[arg(long)]
    keep: bool,
    /// Stay on 127.0.0.0/8, even where a network namespace is possible
    #[arg(long)]
    loopback: bool,
    /// Only tell, by the exit status, whether a user namespace is possible here
    #[arg(long, hide = true)]
    probe: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    if args.probe {
        let refused = || Failure::other("no user namespace is possible here");
        return is_namespace_possible().then_some(()).ok_or_else(refused);
    }
    let stdout = Box::new(io::stdout());
    let tale = if io::stdout().is_terminal() {
        Tale::paced(stdout, output.paint, output.columns)
    } else {
        Tale::plain(stdout)
    };
    match play(Options { keep: args.keep, loopback: args.loopback, probe: probe() }, tale) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::other("the demonstration came out otherwise than promised; please report it")),
        Err(error) => Err(Failure::other(error)),
    }
}

/// This very program, since what a kernel allows may depend on that.
fn probe() -> Option<Command> {
    let mut probe = Command::new(std::env::current_exe().ok()?);
    probe.args(["demo", "--probe"]);
    Some(probe)
}
