//! The command line: one file per subcommand.
//!
//! Exit codes: 0 it worked, 1 it did not, 2 the command line or the configuration is wrong.

mod check;
mod classify;
mod close;
mod demo;
mod explain;
mod failure;
mod findings;
mod mode;
mod output;
mod reload;
mod run;
mod schema;
mod sinks;
mod status;
mod strike;
mod switch;
mod tail;
mod whence;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

use failure::Failure;
use output::Output;

use crate::near::nearest;

/// At whose order did your server make that request?
///
/// Sortie stands on both sides of a back end: API calls come in through its inbound door, the back
/// end's own connections go out through its outbound door. It names the client that ordered a
/// connection (SSRF), says how far that got, and can refuse exactly that.
#[derive(Debug, Parser)]
#[command(name = "sortie", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 it worked, 1 it did not, 2 the command line or the configuration is wrong.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Check(check::Args),
    Classify(classify::Args),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
    Findings(findings::Args),
    Explain(explain::Args),
    Sinks(sinks::Args),
    Tail(tail::Args),
    Close(close::Args),
    Mode(mode::Args),
    /// Let everything pass and judge nothing, within a second
    Off(switch::Args),
    /// Judge again after `off`
    On(switch::Args),
    Strike(strike::Args),
    Reload(reload::Args),
    Status(status::Args),
}

/// Does what the process's arguments say.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| without_wild_guess(error).exit());
    let output = Output::of_process();
    let done = match cli.command {
        Command::Demo(args) => demo::run(&args, output),
        Command::Run(args) => run::run(args, output),
        Command::Check(args) => check::run(&args, output),
        Command::Classify(args) => classify::run(&args, output),
        Command::Schema => schema::run(),
        Command::Findings(args) => findings::run(&args, output),
        Command::Explain(args) => explain::run(&args, output),
        Command::Sinks(args) => sinks::run(&args, output),
        Command::Tail(args) => tail::run(&args, output),
        Command::Close(args) => close::run(args),
        Command::Mode(args) => mode::run(&args, output),
        Command::Off(args) => switch::run(&args, true, output),
        Command::On(args) => switch::run(&args, false, output),
        Command::Strike(args) => strike::run(&args),
        Command::Reload(args) => reload::run(&args),
        Command::Status(args) => status::run(&args, output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(output),
    }
}

/// The error with a suggestion only where that differs from what was typed by a slip.
fn without_wild_guess(mut error: clap::Error) -> clap::Error {
    let guessed = (error.get(ContextKind::InvalidSubcommand), error.get(ContextKind::SuggestedSubcommand));
    if let (Some(ContextValue::String(typed)), Some(ContextValue::Strings(guesses))) = guessed
        && nearest(typed, guesses.iter().map(String::as_str)).is_none()
    {
        error.remove(ContextKind::SuggestedSubcommand);
    }
    error
}

/// Runs the short conversations of commands with the running program.
fn converse<T>(work: impl Future<Output = Result<T, crate::admin::ClientError>>) -> Result<T, Failure> {
    on_runtime(async { work.await.map_err(Failure::other) })
}

fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::other)?;
    runtime.block_on(work)
}

/// The time of day.
fn now() -> sortie_model::Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    sortie_model::Micros(since.as_micros() as u64)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn a_command_is_only_guessed_from_a_slip() {
        let told = |typed| without_wild_guess(Cli::try_parse_from(["sortie", typed]).unwrap_err()).to_string();
        assert!(told("stauts").contains("'status'"));
        assert!(!told("frobnicate").contains("similar"), "{}", told("frobnicate"));
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
