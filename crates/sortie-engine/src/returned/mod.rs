//! Rung E5: the answer of a dial came back to the caller.
//!
//! While an exchange lives, each answer it caused is kept as a few hundred bytes of fingerprints
//! ([`AnswerPrints`]), and [`find`] looks for them in the caller's response: as it stands, in JSON
//! strings, behind HTML entities and in base64. Fingerprints die with the exchange; only
//! [`Returned`](sortie_model::event::Returned) figures outlive it.
//!
//! **Method.** Fingerprints are hashes of 16-byte *grams*, as in Schleimer, Wilkerson, Aiken,
//! "Winnowing: Local Algorithms for Document Fingerprinting" (SIGMOD 2003), but not chosen by
//! winnowing: there both sides pick their minima, because both are stored. Here only the answer is
//! stored, and every position of the response is looked up, so the answer's grams can be taken at
//! a fixed stride (as rsync does). For the same guarantee that needs half the hashes and no stored
//! positions, and neighbouring hits confirm each other: they must lie as far apart in the response
//! as in the answer. As in that paper, white space is dropped first, so indentation, line wraps and
//! JSON written anew make no difference.
//!
//! **What is found.** An unbroken overlap of 24 bytes in an answer of up to 270, of 31 in one's
//! first 2 KB or up to 6 KB of it, of 63 up to 14 KB, of 263 anywhere in 64 KB.
//!
//! **What is evidence.** Not every byte tells: keys and punctuation of JSON, tags of HTML, stock
//! phrases, the authority of URLs and runs of few different bytes stand in unrelated documents, see
//! `telling`. An overlap counts where an unbroken stretch holds 24 telling bytes within 72, or 64
//! in all, or is the whole answer. The size of the answer does not matter: the title that a link
//! preview shows is a thousandth of its page. An answer with fewer than 16 bytes besides white
//! space, fewer than 12 telling bytes (`{"ok":true}`, `{"status":"success"}`), or fewer than 6
//! different ones carries no evidence at all.
//!
//! **What cannot be told apart.** Data that the service had anyway, such as an id of the client
//! that is in both its own response and the answer, counts as returned. Texts that the caller
//! himself sent can be excluded, see [`AnswerPrints::of_unknown`].
//!
//! **What is not found.** Text that was summarised, translated or sorted; pictures that were
//! encoded anew; codings besides gzip and deflate.

mod base64_runs;
mod coding;
mod entities;
mod grams;
mod index;
mod json_strings;
mod overlap;
mod prints;
mod search;
mod telling;
#[cfg(test)]
mod tests;
mod views;

pub use prints::AnswerPrints;
pub use views::find;
pub(crate) use views::{Look, read_in_every_way};
