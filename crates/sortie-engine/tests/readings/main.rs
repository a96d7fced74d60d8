//! What the readings are against what the real parsers say.

// They are recorded in files, and figures are for people who run a test by itself.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod corpus;
mod plain;
mod recorded;
mod score;
