//! What all parsers make of one text.

use std::collections::BTreeSet;

use super::{Compared, Parser, Reading};

/// A reading by each parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings([Reading; Parser::ALL.len()]);

impl Readings {
    /// Asks every parser.
    pub fn of(text: &str) -> Self {
        Self(Parser::ALL.map(|parser| parser.read(text)))
    }

    /// Each parser's reading, in the order of [`Parser::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Parser, &Reading)> {
        Parser::ALL.into_iter().zip(&self.0)
    }

    /// The distinct hosts that parsers read. More than one: the text is *confusing*.
    pub fn hosts(&self) -> BTreeSet<Compared> {
        self.0.iter().filter_map(|reading| reading.host().and_then(Compared::of)).collect()
    }
}
