//! The program: its command line, its configuration, its admin side, and how it shows things.
//!
//! The library exists so that tests and the program share one compilation; its API is not meant
//! for others.

pub mod admin;
pub mod alerts;
mod append;
pub mod classify;
pub mod cli;
pub mod compose;
pub mod config;
pub mod demo;
mod near;
mod remedy;
pub mod runtime;
mod secret;
pub mod view;
