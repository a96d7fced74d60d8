//! `sortie explain`: everything that is known of one reference. It reads the store.

use super::output::Output;
use super::whence::Whence;
use super::{Failure, now};
use crate::admin::lookup;
use crate::view;

/// Tell all that is known of a finding, a request or a dial
///
/// Works while nothing runs. A finding's name may be cut short as long as it is clear.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A finding (F-7K2M9QPX), a request (R-18C3) or a dial (D-18C4)
    #[arg(value_name = "REF")]
    reference: String,
    #[command(flatten)]
    whence: Whence,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let explained = lookup::explain(&args.whence.layout()?, &args.reference).map_err(Failure::other)?;
    if args.json {
        Output::print_json(&explained)
    } else {
        Output::print(&view::explain::explain(&explained, now(), output.paint))
    }
}
