//! Files that a request names, and what is seen of a file's content in a response.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::ReturnedForm;
use crate::place::Location;

/// What the content of a file is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileMark {
    /// A line of `passwd(5)` or `shadow(5)` of the superuser.
    Accounts,
    /// The head of a key or certificate in PEM (RFC 7468).
    Key,
    /// The environment of a process, as in `/proc/self/environ`.
    Environment,
    /// Sections of `win.ini`.
    Settings,
}

impl FileMark {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Accounts, Self::Key, Self::Environment, Self::Settings];

    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Key => "key",
            Self::Environment => "environment",
            Self::Settings => "settings",
        }
    }

    /// What it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Accounts => "a line of passwd or shadow",
            Self::Key => "the head of a key or certificate (PEM)",
            Self::Environment => "the environment of a process",
            Self::Settings => "sections of win.ini",
        }
    }
}

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileMarks(u8);

impl FileMarks {
    /// This set and one more.
    #[must_use]
    pub fn with(self, mark: FileMark) -> Self {
        Self(self.0 | 1 << mark as u8)
    }

    /// Whether it holds `mark`.
    pub fn contains(self, mark: FileMark) -> bool {
        self.0 & (1 << mark as u8) != 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<FileMark> for FileMarks {
    fn from_iter<T: IntoIterator<Item = FileMark>>(marks: T) -> Self {
        marks.into_iter().fold(Self::default(), Self::with)
    }
}

/// A file that a request names: by a URL of the machine itself, by a path that leaves its folder, or by an
/// absolute path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFile {
    /// Where it stood.
    pub location: Location,
    /// The canonical name of its parameter, see [`crate::place::canonical_parameter`].
    pub parameter: Arc<str>,
    /// Whether it can be nothing else: a URL, an entity, a path that leaves its folder, or the value of a
    /// parameter for files. A search for `/etc/passwd` is none of these.
    pub is_plain: bool,
    /// What its content would be known by, where its name says so.
    pub suggests: Option<FileMark>,
    /// Its redacted text.
    pub shown: Box<str>,
}

/// A mark of a file's content in a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownFile {
    /// What the content is known by.
    pub mark: FileMark,
    /// How it stood there.
    pub form: ReturnedForm,
    /// Where it stood, in words: `$.preview`, `body`.
    pub location: Box<str>,
}

/// What was seen of files in an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilesSeen {
    /// Nobody looked, or there was nothing to be told.
    #[default]
    Nothing,
    /// The request named no file: what answers of its endpoint show as a rule.
    AsARule(FileMarks),
    /// The request named files, and what it did not hold itself of some file's content stands in the answer.
    Shown(Box<FilesShown>),
}

/// See [`FilesSeen::Shown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesShown {
    /// The files that the request named, not empty.
    pub named: Vec<NamedFile>,
    /// What the answer shows, not empty.
    pub shown: Vec<ShownFile>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let marks: FileMarks = [FileMark::Key, FileMark::Settings].into_iter().collect();
        let held: Vec<_> = FileMark::ALL.into_iter().filter(|mark| marks.contains(*mark)).collect();
        assert_eq!(held, [FileMark::Key, FileMark::Settings]);
        assert!(FileMarks::default().is_empty() && !marks.is_empty());
    }
}
