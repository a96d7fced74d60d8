//! Puts one load on one contender, and prints the figures as a line of JSON.

// A measuring program speaks on the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::Parser;
use sortie_bench::load::{self, Plan, Shape};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    plan: Plan,
    #[command(subcommand)]
    shape: Shape,
}

// One thread: the machine is shared with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match load::run(&arguments.plan, arguments.shape).await {
        Ok(figures) => {
            println!("{}", serde_json::to_string(&figures).expect("figures are plain numbers"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
