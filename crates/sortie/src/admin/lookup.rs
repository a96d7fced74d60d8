//! Reading what the store knows, whether the program runs or not.

use sortie_model::event::What;
use sortie_model::finding::FindingRequest;
use sortie_model::ids::{FindingId, ParseReferenceError, RequestId};
use sortie_model::{Event, Reference};
use sortie_store::index::Lookup;
use sortie_store::journal::Reader;
use sortie_store::{IndexReader, Layout, StoreError};

use crate::view::explain::{Explained, ends};

/// Events at the end of the journal among which a client's `X-Request-Id` is looked for.
const SEARCHED_EVENTS: u64 = 1_000_000;
/// Events behind a request or a dial that are read for its story.
const STORY_EVENTS: usize = 200_000;

/// A reference that nothing is known of.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The text is no reference.
    #[error(transparent)]
    Reference(#[from] ParseReferenceError),
    /// It begins several names.
    #[error("'{typed}' may be any of {}: type more of it", names.join(", "))]
    Ambiguous {
        /// What was typed.
        typed: String,
        /// Some of the names.
        names: Vec<String>,
    },
    /// It is a kind, and names nothing of it.
    #[error("'{0}' is the beginning of every such name: type more of it; `sortie findings` lists findings")]
    Bare(String),
    /// Nothing has this name (any more).
    #[error(
        "nothing is known of '{0}' (any more): expected a finding (F-7K2M9QPX), a request (R-18C3), a dial (D-18C4), or \
         a request's X-Request-Id"
    )]
    Unknown(String),
    /// Another node made it.
    #[error("'{0}' was made by node {1}: ask there")]
    Elsewhere(String, u16),
}

/// What a reference stands for: `F-…` or its beginning, `R-…`, `D-…`; else the request that carried the
/// text as its `X-Request-Id`, the last one where several did.
pub fn explain(layout: &Layout, typed: &str) -> Result<Explained, LookupError> {
    if ["F-", "R-", "D-"].contains(&typed.to_ascii_uppercase().as_str()) {
        return Err(LookupError::Bare(typed.to_owned()));
    }
    let mut explained = match referred(layout, typed) {
        Err(LookupError::Unknown(_) | LookupError::Reference(_)) if RequestId::parse(typed).is_some() => {
            identified(layout, typed)?
        }
        referred => referred?,
    };
    if let Explained::Request(story) = &mut explained {
        let naming = IndexReader::open(layout)?.findings_naming(&story.id)?;
        story.listed_in(&naming);
    }
    Ok(explained)
}

/// The request with this `X-Request-Id`: one that a finding lists, else one of the journal's last. Where
/// the journal has let go of the request, the finding.
fn identified(layout: &Layout, id: &str) -> Result<Explained, LookupError> {
    for finding in IndexReader::open(layout)?.findings_naming(id)? {
        let given = |request: &&FindingRequest| request.request_id.as_deref() == Some(id);
        let Some(request) = finding.requests.iter().rev().find(given) else { continue };
        return match event(layout, &request.id, request.id.parse()?) {
            Err(LookupError::Unknown(_)) => Ok(Explained::Finding(Box::new(finding))),
            explained => explained,
        };
    }
    let mut reader = Reader::new(layout);
    let from = reader.newest()?.unwrap_or(0).saturating_sub(SEARCHED_EVENTS);
    let mut last = None;
    for found in reader.events_from(from)? {
        // What is damaged is told by whoever reads it to learn.
        let Ok(found) = found else { continue };
        if let What::RequestBegan(began) = &found.what
            && began.request_id.as_ref().is_some_and(|given| given.as_str() == id)
        {
            last = Some(began.request);
        }
    }
    let request = last.ok_or_else(|| LookupError::Unknown(id.to_owned()))?;
    event(layout, id, request)
}

fn referred(layout: &Layout, typed: &str) -> Result<Explained, LookupError> {
    let is_event = typed.get(..2).is_some_and(|kind| ["R-", "D-"].contains(&kind.to_ascii_uppercase().as_str()));
    if is_event {
        return event(layout, typed, typed.parse()?);
    }
    match IndexReader::open(layout)?.lookup(typed)? {
        Lookup::Found(finding) => Ok(Explained::Finding(finding)),
        Lookup::Ambiguous(names) => Err(LookupError::Ambiguous { typed: typed.to_owned(), names }),
        Lookup::NotFound if FindingId::parse(typed).is_some() => Err(LookupError::Unknown(typed.to_owned())),
        Lookup::NotFound => event(layout, typed, typed.parse()?),
    }
}

fn event(layout: &Layout, typed: &str, reference: Reference) -> Result<Explained, LookupError> {
    let unknown = || LookupError::Unknown(typed.to_owned());
    if reference.node != 0 {
        return Err(LookupError::Elsewhere(typed.to_owned(), reference.node));
    }
    let mut reader = Reader::new(layout);
    let first = reader.find(reference.number)?.ok_or_else(unknown)?;
    let later = reader.events_from(reference.number.saturating_add(1))?;
    Explained::from_events(reference, &first, story_of(reference, later)).ok_or_else(unknown)
}

/// The events that may tell of a reference, up to its end. Where the journal is damaged, what stands
/// before the damage is told.
fn story_of(
    reference: Reference,
    later: impl Iterator<Item = Result<Event, StoreError>>,
) -> impl Iterator<Item = Event> {
    let mut is_over = false;
    let readable = later
        .take(STORY_EVENTS)
        .map_while(|event| event.inspect_err(|error| tracing::warn!("the story may lack its end: {error}")).ok());
    readable.take_while(move |event| {
        let goes_on = !is_over;
        is_over = ends(reference, event);
        goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_is_told_apart_from_an_unknown_name() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        assert!(matches!(explain(&layout, "F-7K2M"), Err(LookupError::Store(StoreError::Missing { .. }))));
        assert!(matches!(explain(&layout, "R-18C3.2"), Err(LookupError::Elsewhere(_, 2))));
        assert!(matches!(explain(&layout, "f-"), Err(LookupError::Bare(_))));
        assert!(matches!(explain(&layout, "R-!"), Err(LookupError::Reference(_))));
    }

    #[test]
    fn a_text_of_any_bytes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        for text in ["", "é", "日本", "R", "-"] {
            assert!(explain(&layout, text).is_err(), "{text}");
        }
    }
}
