//! `sortie demo`: a story to look at.

use std::io::{self, IsTerminal};

use super::Failure;
use super::output::Output;
use crate::demo::{Options, Tale, run as play};

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
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let stdout = Box::new(io::stdout());
    let tale = match output.columns {
        Some(columns) if io::stdout().is_terminal() => Tale::paced(stdout, output.paint, columns),
        _ => Tale::plain(stdout),
    };
    match play(Options { keep: args.keep, loopback: args.loopback }, tale) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::other("the demonstration came out otherwise than promised; please report it")),
        Err(error) => Err(Failure::other(error)),
    }
}
