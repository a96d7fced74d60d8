//! Whether content of a file in an answer proves that a client made the service read it.
//!
//! That a request names a file and an answer shows the content of one may be a coincidence: there are
//! endpoints that hand out certificates. So it counts how often answers of the endpoint were looked at that
//! did not show such content, and whether the name says what was shown.

use std::sync::Arc;

use sortie_model::file::{FilesShown, NamedFile, ShownFile};
use sortie_model::finding::Odds;

use super::words::factor;
use crate::decide::SURE;
use crate::learned::EndpointStats;

/// What is left of a coincidence where the name says what the content would be.
const NAMED_SO: f64 = 0.05;

/// A file that was named, and what came back of it.
pub(super) struct Proof<'a> {
    pub(super) named: &'a NamedFile,
    pub(super) shown: &'a ShownFile,
    /// Probability that it is no coincidence.
    pub(super) confidence: f64,
    /// Answers of the endpoint that were looked at before.
    looked: u32,
}

/// The best proof in an exchange, if there is one; `stats` are its endpoint's.
pub(super) fn proof<'a>(stats: Option<&Arc<EndpointStats>>, files: &'a FilesShown) -> Option<Proof<'a>> {
    let looked = stats.map_or(0, |stats| stats.looked);
    let is_shown_anyway = |shown: &&ShownFile| stats.is_some_and(|stats| stats.shows.contains(shown.mark));
    let new = files.shown.iter().filter(|shown| !is_shown_anyway(shown));
    let proofs = new.flat_map(|shown| files.named.iter().map(move |named| (named, shown))).map(|(named, shown)| {
        // Laplace's rule of succession: never seen in n, it is seen the next time with 1/(n + 2).
        let by_chance = 1.0 / (f64::from(looked) + 2.0);
        let is_named_so = named.is_plain && named.suggests == Some(shown.mark);
        let by_chance = if is_named_so { by_chance * NAMED_SO } else { by_chance };
        Proof { named, shown, confidence: 1.0 - by_chance, looked }
    });
    proofs.max_by(|one, other| one.confidence.total_cmp(&other.confidence)).filter(|proof| proof.confidence >= SURE)
}

impl Proof<'_> {
    /// What it rests on, in words.
    pub(super) fn odds(&self) -> Vec<Odds> {
        let Self { named, shown, looked, .. } = *self;
        let content = shown.mark.words();
        let before = match looked {
            0 => "no other answer of this endpoint was looked at yet".to_owned(),
            1 => "the one other answer of this endpoint that was looked at shows nothing like it".to_owned(),
            _ => format!("none of {looked} other answers of this endpoint shows anything like it"),
        };
        let is_named_so = named.suggests == Some(shown.mark);
        let name = if is_named_so { ", and its name says that much" } else { "" };
        vec![
            factor("for", format!("{} names a file of the server{name}", named.location)),
            factor("back", format!("{content} stands in the answer, {} in {}", shown.form.as_str(), shown.location)),
            factor("own", before),
        ]
    }
}
