//! `sortie mode`: observe, shadow or block, here or everywhere, and what takes that back.

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::{ModeChanged, SetMode, Setting, Status};
use crate::config::Target;
use crate::view;

/// Show the modes, or change that of everything, a service, an endpoint or a place
///
/// Without arguments it shows what is in force. `sortie mode block 'shop /v1/preview $.url'`. The answer names the command that takes it back, and
/// what has a mode of its own and stays as it was. It lasts through restarts, above the configuration
/// file; `sortie mode inherit` ends that.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// observe, shadow or block; inherit takes back what was set here, so that the file counts again,
    /// and what stands around it
    #[arg(value_name = "MODE")]
    mode: Option<Setting>,
    /// Where: `shop`, `shop POST /v1/preview`, `shop /v1/preview $.url`; nothing means every service
    #[arg(value_name = "SCOPE")]
    scope: Vec<String>,
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let Some(mode) = args.mode else {
        let status: Status = converse(args.whence.client()?.get("/v1/status"))?;
        return Output::print(&view::modes(&status, output.paint));
    };
    set(target(&args.scope)?, mode, &args.whence, output)
}

/// Sets a mode, and says what that changed.
pub(super) fn set(target: Target, mode: Setting, whence: &Whence, output: Output) -> Result<(), Failure> {
    let client = whence.client()?;
    let changed: ModeChanged = converse(client.post("/v1/mode", &SetMode { target, mode }))?;
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
