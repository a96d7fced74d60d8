//! `sortie status`: how it is, and why it may be silent.

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::Status;
use crate::view;

/// Say how the program is, what passed its doors, and why it may be silent
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    whence: Whence,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let client = args.whence.client()?;
    let status: Status = converse(client.get("/v1/status"))?;
    if args.json { Output::print_json(&status) } else { Output::print(&view::status(&status, output.paint)) }
}
