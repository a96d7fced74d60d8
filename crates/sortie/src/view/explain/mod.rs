//! Everything that is known of one reference.
//!
//! [`Explained`] is also what the admin side sends, so its parts hold words, not the core's types.

mod dial;
mod request;

use serde::{Deserialize, Serialize};
use sortie_model::event::What;
use sortie_model::{Event, Finding, Micros, Reference};

pub use dial::{DialStory, ExplanationRow};
pub use request::{CandidateRow, ListedIn, RequestStory};

use super::Paint;
use crate::admin::wire::{OutboundStatus, ServiceStatus};

/// What a reference stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Explained {
    /// A story.
    Finding(Box<Finding>),
    /// A request and what it caused.
    Request(Box<RequestStory>),
    /// A dial and its judgement.
    Dial(Box<DialStory>),
}

impl Explained {
    /// What the journal says of a reference: `first` is the event that it names, `later` those that
    /// follow. `None` where the event is neither a request nor a dial.
    pub fn from_events(reference: Reference, first: &Event, later: impl Iterator<Item = Event>) -> Option<Self> {
        match &first.what {
            What::RequestBegan(began) => {
                let story = RequestStory::begin(first, began);
                Some(Self::Request(Box::new(later.fold(story, |story, event| story.with(reference, &event)))))
            }
            What::Dialled(dialled) => {
                let story = DialStory::begin(first, dialled);
                Some(Self::Dial(Box::new(later.fold(story, |story, event| story.with(reference, &event)))))
            }
            _ => None,
        }
    }
}

/// Whether an event is the last one that tells of a reference, so that reading may end there.
pub fn ends(reference: Reference, event: &Event) -> bool {
    match &event.what {
        What::DialProgressed(progressed) => progressed.dial == reference && progressed.ended,
        _ => false,
    }
}

impl Explained {
    /// Whose finding, request or dial it is.
    pub fn service(&self) -> &str {
        match self {
            Self::Finding(finding) => &finding.service.0,
            Self::Request(story) => &story.service,
            Self::Dial(story) => &story.service,
        }
    }
}

/// What cannot be seen of a service's dials, whichever of them is explained.
pub fn elsewhere(service: &ServiceStatus) -> Option<String> {
    let OutboundStatus { tls, dials, .. } = service.outbound;
    let percent = match (tls * 100).checked_div(dials)? {
        0 => "less than 1 %".to_owned(),
        percent => format!("{percent} %"),
    };
    (tls > 0).then(|| format!("elsewhere {percent} of {}'s dials are TLS: host only", service.name))
}

/// The reference as a text for people; `elsewhere` as in [`elsewhere`], where it is known.
pub fn explain(explained: &Explained, elsewhere: Option<&str>, now: Micros, paint: Paint) -> String {
    match explained {
        Explained::Finding(finding) => super::finding(finding, elsewhere, now, paint),
        Explained::Request(story) => request::show(story, now, paint),
        Explained::Dial(story) => dial::show(story, now, paint),
    }
}

#[cfg(test)]
mod tests;
