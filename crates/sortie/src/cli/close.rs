//! `sortie close`: a finding is dealt with.

use sortie_model::finding::Resolution;

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::{Close, ClosedAnswer};

/// Close a finding; it opens again by itself when it gets further than it was
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The finding: F-7K2M9QPX
    #[arg(value_name = "REF")]
    finding: String,
    /// fixed, accepted or false-positive
    #[arg(long = "as", value_name = "RESOLUTION")]
    resolution: Resolution,
    /// Why, for those who come later
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let client = args.whence.client()?;
    let close = Close { finding: args.finding, resolution: args.resolution, reason: args.reason };
    let answer: ClosedAnswer = converse(client.post("/v1/close", &close))?;
    let (id, rung) = (&answer.finding.id, answer.finding.rung);
    Output::print(&format!("{id} is closed as {}; above {rung} it opens again\n", args.resolution.as_str()))
}
