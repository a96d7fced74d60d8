//! `sortie strike`: a destination is not the service's own after all.

use sortie_model::Destination;

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse, mode};
use crate::admin::wire::{Strike, Struck};
use crate::view::text::clean;

/// Forget that a service calls a destination of its own accord
///
/// `sortie mode block` lists private destinations that were first called while a redirect could
/// hide; an attacker who was there first may have made them. What is struck is learned anew.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The destination: 10.1.2.3:8500, consul.internal:8500
    #[arg(value_name = "HOST:PORT")]
    destination: Destination,
    /// The service; nothing means all of them
    #[arg(value_name = "SERVICE")]
    service: Vec<String>,
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let target = mode::target(&args.service)?;
    let client = args.whence.client()?;
    let strike = Strike { target, destination: args.destination.to_string() };
    let struck: Struck = converse(client.post("/v1/strike", &strike))?;
    let services = struck.services.join(", ");
    Output::print(&format!("{} is no longer {}'s own\n", args.destination, clean(&services)))
}
