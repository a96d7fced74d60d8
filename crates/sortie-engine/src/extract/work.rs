//! What steps of a search cost, in nanoseconds or so: as `cargo xtask bench extract` measured them,
//! rounded up. They are added up, and the search ends at [`sortie_model::limits::EXTRACTION_WORK`].
//!
//! No clock is read: the same request must give the same candidates wherever it is read again.

use sortie_model::limits::PATH_SEGMENTS;

/// A token of a reader: a cell, an attribute, a key, a line.
pub(super) const TOKEN: usize = 10;
/// A token of GraphQL, which is read twice: once for what it says, once for what it asks.
pub(super) const SMALL_TOKEN: usize = 7;
/// A pair of a form, which a document of GraphQL is looked for in beside.
pub(super) const PAIR: usize = 20;
/// A colon in longer text, before which a scheme may stand.
pub(super) const COLON: usize = 6;
/// A value in which nothing can be.
pub(super) const INERT: usize = 15;
/// A value that is read in every way.
pub(super) const VALUE: usize = 150;
/// A text that is read as a destination.
pub(super) const READING: usize = 450;
/// The same of one that looked like a destination and is none: every way to read it is tried.
pub(super) const REJECTED: usize = 800;
/// A place that is told from the sinks of its endpoint.
pub(super) const SINK: usize = 40;
/// The name of a place, made to compare it with those of sinks, and each of its bytes.
pub(super) const PLACE: usize = 200;
pub(super) const PLACE_BYTE: usize = 10;
/// A reference of markup, most of which are relative.
pub(super) const REFERENCE: usize = 125;
/// What nine parsers are asked.
pub(super) const PARSERS: usize = 4_000;
/// The header and claims of a token, as far as they are parsed.
pub(super) const CLAIMS: usize = 1_000;
/// The head of a part, and what else is made for it.
pub(super) const PART: usize = 400;
/// A search of a body that is still coming, whatever is found in it, and without its bytes.
pub(super) const BEGINNING: usize = 5_000;
/// A search of a message, whatever is found in it, and without its bytes.
pub(super) const MESSAGE: usize = 500;
/// A byte that deflate took in or made, for members of an archive.
pub(super) const INFLATED_BYTE: usize = 2;
/// A byte of a string with escapes.
pub(super) const ESCAPED_BYTE: usize = 3;
/// A byte that decoding made.
pub(super) const DECODED_BYTE: usize = 2;

/// A destination: each segment of its path is digested.
pub(super) fn offer(path: Option<&str>) -> usize {
    const DIGEST: usize = 350;
    const REST: usize = 900;
    let path = path.unwrap_or_default();
    let segments = path.bytes().filter(|&b| b == b'/').take(PATH_SEGMENTS).count();
    REST + segments * DIGEST + path.len() * 4
}
