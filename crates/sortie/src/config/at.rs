//! A value and where the file says it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

/// A value of the configuration together with its place in the file, or in the command line.
#[derive(Clone, Debug)]
pub struct At<T> {
    value: T,
    span: Option<Span>,
}

/// A stretch of the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Byte offset of its first byte.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
}

impl<T> At<T> {
    /// A value and its place; `None` for one that nobody wrote.
    pub fn new(value: T, span: Option<Span>) -> Self {
        Self { value, span }
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Another value in the same place.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> At<U> {
        At { value: to(self.value), span: self.span }
    }

    /// Where it stands; `None` for a value that nobody wrote.
    pub fn span(&self) -> Option<Span> {
        self.span
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, span: span_of(spanned.referenced) })
    }
}

impl<T: fmt::Display> fmt::Display for At<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A place in a file is no part of the schema.
impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The span of a parser's location; `None` where the parser did not know it.
pub(super) fn span_of(location: Location) -> Option<Span> {
    (location != Location::UNKNOWN).then(|| Span {
        line: location.line() as u32,
        column: location.column() as u32,
        offset: location.span().byte_offset().unwrap_or_default() as usize,
        length: location.span().byte_len().unwrap_or_default() as usize,
    })
}

/// The same of an error's location in `text`. Where the text is no YAML the parser knows line and column alone.
pub(super) fn span_in(text: &str, location: Location) -> Option<Span> {
    let span = span_of(location)?;
    if location.span().byte_offset().is_some() {
        return Some(span);
    }
    let line: &str = text.split_inclusive('\n').nth(span.line.saturating_sub(1) as usize).unwrap_or_default();
    let before: usize = text.split_inclusive('\n').take(span.line.saturating_sub(1) as usize).map(str::len).sum();
    let column: usize = line.chars().take(span.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
    Some(Span { offset: before + column, length: 0, ..span })
}
