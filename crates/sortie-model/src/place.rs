//! Where a candidate sits: as it was written (location), and canonically (place).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::path::is_id_format;

/// The part of a request that holds a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Container {
    /// The query string.
    Query,
    /// A path segment, or the rest of the path.
    Path,
    /// A header field.
    Header,
    /// A cookie.
    Cookie,
    /// A JSON body, by its path.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// A part of `multipart/form-data`.
    Multipart,
    /// An XML body: an entity, or an attribute.
    Xml,
    /// An HTML body: an attribute.
    Html,
    /// A body of another type, read as text.
    Text,
    /// A GraphQL request, by field or directive and argument: `importPaste.url`.
    Graphql,
    /// A call of JSON-RPC, MCP or XML-RPC, by method or tool and parameter: `pingback.ping.#0`.
    Rpc,
}

impl Container {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Query,
        Self::Path,
        Self::Header,
        Self::Cookie,
        Self::Json,
        Self::Form,
        Self::Multipart,
        Self::Xml,
        Self::Html,
        Self::Text,
        Self::Graphql,
        Self::Rpc,
    ];

    /// What the canonical names of its parameters begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Query | Self::Form | Self::Json | Self::Multipart => "",
            Self::Path => "path:",
            Self::Header => "header:",
            Self::Cookie => "cookie:",
            Self::Xml => "xml:",
            Self::Html => "html:",
            Self::Text => "text:",
            Self::Graphql => "graphql:",
            Self::Rpc => "rpc:",
        }
    }

    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Path => "path",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Json => "json",
            Self::Form => "form",
            Self::Multipart => "multipart",
            Self::Xml => "xml",
            Self::Html => "html",
            Self::Text => "text",
            Self::Graphql => "graphql",
            Self::Rpc => "rpc",
        }
    }

    /// The one that has this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|container| container.as_str() == word)
    }

    /// Whether names begin with an operation.
    fn is_of_calls(self) -> bool {
        matches!(self, Self::Graphql | Self::Rpc)
    }

    /// Whether a part of a name is an id where it has the format of one, as the number of a customer in an object
    /// by customers.
    fn holds_ids(self, number: usize) -> bool {
        self.prefix().is_empty() || self.is_of_calls() && number > 0
    }
}

/// Where a candidate was written, for people: `$.url`, `query url`, `header x-fetch`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The part of the request.
    pub container: Container,
    /// The name within it: a JSON path without `$.`, a parameter, a header, a segment's position.
    pub name: Arc<str>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Shown { name: &self.name, is_of_call: self.container.is_of_calls() };
        match self.container {
            Container::Json if self.name.is_empty() => f.write_str("$"),
            Container::Json if self.name.starts_with('[') => write!(f, "${name}"),
            Container::Json => write!(f, "$.{name}"),
            Container::Text if self.name.is_empty() => f.write_str("body"),
            container => write!(f, "{} {name}", container.as_str()),
        }
    }
}

/// A name as people may see it: parts in id formats, which are data and no words of the API, are one
/// `{id}`, as in the place; indices stay.
struct Shown<'a> {
    name: &'a str,
    /// Whether its first part is an operation.
    is_of_call: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, piece) in self.name.split_inclusive(SEPARATORS).enumerate() {
            let part = piece.trim_end_matches(SEPARATORS);
            let is_operation = self.is_of_call && number == 0;
            if is_id_format(part) && !is_index(part) && !is_operation {
                write!(f, "{{id}}{}", &piece[part.len()..])?;
            } else {
                f.write_str(piece)?;
            }
        }
        Ok(())
    }
}

/// What parts of a name stand between.
const SEPARATORS: [char; 3] = ['.', '[', ']'];

fn is_index(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

/// Where a candidate sits, canonically, within one service.
///
/// Container, method, letter case, `[]`, index, trailing slash, percent-encoding and an unlisted
/// `Host` make no new place, so a proof given for one spelling holds for all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The path template, lower-cased, without a trailing slash.
    pub template: Arc<str>,
    /// The canonical parameter name, see [`canonical_parameter`].
    pub parameter: Arc<str>,
}

impl Place {
    /// The place of a parameter whose name is already canonical.
    pub fn new(template: &Arc<str>, parameter: Arc<str>) -> Self {
        let template = match canonical_template(template) {
            Cow::Borrowed(canonical) if canonical == &**template => Arc::clone(template),
            canonical => Arc::from(canonical),
        };
        Self { template, parameter }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.template, self.parameter)
    }
}

/// A template as places compare it: lower case, no trailing slash.
pub fn canonical_template(template: &str) -> Cow<'_, str> {
    let trimmed = template.trim_end_matches('/');
    let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
    if trimmed.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(trimmed.to_ascii_lowercase())
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// A parameter's name as places compare it.
///
/// For query, form, JSON and multipart: lower case, bracket parts as dotted parts, without indices
/// and empty brackets, and with one `{id}` for what is in an id format (an object by customers has no
/// place for each of them), so `hook[url]`, `hook.URL`, `$.hooks[0].url`'s `hooks.url` compare by their
/// words. Other containers keep their kind as a prefix (`header:x-fetch`), because a header and a
/// query parameter of one name are different parameters of every framework. Arguments of calls have their
/// operation before them (`graphql:importpaste.url`): one endpoint serves many.
pub fn canonical_parameter(container: Container, name: &str) -> Arc<str> {
    let prefix = container.prefix();
    if prefix.is_empty() && is_canonical(name) {
        return Arc::from(name);
    }
    let mut canonical = String::with_capacity(prefix.len() + name.len());
    canonical.push_str(prefix);
    for (number, part) in name.split(SEPARATORS).enumerate() {
        if part.is_empty() || (container != Container::Path && is_index(part)) {
            continue;
        }
        if canonical.len() > prefix.len() {
            canonical.push('.');
        }
        if container.holds_ids(number) && is_id_format(part) {
            canonical.push_str("{id}");
        } else {
            // Gateways to programs make `_` of the hyphens of a field, so both name one (RFC 3875 §4.1.18).
            let joint = |c| if container == Container::Header && c == '_' { '-' } else { c };
            canonical.extend(part.chars().map(joint).flat_map(char::to_lowercase));
        }
    }
    Arc::from(canonical)
}

/// Whether a name of words is canonical as it stands, as most are. What has no digit is no index, and so short no id.
fn is_canonical(name: &str) -> bool {
    const SHORT: usize = 32;
    let is_word = |part: &[u8]| !part.is_empty() && part.iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
    name.len() <= SHORT && name.as_bytes().split(|b| *b == b'.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_one_parameter_are_one() {
        let canonical = canonical_parameter(Container::Json, "hooks[0].url");
        for (container, name) in [
            (Container::Query, "hooks[].url"),
            (Container::Form, "hooks[url]"),
            (Container::Form, "Hooks[3][URL]"),
            (Container::Multipart, "hooks.url"),
            (Container::Json, "hooks[17].url"),
        ] {
            assert_eq!(canonical_parameter(container, name), canonical, "{name}");
        }
        let header = |name| canonical_parameter(Container::Header, name);
        assert_ne!(header("url"), canonical_parameter(Container::Query, "url"));
        assert_eq!(header("X_Fetch_Url"), header("x-fetch-url"));
    }

    #[test]
    fn identifiers_make_no_new_place_and_are_not_shown() {
        let place = |name: &str| canonical_parameter(Container::Json, name);
        assert_eq!(place("customers.c8f14e45f.url"), place("customers.8f14e45fceea167a.url"));
        assert_ne!(place("customers.hooks.url"), place("customers.8f14e45fceea167a.url"));
        let shown = |name: &str| Location { container: Container::Json, name: name.into() }.to_string();
        assert_eq!(shown("customers.8f14e45fceea167a.hooks[17].url"), "$.customers.{id}.hooks[17].url");
        assert_eq!(shown("[3]"), "$[3]");
    }

    #[test]
    fn operations_are_no_identifiers() {
        let place = |name: &str| canonical_parameter(Container::Rpc, name);
        assert_ne!(place("tools/call:fetch123.url"), place("tools/call:fetch124.url"));
        assert_eq!(place("sync.8f14e45fceea167a.url"), place("Sync.c8f14e45f[3].url"));
        assert_eq!(&*place("pingback.ping.#0"), "rpc:pingback.ping.#0");
        let shown = |name: &str| Location { container: Container::Graphql, name: name.into() }.to_string();
        assert_eq!(shown("import2024x.urls[0]"), "graphql import2024x.urls[0]");
        assert_eq!(shown("sync.8f14e45fceea167a.url"), "graphql sync.{id}.url");
    }

    #[test]
    fn case_and_trailing_slash_make_no_new_place() {
        assert_eq!(canonical_template("/V1/Hooks/"), canonical_template("/v1/hooks"));
        assert_eq!(&*canonical_template("///"), "/");
    }

    #[test]
    fn locations_read_as_people_write_them() {
        let show = |container, name: &str| Location { container, name: Arc::from(name) }.to_string();
        assert_eq!(show(Container::Json, "url"), "$.url");
        assert_eq!(show(Container::Json, ""), "$");
        assert_eq!(show(Container::Json, "[2].url"), "$[2].url");
        assert_eq!(show(Container::Query, "url"), "query url");
    }
}
