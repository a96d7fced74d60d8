//! What it costs to read a body for candidates, and to find an answer in a response: CPU time of
//! this thread, the least of several rounds, for the machine does more than this.

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
use sortie_bench::bodies::{Sample, ordinary, worst};
use sortie_bench::cpu;
use sortie_engine::extract::{self, Body, ProvenSink};
use sortie_model::{Containers, Key};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sizes of the bodies, in bytes.
const SIZES: [usize; 2] = [1024, 64 * 1024];
/// Sinks of every container of bodies.
const SINKS: [&str; 6] = ["url", "html:resource", "xml:order.url", "text:url", "graphql:a.url", "rpc:a.url"];
/// Of hostile bodies, so many are printed: those that cost most.
const PRINTED: usize = 25;

#[derive(Parser)]
struct Arguments {
    /// Where all figures go, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only samples in whose name this stands.
    #[arg(long, default_value = "")]
    only: String,
    /// Read them as at an endpoint with proven sinks in every container.
    #[arg(long)]
    sinks: bool,
    /// Rounds, of which the cheapest counts.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Milliseconds of each round.
    #[arg(long, default_value_t = 2)]
    milliseconds: u64,
}

/// What one body costs.
#[derive(Serialize)]
struct Cost {
    name: &'static str,
    content_type: &'static str,
    content_encoding: Option<&'static str>,
    is_hostile: bool,
    bytes: usize,
    microseconds: f64,
    nanoseconds_per_byte: f64,
    /// Microseconds that the search itself counted, see `sortie_engine::extract::Extraction::work`.
    counted: f64,
    candidates: usize,
    cut: Option<String>,
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
    let mut all = Vec::new();
    for size in SIZES {
        let mut costs = Vec::new();
        for (is_hostile, samples) in [(false, ordinary(size)), (true, worst(size))] {
            for sample in samples.iter().filter(|sample| sample.name.contains(&arguments.only)) {
                costs.push(cost(sample, is_hostile, &key, arguments)?);
            }
        }
        print(size, &mut costs);
        all.append(&mut costs);
    }
    if let Some(file) = &arguments.json {
        fs::write(file, serde_json::to_string_pretty(&all)? + "\n")?;
    }
    Ok(())
}

fn cost(sample: &Sample, is_hostile: bool, key: &Key, arguments: &Arguments) -> Result<Cost, Box<dyn Error>> {
    let sinks = SINKS.map(|name| ProvenSink { parameter: name.into(), read_in: Containers::of_parameter(name) });
    let body = Body { sinks: if arguments.sinks { &sinks } else { &[] }, ..sample.body() };
    let found = extract::from_body(&body, key);
    // There are many hostile bodies, and of them a figure of one digit is enough.
    let round = Duration::from_millis(if is_hostile { 0 } else { arguments.milliseconds });
    let time = least(arguments.rounds, round, &body, key)?;
    Ok(Cost {
        name: sample.name,
        content_type: sample.content_type,
        content_encoding: sample.content_encoding,
        is_hostile,
        bytes: sample.bytes.len(),
        microseconds: time.as_secs_f64() * 1e6,
        nanoseconds_per_byte: time.as_secs_f64() * 1e9 / sample.bytes.len().max(1) as f64,
        counted: found.work as f64 / 1e3,
        candidates: found.candidates.len(),
        cut: found.cut.map(|cut| format!("{cut:?}")),
    })
}

/// The least time that one reading took, on the average of a round.
fn least(rounds: u32, at_least: Duration, body: &Body<'_>, key: &Key) -> Result<Duration, Box<dyn Error>> {
    let mut least = Duration::MAX;
    for _ in 0..rounds {
        least = least.min(cpu::mean_here(at_least, || extract::from_body(black_box(body), key))?);
    }
    Ok(least)
}

/// Prints ordinary bodies in their order, and the hostile ones that cost most.
fn print(size: usize, costs: &mut [Cost]) {
    let row = |cost: &Cost| {
        println!(
            "| {}{} | {} | {:.1} | {:.2} | {:.1} | {} | {} |",
            cost.name,
            cost.content_encoding.map_or(String::new(), |coding| format!(", {coding}")),
            cost.content_type.split(';').next().unwrap_or_default(),
            cost.microseconds,
            cost.nanoseconds_per_byte,
            cost.counted,
            cost.candidates,
            cost.cut.as_deref().unwrap_or("–")
        );
    };
    println!(
        "\n**{size} bytes**\n\n| body | type | µs | ns/byte | counted µs | candidates | cut |\n|---|---|---|---|---|---|---|"
    );
    costs.iter().filter(|cost| !cost.is_hostile).for_each(row);
    let mut hostile: Vec<&Cost> = costs.iter().filter(|cost| cost.is_hostile).collect();
    hostile.sort_by(|a, b| b.microseconds.total_cmp(&a.microseconds));
    hostile.into_iter().take(PRINTED).for_each(row);
}
