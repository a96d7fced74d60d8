//! What it costs to search bodies of JSON for candidates, beside `serde_json` reading the same bytes into
//! `IgnoredAny`. Run with `cargo bench -p sortie-bench --bench json`, and `-- --json FILE` for the figures as JSON.
//!
//! CPU time of this thread. In each round each reads each body in turn, and of each the least of all rounds counts,
//! for the machine does more than this.

// A measuring program speaks on the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde::Serialize;
use serde::de::IgnoredAny;
use sortie_bench::bodies::{Sample, json};
use sortie_bench::cpu;
use sortie_engine::extract;
use sortie_model::Key;

/// The most that a body of 1 KiB may cost without a candidate, as a multiple of `serde_json`.
const MOST_WITHOUT: f64 = 3.0;
/// The same with five URLs.
const MOST_WITH_URLS: f64 = 10.0;
/// The least speed without a candidate at 64 KiB, in megabytes per second.
const LEAST_SPEED: f64 = 200.0;

/// As the program has it. That nothing is allocated where there is no candidate is `tests/allocations.rs`'s matter: to
/// count takes time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// Where all figures go, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Rounds, of which the cheapest counts.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Milliseconds of each reading in a round.
    #[arg(long, default_value_t = 2)]
    milliseconds: u64,
    /// The bodies whose names hold this, alone.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// What cargo gives to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What one body costs.
#[derive(Serialize)]
struct Figures {
    name: &'static str,
    bytes: usize,
    candidates: usize,
    microseconds: f64,
    microseconds_serde: f64,
    /// How often the time of `serde_json`.
    ratio: f64,
    megabytes_per_second: f64,
    /// What is asked for, and whether all of it is met.
    target: String,
    is_met: bool,
}

/// One body while it is measured.
struct Measured {
    sample: Sample,
    search: Duration,
    serde: Duration,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let key = Key::new(&[1; Key::LENGTH]);
    let round = Duration::from_millis(arguments.milliseconds);
    let mut all: Vec<Measured> = json()
        .into_iter()
        .filter(|sample| sample.name.contains(&arguments.only))
        .map(|sample| Measured { sample, search: Duration::MAX, serde: Duration::MAX })
        .collect();
    for _ in 0..arguments.rounds {
        for Measured { sample, search, serde } in &mut all {
            let searching = cpu::mean_here(round, || extract::from_body(black_box(&sample.body()), &key))?;
            let read = || serde_json::from_slice::<IgnoredAny>(black_box(&sample.bytes)).expect("samples are JSON");
            let reading = cpu::mean_here(round, read)?;
            (*search, *serde) = ((*search).min(searching), (*serde).min(reading));
        }
    }
    let all: Vec<Figures> = all.iter().map(|measured| figures(measured, &key)).collect();
    print(&all);
    if let Some(file) = &arguments.json {
        fs::write(file, serde_json::to_string_pretty(&all)? + "\n")?;
    }
    Ok(())
}

fn figures(Measured { sample, search, serde }: &Measured, key: &Key) -> Figures {
    let candidates = extract::from_body(&sample.body(), key).candidates.len();
    let bytes = sample.bytes.len();
    let ratio = search.as_secs_f64() / serde.as_secs_f64();
    let speed = bytes as f64 / search.as_secs_f64() / 1e6;
    let is_small = bytes <= 1024;
    let (target, is_met) = match (is_small, candidates) {
        (true, 0) => (format!("≤ {MOST_WITHOUT}×"), ratio <= MOST_WITHOUT),
        (true, _) => (format!("≤ {MOST_WITH_URLS}×"), ratio <= MOST_WITH_URLS),
        (false, 0) => (format!("≥ {LEAST_SPEED} MB/s"), speed >= LEAST_SPEED),
        (false, _) => ("–".to_owned(), true),
    };
    Figures {
        name: sample.name,
        bytes,
        candidates,
        microseconds: search.as_secs_f64() * 1e6,
        microseconds_serde: serde.as_secs_f64() * 1e6,
        ratio,
        megabytes_per_second: speed,
        target,
        is_met,
    }
}

fn print(all: &[Figures]) {
    println!("| body | bytes | candidates | µs | serde_json, µs | ratio | MB/s | target | met |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for figures in all {
        println!(
            "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.0} | {} | {} |",
            figures.name,
            figures.bytes,
            figures.candidates,
            figures.microseconds,
            figures.microseconds_serde,
            figures.ratio,
            figures.megabytes_per_second,
            figures.target,
            if figures.is_met { "yes" } else { "no" },
        );
    }
}
