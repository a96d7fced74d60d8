//! `sortie mode`: observe, shadow or block, here or everywhere.

use sortie_model::Mode;

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::{ModeChanged, SetMode};
use crate::config::Target;
use crate::view;

/// Change the mode of everything, a service, an endpoint or a place
///
/// `sortie mode block 'shop POST /v1/preview $.url'`. The answer names the command that takes it
/// back.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// observe, shadow or block
    #[arg(value_name = "MODE")]
    mode: Mode,
    /// Where: `shop`, `shop POST /v1/preview`, `shop POST /v1/preview $.url`; nothing means
    /// everywhere
    #[arg(value_name = "SCOPE")]
    scope: Vec<String>,
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let target = target(&args.scope)?;
    let client = args.whence.client()?;
    let changed: ModeChanged = converse(client.post("/v1/mode", &SetMode { target, mode: args.mode }))?;
    Output::print(&view::mode_changed(&changed, output.paint))?;
    lasts(changed.not_kept)
}

/// A change that a restart would undo is no success.
pub(super) fn lasts(not_kept: Option<String>) -> Result<(), Failure> {
    not_kept.map_or(Ok(()), |why| Err(Failure::other(NotKept(why))))
}

/// It is in force, and would not survive a restart.
#[derive(Debug, thiserror::Error)]
#[error("this is in force, but it is not kept, and a restart undoes it: {0}")]
struct NotKept(String);

/// A target in one argument or in several.
pub(super) fn target(words: &[String]) -> Result<Target, Failure> {
    words.join(" ").parse().map_err(|error: crate::config::target::ParseTargetError| Failure::usage(error))
}
