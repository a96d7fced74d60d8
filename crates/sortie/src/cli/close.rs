//! `sortie close`: a finding is dealt with.

use sortie_model::finding::{Resolution, Rung};

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse};
use crate::admin::wire::{Close, ClosedAnswer};
use crate::view::text::clean;

/// Close a finding
///
/// It opens again by itself when it gets further than it was, and one that was called fixed also when
/// it happens again.
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
    let until = match args.resolution {
        Resolution::Fixed => "it opens again when it happens again".to_owned(),
        _ if rung == Rung::E5 => "it cannot get further, and stays closed".to_owned(),
        _ => format!("above {rung} it opens again"),
    };
    let before = answer.before.map(|before| {
        let at = before.at.rfc3339();
        format!("it was closed as {} at {at}: {}\n", before.resolution.as_str(), clean(&before.reason))
    });
    let now = if before.is_some() { "is now closed" } else { "is closed" };
    let before = before.unwrap_or_default();
    Output::print(&format!("{before}{id} {now} as {}; {until}\n", args.resolution.as_str()))
}
