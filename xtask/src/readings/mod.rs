//! `cargo xtask readings`: what the real URL parsers make of URLs that they may read differently.
//!
//! With `--record` the answers that `sortie_engine::readings` is tested against are recorded anew.
//! Without, fresh URLs are made and recorded, and the same test is run against those.

mod generate;
mod programs;
mod recording;

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use crate::paths;
use crate::shell::{Failed, cargo, loud};

/// How many URLs the committed ones are chosen from.
const CHOICE: usize = 20_000;
/// Size of what is committed of them in bytes, at most; people are to read it too.
const FILE_BYTES: usize = 120_000;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write crates/sortie-engine/testdata/readings.jsonl anew
    #[arg(long)]
    record: bool,
    /// Where the generator of URLs begins
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many fresh URLs to compare
    #[arg(long, default_value_t = 6_000, conflicts_with = "record")]
    count: usize,
}

pub(crate) fn run(options: &Options) -> Result<(), Failed> {
    if options.record { record(options.seed) } else { compare(options.seed, options.count) }
}

fn record(seed: u64) -> Result<(), Failed> {
    let mut urls = generate::known();
    let always = urls.len();
    urls.extend(generate::Urls::new(seed, &[]).take(CHOICE));
    let mut recording = programs::ask(urls)?;
    recording.keep_telling(always, FILE_BYTES);
    recording.write(&paths::workspace().join("crates/sortie-engine/testdata/readings.jsonl"))?;
    println!("recorded what {} parsers make of {} URLs", recording.parsers.len(), recording.lines.len());
    Ok(())
}

fn compare(seed: u64, count: usize) -> Result<(), Failed> {
    let texts = collected()?;
    let recording = programs::ask(generate::Urls::new(seed, &texts).take(count).collect())?;
    let path = paths::target().join("readings/fresh.jsonl");
    recording.write(&path)?;
    let mut test = cargo(&["test", "-q", "-p", "sortie-engine", "--test", "readings", "fresh", "--", "--nocapture"]);
    test.env("SORTIE_READINGS", &path);
    loud(test)
}

/// URLs that others collected, where they are laid beside the project.
fn collected() -> Result<Vec<String>, Failed> {
    #[derive(Deserialize)]
    struct Record {
        url: String,
    }
    let Some(path) = corpus() else { return Ok(Vec::new()) };
    let text = fs::read_to_string(&path).map_err(Failed::file(&path))?;
    // A line or two hold text that is no Unicode.
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    Ok(records.map(|record| record.url).collect())
}

fn corpus() -> Option<PathBuf> {
    let file = paths::workspace().parent()?.join("shared/corpora/parser_differential_dev.jsonl");
    file.is_file().then_some(file)
}
