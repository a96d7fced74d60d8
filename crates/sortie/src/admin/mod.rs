//! The admin side: how operators, their scripts and Prometheus reach the running program.

mod client;
pub mod control;
mod files;
mod limited;
mod listener;
pub mod lookup;
mod metrics;
mod routes;
mod server;
mod token;
pub mod wire;

use std::time::Duration;

pub use client::{Client, ClientError};
pub use server::{Running, Server, ServerError};

/// Bytes that a request's body may have.
const REQUEST_BYTES: usize = 64 * 1024;
/// Bytes of an answer that the command line reads at once.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Connections that may be open at once.
const CONNECTIONS: usize = 64;
/// Requests that may read the disk at once.
const READERS: usize = 4;
/// How long the answer to a change waits for the disk. The change is in force already.
const KEEP_PATIENCE: Duration = Duration::from_secs(5);
/// Readers that may follow `tail` at once.
const TAILS: usize = 16;

#[cfg(test)]
mod tests;
