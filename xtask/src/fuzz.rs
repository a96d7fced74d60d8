//! `cargo xtask fuzz`: every target for a while. Needs a nightly toolchain; installs cargo-fuzz.

use clap::Args;

use crate::shell::{Failed, cargo, command, loud, quiet, succeeds};

/// The targets, as `fuzz/Cargo.toml` names them.
const TARGETS: [&str; 12] = [
    "head",
    "body",
    "xml",
    "multipart",
    "decoders",
    "websocket",
    "framing",
    "address",
    "hello",
    "returned",
    "readings",
    "text",
];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this target
    target: Option<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(options: &Options) -> Result<(), Failed> {
    if let Some(target) = options.target.as_deref().filter(|target| !TARGETS.contains(target)) {
        return Err(Failed::Wrong(format!("there is no fuzz target '{target}'; there is: {}", TARGETS.join(", "))));
    }
    if !succeeds(cargo(&["fuzz", "--version"])) {
        quiet(cargo(&["install", "-q", "cargo-fuzz", "--locked"]))?;
    }
    let seconds = format!("-max_total_time={}", options.seconds);
    let only = options.target.as_deref();
    for target in TARGETS.into_iter().filter(|&target| only.is_none_or(|only| only == target)) {
        let run =
            ["run", "nightly", "cargo", "fuzz", "run", target, "--", &seconds, "-timeout=5", "-rss_limit_mb=2048"];
        let mut fuzzing = command("rustup", &run);
        // Cargo hands its own toolchain down, which is not the nightly one.
        fuzzing.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("RUSTC");
        loud(fuzzing)?;
    }
    Ok(())
}
