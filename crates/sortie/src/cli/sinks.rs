//! `sortie sinks`: the places that are dialled.

use super::output::{Format, Output};
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::SinkView;
use crate::view;

/// List the places of the API that the service dials, and what the unproven ones lack
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    whence: Whence,
    /// How to write them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let client = args.whence.client()?;
    let list: Vec<SinkView> = converse(client.get("/v1/sinks"))?;
    Output::print_list(args.format, &list, || view::sinks(&list, output.columns, output.paint))
}
