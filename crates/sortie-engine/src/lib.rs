//! The judgement of Sortie: which request ordered a dial, with what probability, and what follows.
//!
//! Pure: no clock, no I/O, no threads, no randomness. Time stands in the events, keys and policies
//! are arguments.

pub mod attribution;
mod by_reference;
mod codec;
pub mod conclude;
pub mod decide;
pub mod extract;
pub mod files;
pub mod inflight;
pub mod kernel;
mod learn;
pub mod learned;
pub mod readings;
pub mod returned;
pub mod step;
pub mod text;
pub mod websocket;
