//! What `cargo xtask bench doors` measures with.
//!
//! The parts are programs, so that the CPU time of each can be read apart: `origin` answers, `pass`
//! and `forward` are the least that a proxy of hyper can be, `load` asks and measures, `engine` is
//! the engine and the journal without doors. What they are asked is made by [`traffic`].

// The load and the bare proxies connect plainly: nothing here is Sortie's.
#![allow(clippy::disallowed_methods)]

pub mod bare;
pub mod bodies;
pub mod cpu;
pub mod figures;
pub mod load;
pub mod serve;
pub mod story;
pub mod traffic;
