//! `sortie reload`: read the configuration again.

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::Reloaded;
use crate::view;

/// Read the configuration again, without a restart
///
/// Modes, sinks, addresses, policy and alerts change at once; what needs a restart is named. A file
/// that is not valid changes nothing. SIGHUP does the same.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // A file that is named and wrong is shown with its lines, here.
    let client = args.whence.client()?;
    let reloaded: Reloaded = converse(client.post("/v1/reload", &()))?;
    Output::print(&view::reloaded(&reloaded))
}
