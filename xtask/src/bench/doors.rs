//! `cargo xtask bench doors`: one interleaved run, the contenders in turn in each round. The machine
//! does more than this, so only figures of one round are held against each other.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use super::contender::Field;
use super::figures::Engine;
use super::load::{self, Load};
use super::machine::Machine;
use super::report::{Measurement, Memory, Report};
use super::sortie::{self, Manner};
use super::{nginx, squid, table};
use crate::shell::{Failed, cargo, command, loud};
use crate::{install, paths};

/// Options of `cargo xtask bench doors`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the figures go, as JSON. The table is printed in any case.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Rounds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Seconds of each load on each contender.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    install::debian("the bench", &[nginx::NEEDED, squid::NEEDED])?;
    loud(cargo(&["build", "-q", "--release", "-p", "sortie", "-p", "sortie-bench"]))?;
    let machine = Machine::of_here();
    let folder = tempfile::tempdir().map_err(|error| Failed::Wrong(format!("no temporary folder: {error}")))?;
    let field = Field::start(folder.path())?;
    let mut measured = Vec::new();
    for number in 0..options.rounds {
        round(&field, usize::from(number), options.seconds, &mut measured)?;
    }
    let report = Report {
        machine,
        rounds: usize::from(options.rounds),
        seconds: options.seconds,
        memory: memory(&field),
        dropped: Manner::ALL.map(|manner| (manner.name(), sortie::dropped(manner, folder.path()))),
        engine: engine()?,
        measured,
    };
    drop(field);
    println!("{}", table::of(&report));
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&report.to_json()).expect("figures are plain numbers");
        fs::write(file, text + "\n").map_err(Failed::file(file))?;
    }
    Ok(())
}

fn memory(field: &Field) -> Vec<Memory> {
    let of_side = |is_inbound| {
        field.at(is_inbound).iter().map(move |contender| Memory {
            is_inbound,
            contender: contender.name,
            megabytes: field.memory(contender).map(|bytes| bytes as f64 / 1e6),
        })
    };
    of_side(true).chain(of_side(false)).collect()
}

/// Every load on every contender. Who comes first changes from round to round.
fn round(field: &Field, number: usize, seconds: f64, measured: &mut Vec<Measurement>) -> Result<(), Failed> {
    let mut rate = 0.0;
    for load in Load::ALL {
        let contenders = field.at(load.is_inbound());
        for turn in 0..contenders.len() {
            let contender = &contenders[(turn + number) % contenders.len()];
            let figures = load::put(load, &field.target(contender), seconds, rate)?;
            if load == Load::Inbound && contender.name == Manner::Observe.name() {
                // The same rate for all: half of what Sortie takes at most.
                rate = figures.per_second / 2.0;
            }
            let measurement = Measurement { round: number + 1, load, contender: contender.name, figures };
            eprintln!("{measurement}");
            measured.push(measurement);
        }
    }
    Ok(())
}

fn engine() -> Result<Engine, Failed> {
    let program = paths::target().join("release/engine");
    let output = command(&program, &[]).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|source| Failed::Start { program: program.display().to_string(), source })?;
    if !output.status.success() {
        return Err(Failed::Status { program: program.display().to_string(), status: output.status });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failed::Wrong(format!("the engine printed no figures: {error}")))
}
