//! Running other programs.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::paths;

/// A chore that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// A program could not be started.
    #[error("cannot start '{program}': {source}")]
    Start {
        /// Its command line.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program ended with a failure.
    #[error("'{program}' failed: {status}")]
    Status {
        /// Its command line.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something is not as it must be; the message says what to do.
    #[error("{0}")]
    Wrong(String),
}

impl Failed {
    /// For `map_err` beside file operations.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { path, source }
    }
}

/// A command that runs in the workspace's folder.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(paths::workspace());
    command
}

/// `cargo` with these arguments, the cargo that runs this chore.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Runs a command whose output people want to see.
pub(crate) fn loud(mut command: Command) -> Result<(), Failed> {
    let program = line(&command);
    eprintln!("$ {program}");
    let status = command.status().map_err(|source| Failed::Start { program: program.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Failed::Status { program, status }) }
}

/// Runs a command whose output is shown only if it fails.
pub(crate) fn quiet(mut command: Command) -> Result<(), Failed> {
    let program = line(&command);
    eprintln!("$ {program}");
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|source| Failed::Start { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Failed::Status { program, status: output.status })
}

/// Runs a program, called `name` where that fails, gives it questions, and returns what it writes.
pub(crate) fn conversation(mut program: Command, name: &str, questions: String) -> Result<String, Failed> {
    let start = |source| Failed::Start { program: name.to_owned(), source };
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(start)?;
    let mut input = child.stdin.take().expect("the standard input is a pipe");
    // Beside the reading of the answers: the pipes hold less than all of them.
    let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = child.wait_with_output().map_err(start)?;
    let has_all = writer.join().is_ok_and(|written| written.is_ok());
    if !output.status.success() || !has_all {
        return Err(Failed::Status { program: name.to_owned(), status: output.status });
    }
    String::from_utf8(output.stdout).map_err(|_| Failed::Wrong(format!("{name}: its answers are no text")))
}

/// Whether a command runs and succeeds; its output is thrown away.
pub(crate) fn succeeds(mut command: Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
