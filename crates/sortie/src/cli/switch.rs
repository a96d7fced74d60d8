//! `sortie off` and `sortie on`.

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse, mode};
use crate::admin::wire::{Switch, Switched};
use crate::view;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The service; nothing means all of them
    #[arg(value_name = "SCOPE")]
    scope: Vec<String>,
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: &Args, off: bool) -> Result<(), Failure> {
    let target = mode::target(&args.scope)?;
    let client = args.whence.client()?;
    let path = if off { "/v1/off" } else { "/v1/on" };
    let switched: Switched = converse(client.post(path, &Switch { target }))?;
    Output::print(&view::switched(&switched))?;
    mode::lasts(switched.not_kept)
}
