//! Running one test of this binary in a process of its own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the folder that a child works in, and so tells it that it is one.
const FOLDER: &str = "SORTIE_TEST_FOLDER";

/// The command that runs the ignored test `name` on `folder`, behind the words of `before`.
pub(crate) fn command(name: &str, folder: &Path, before: &[&str]) -> Command {
    let binary = env::current_exe().expect("this binary has a path");
    let arguments = ["--exact", name, "--ignored", "--nocapture"];
    let mut command = match before {
        [] => Command::new(&binary),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(&binary);
            command
        }
    };
    command.args(arguments).env(FOLDER, folder);
    command
}

/// The folder, in a child; `None` where somebody runs the ignored tests by hand.
pub(crate) fn folder() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}
