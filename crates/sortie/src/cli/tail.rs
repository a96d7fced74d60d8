//! `sortie tail`: what happens now.

use std::time::Duration;

use super::Failure;
use super::output::Output;
use super::whence::Whence;
use crate::admin::wire::TailLine;
use crate::view::Follower;

/// How often a program that ended is looked for.
const AGAIN: Duration = Duration::from_millis(500);

/// Follow findings, dials and refused requests as they happen
///
/// Goes on through a restart of the program.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    whence: Whence,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let mut printed = Ok(());
    let mut is_first = true;
    let mut follower = Follower::default();
    let follow = async {
        loop {
            // Looked up anew each time: it may listen elsewhere after a restart.
            let client = args.whence.client()?;
            let mut is_followed = false;
            let followed = client.tail(
                || is_followed = true,
                |line| {
                    printed = print(&line, args.json, &mut follower, output);
                    printed.is_ok()
                },
            );
            let ended = followed.await;
            if printed.is_err() {
                return Ok(());
            }
            if is_first && !is_followed {
                return ended.map_err(Failure::other);
            }
            if is_first || is_followed {
                Output::complain("sortie: it has ended; this goes on when it is there again\n");
            }
            is_first = false;
            tokio::time::sleep(AGAIN).await;
        }
    };
    super::on_runtime(follow)?;
    printed
}

fn print(line: &TailLine, is_json: bool, follower: &mut Follower, output: Output) -> Result<(), Failure> {
    if is_json { Output::print_json(line) } else { Output::print(&format!("{}\n", follower.line(line, output.paint))) }
}
