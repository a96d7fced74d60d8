//! `sortie schema`: the JSON Schema of the configuration.

use super::Failure;
use super::output::Output;
use crate::config::schema;

pub(super) fn run() -> Result<(), Failure> {
    Output::print(&schema())
}
