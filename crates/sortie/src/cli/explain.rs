//! `sortie explain`: everything that is known of one reference. It reads the store.

use std::time::{Duration, Instant};

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse, now};
use crate::admin::lookup::{self, LookupError};
use crate::admin::wire::Status;
use crate::view::{self, explain::Explained};

/// How long an event takes to the disk at most, where the disk is well.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often is looked.
const AGAIN: Duration = Duration::from_millis(100);

/// Tell all that is known of a finding, a request or a dial
///
/// Works while nothing runs. A finding's name may be cut short as long as it is clear.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A finding (F-7K2M9QPX), a request (R-18C3) or its X-Request-Id, a dial (D-18C4)
    #[arg(value_name = "REF")]
    reference: String,
    #[command(flatten)]
    whence: Whence,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let explained = explain(args)?;
    if args.json {
        Output::print_json(&explained)
    } else {
        let elsewhere = elsewhere(args, explained.service())?;
        Output::print(&view::explain::explain(&explained, elsewhere.as_deref(), now(), output.paint))
    }
}

/// What the running program cannot see of the service's other dials; nothing is said where none runs.
fn elsewhere(args: &Args, service: &str) -> Result<Option<String>, Failure> {
    let client = args.whence.client()?;
    let Ok(status) = converse(client.get::<Status>("/v1/status")) else { return Ok(None) };
    let service = status.services.iter().find(|status| status.name == service);
    Ok(service.and_then(view::explain::elsewhere))
}

/// What was answered this moment may not be on the disk yet: while the program runs, an unknown
/// reference is looked for a little longer.
fn explain(args: &Args) -> Result<Explained, Failure> {
    let layout = args.whence.layout()?;
    let until = Instant::now() + PATIENCE;
    let mut is_running = None;
    loop {
        match lookup::explain(&layout, &args.reference) {
            Err(LookupError::Unknown(_)) if Instant::now() < until => {}
            explained => return explained.map_err(Failure::other),
        }
        let client = args.whence.client()?;
        let is_running = *is_running.get_or_insert_with(|| converse(client.get::<Status>("/v1/status")).is_ok());
        if !is_running {
            return Err(Failure::other(LookupError::Unknown(args.reference.clone())));
        }
        std::thread::sleep(AGAIN);
    }
}
