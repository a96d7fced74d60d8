//! `sortie tail`: what happens now.

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::view;

/// Follow findings, dials and refused requests as they happen
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    whence: Whence,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let client = args.whence.client()?;
    let mut printed = Ok(());
    converse(client.tail(|line| {
        printed = if args.json {
            Output::print_json(&line)
        } else {
            Output::print(&format!("{}\n", view::tail_line(&line, output.paint)))
        };
        printed.is_ok()
    }))?;
    printed
}
