//! What of the store does not work at present.

use std::error::Error;

use parking_lot::Mutex;

use crate::view::text::chain;

/// A part of the store that fails and works by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Events are written.
    Journal,
    /// Findings are written.
    Index,
    /// The engine's state is kept.
    Checkpoint,
    /// Old events and findings are let go.
    Retention,
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Journal, Self::Index, Self::Checkpoint, Self::Retention];

    /// The word of tables and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Index => "index",
            Self::Checkpoint => "checkpoint",
            Self::Retention => "retention",
        }
    }
}

/// The troubles of all parts. Each is said once on the log when it begins, and once when it is over.
#[derive(Debug, Default)]
pub(super) struct Troubles(Mutex<[Option<String>; Part::ALL.len()]>);

impl Troubles {
    /// Notes how a part did its work.
    pub(super) fn note<E: Error + 'static>(&self, part: Part, outcome: Result<(), E>) {
        let trouble = outcome.err().map(|error| chain(&error));
        let known = std::mem::replace(&mut self.0.lock()[part as usize], trouble.clone());
        let name = part.as_str();
        match (known, trouble) {
            (None, Some(why)) => tracing::error!("the store's {name} is in trouble, the doors go on: {why}"),
            (Some(_), None) => tracing::info!("the store's {name} works again"),
            _ => {}
        }
    }

    /// What does not work now, and why.
    pub(super) fn now(&self) -> Vec<(Part, String)> {
        let known = self.0.lock();
        Part::ALL.into_iter().filter_map(|part| Some((part, known[part as usize].clone()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(why: &str) -> Result<(), std::io::Error> {
        Err(std::io::Error::other(why.to_owned()))
    }

    #[test]
    fn one_part_says_nothing_of_another() {
        let troubles = Troubles::default();
        troubles.note(Part::Journal, fails("the disk is full"));
        troubles.note(Part::Index, Ok::<(), std::io::Error>(()));
        troubles.note(Part::Checkpoint, fails("no room"));
        assert_eq!(
            troubles.now(),
            [(Part::Journal, "the disk is full".to_owned()), (Part::Checkpoint, "no room".to_owned())]
        );
        troubles.note(Part::Journal, Ok::<(), std::io::Error>(()));
        assert_eq!(troubles.now(), [(Part::Checkpoint, "no room".to_owned())]);
    }
}
