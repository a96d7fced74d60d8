//! `sortie check`: is the configuration right?

use std::path::PathBuf;

use super::output::Output;
use super::{Failure, now};
use crate::config::from_file;

/// Check a configuration without touching anything
///
/// Names every error and doubt with its line and a remedy. Exits with 2 where the configuration
/// cannot be used; warnings do not change the exit code.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration
    #[arg(value_name = "FILE", default_value = "sortie.yaml")]
    file: PathBuf,
    /// The same, as other commands name it
    #[arg(short = 'c', long = "config", value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let file = args.config.as_ref().unwrap_or(&args.file);
    let loaded = from_file(file, now())?;
    Output::complain(&loaded.warnings.render(output.colours_errors()));
    let services: Vec<String> = loaded.config.services.keys().map(ToString::to_string).collect();
    let doubts = match loaded.warnings.problems.len() {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        number => format!(", {number} warnings"),
    };
    Output::print(&format!("{}: valid ({}{doubts})\n", file.display(), services.join(", ")))
}
