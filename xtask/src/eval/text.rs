//! `cargo xtask eval text`: `sortie classify` on the public corpora.

use std::fs;
use std::path::PathBuf;

use super::classifier::Classifier;
use super::corpus::Corpora;
use super::table::Table;
use super::{addresses, attacks, benign, conformance, readings};
use crate::shell::Failed;

/// Options of `cargo xtask eval text`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where every figure goes, as JSON. The tables are printed in any case.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let Some(corpora) = Corpora::beside_the_project() else {
        println!("skipped, for there is no ../shared/corpora");
        return Ok(());
    };
    let classifier = Classifier::build()?;
    let mut tables: Vec<Table> =
        vec![readings::parsers(&corpora, &classifier)?, readings::confusing(&corpora, &classifier)?];
    tables.push(conformance::table(&corpora, &classifier)?);
    tables.push(addresses::table(&corpora, &classifier)?);
    tables.push(attacks::table(&corpora, &classifier)?);
    tables.extend(benign::tables(&corpora, &classifier)?);
    for table in &tables {
        println!("{}", table.to_markdown());
    }
    if let Some(file) = &options.json {
        let json = serde_json::to_string_pretty(&tables).expect("tables are JSON");
        fs::write(file, json + "\n").map_err(Failed::file(file))?;
    }
    Ok(())
}
