//! On what it was measured.

use std::fs;
use std::process::Command;

use serde::Serialize;

use super::{nginx, squid};

/// Facts without which figures mean little.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    cores: usize,
    processor: Option<String>,
    kernel: Option<String>,
    rust: Option<String>,
    nginx: Option<String>,
    squid: Option<String>,
    commit: Option<String>,
    date: Option<String>,
    /// Of the last minute, five and fifteen minutes, before the run began.
    load_average_before: Option<String>,
}

impl Machine {
    pub(super) fn of_here() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: processor(),
            kernel: said(&["uname", "-sr"]),
            rust: said(&["rustc", "--version"]),
            nginx: said(&[nginx::NEEDED.probe[0], "-v"]),
            squid: said(&[squid::NEEDED.probe[0], "-v"]),
            commit: said(&["git", "rev-parse", "--short", "HEAD"]),
            date: said(&["date", "-u", "+%Y-%m-%d"]),
            load_average_before: load_average(),
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let word = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "?".to_owned());
        format!(
            "{}; commit {}; {} cores of {}; {}; {}; {}; {}; load average before: {}",
            word(&self.date),
            word(&self.commit),
            self.cores,
            word(&self.processor),
            word(&self.kernel),
            word(&self.rust),
            word(&self.nginx),
            word(&self.squid),
            word(&self.load_average_before),
        )
    }
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches(['\t', ' ', ':']).to_owned())
}

fn load_average() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

/// The first line that a program prints; nginx tells its version on the standard error.
fn said(words: &[&str]) -> Option<String> {
    let output = Command::new(words[0]).args(&words[1..]).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().next().map(str::to_owned)
}
