//! The real binary, as its user meets it: what it prints, where, and its exit codes.

mod alerts;
mod classify;
mod daemon;
mod http;
mod program;
mod reload;
mod start;
mod store;
mod tail;
mod usage;

use std::path::Path;
use std::process::{Command, Output};

/// Runs the binary to its end.
fn sortie(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sortie"))
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it exits by itself")
}

/// Runs a command that is to work, and returns what it prints.
fn works(folder: &Path, args: &[&str]) -> String {
    let output = sortie(folder, args);
    assert_eq!(code(&output), 0, "{args:?}: {}", stderr(&output));
    stdout(&output)
}
