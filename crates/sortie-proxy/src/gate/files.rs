//! Files of the server within one exchange: which the request names, and what of one comes back.

use sortie_engine::files;
use sortie_engine::learned::EndpointStats;
use sortie_model::Reference;
use sortie_model::file::{FileMarks, FilesSeen, FilesShown, NamedFile};
use sortie_model::limits::NAMED_FILES;

/// Of answers of an endpoint that is known, one in so many is looked at.
const ONE_IN: u64 = 64;

/// What is seen of files in an exchange.
#[derive(Debug, Default)]
pub(super) struct Files {
    named: Vec<NamedFile>,
    /// What the request itself shows of files: an echo is none.
    held: FileMarks,
    /// Whether the answer is looked at though no file is named, to learn what is ordinary.
    is_sample: bool,
    seen: FilesSeen,
}

impl Files {
    /// Those of a request's head. `stats` are its endpoint's.
    pub(super) fn of_head(named: Vec<NamedFile>, request: Reference, stats: Option<&EndpointStats>) -> Self {
        let is_new = stats.is_none_or(EndpointStats::is_to_be_looked_at);
        Self { named, is_sample: is_new || request.number.is_multiple_of(ONE_IN), ..Self::default() }
    }

    /// Those of a body: what it names, and what it holds.
    pub(super) fn add_body(
        &mut self,
        named: Vec<NamedFile>,
        bytes: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) {
        self.named.extend(named);
        self.named.truncate(NAMED_FILES);
        if !self.named.is_empty() {
            self.held = files::shown(bytes, content_type, content_encoding).iter().map(|shown| shown.mark).collect();
        }
    }

    /// Whether the beginning of the answer is wanted.
    pub(super) fn want_answer(&self) -> bool {
        self.is_sample || !self.named.is_empty()
    }

    /// Looks at the beginning of the answer.
    pub(super) fn look(&mut self, bytes: &[u8], content_type: Option<&str>, content_encoding: Option<&str>) {
        if !self.want_answer() {
            return;
        }
        let mut shown = files::shown(bytes, content_type, content_encoding);
        self.seen = if self.named.is_empty() {
            FilesSeen::AsARule(shown.iter().map(|shown| shown.mark).collect::<FileMarks>())
        } else {
            shown.retain(|shown| !self.held.contains(shown.mark));
            if shown.is_empty() {
                return;
            }
            FilesSeen::Shown(Box::new(FilesShown { named: std::mem::take(&mut self.named), shown }))
        };
    }

    /// What was seen.
    pub(super) fn seen(self) -> FilesSeen {
        self.seen
    }
}

#[cfg(test)]
mod tests;
