//! The end-to-end exam of Sortie.
//!
//! Each test re-executes itself in a network namespace of its own ([`namespace`]), in which nothing
//! leads out. There it starts a small internet ([`world`], [`dns`], [`listener`]), a back end that
//! fetches what its clients name ([`backend`]), and Sortie between them ([`sortie`]). A driver
//! plays customers and attackers ([`traffic`], [`shape`]) and writes down what is true of every
//! request ([`truth`]); [`verify`] holds Sortie's findings against that.
//!
//! Everything the tests need beyond Rust is installed by `cargo xtask test`.

// A test harness speaks on stdout, and reaches its back ends by plain connects.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

pub mod backend;
pub mod client;
pub mod disguise;
pub mod dns;
pub mod exam;
pub mod findings;
pub mod lab;
pub mod listener;
pub mod named;
pub mod namespace;
pub mod octoprint;
pub mod paths;
pub mod process;
pub mod range;
pub mod shape;
pub mod sortie;
pub mod table;
pub mod tail;
pub mod target;
pub mod traffic;
pub mod truth;
pub mod verify;
pub mod world;
