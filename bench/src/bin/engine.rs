//! The engine and the journal without doors: CPU time per exchange, as one line of JSON.
//!
//! It does what the engine's thread of a running program does with a batch of events: append and
//! flush, step each event and a tick, copy the snapshot.

// A measuring program speaks on the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use serde::Serialize;
use sortie_bench::cpu;
use sortie_bench::story::{self, Story};
use sortie_engine::step::State;
use sortie_model::event::{Event, What};
use sortie_store::folder::Folder;
use sortie_store::journal::{Settings, Writer};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// Exchanges in the stream.
    #[arg(long, default_value_t = 60_000)]
    exchanges: usize,
    /// Events that are taken in together.
    #[arg(long, default_value_t = 250)]
    batch: usize,
    /// Times the stream is measured; each begins with nothing learned.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[derive(Serialize)]
struct Measured {
    exchanges: usize,
    events: usize,
    dials: usize,
    batch: usize,
    rounds: Vec<Round>,
}

/// Figures of one round. Rates are per second of CPU time.
#[derive(Serialize)]
struct Round {
    events_per_s: f64,
    exchange_us: f64,
    of_it_journal_us: f64,
    journal_bytes_per_exchange: f64,
    facts: usize,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(measured) => {
            println!("{}", serde_json::to_string(&measured).expect("figures are plain numbers"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<Measured, Box<dyn Error>> {
    let story = story::tell(arguments.exchanges);
    let rounds = (0..arguments.rounds).map(|_| round(&story, arguments.batch)).collect::<Result<_, _>>()?;
    Ok(Measured {
        exchanges: story.exchanges,
        events: story.events.len(),
        dials: story.dials,
        batch: arguments.batch,
        rounds,
    })
}

fn round(story: &Story, batch: usize) -> Result<Round, Box<dyn Error>> {
    let data = tempfile::tempdir()?;
    let folder = Folder::open(data.path())?;
    let (mut journal, _) = Writer::open(&folder, Settings::default())?;
    let mut state = State::default();
    let (mut facts, mut of_journal) = (0, Duration::ZERO);
    let before = cpu::used_here()?;
    for events in story.events.chunks(batch) {
        let at = cpu::used_here()?;
        journal.append(events)?;
        journal.flush()?;
        of_journal += cpu::used_here()?.saturating_sub(at);
        for event in events {
            facts += state.step(event, &story.policies).len();
        }
        if let Some(last) = events.last() {
            let tick = Event { service: None, what: What::Tick, ..last.clone() };
            facts += state.step(&tick, &story.policies).len();
        }
        for name in story.policies.keys() {
            std::hint::black_box(state.learned(name).map(|learned| Arc::new(learned.clone())));
        }
    }
    let used = cpu::used_here()?.saturating_sub(before);
    let exchanges = story.exchanges as f64;
    Ok(Round {
        events_per_s: story.events.len() as f64 / used.as_secs_f64(),
        exchange_us: used.as_secs_f64() * 1e6 / exchanges,
        of_it_journal_us: of_journal.as_secs_f64() * 1e6 / exchanges,
        journal_bytes_per_exchange: journal.counters().bytes as f64 / exchanges,
        facts,
    })
}
