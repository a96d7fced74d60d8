//! A value and where the file says it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

/// A value of the configuration together with its place in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct At<T>(Spanned<T>);

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
    /// A value that stands in no file: a command line's.
    pub fn nowhere(value: T) -> Self {
        Self(Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN))
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.0.value
    }

    /// Where it stands; `None` for a value that stands in no file.
    pub fn span(&self) -> Option<Span> {
        span_of(self.0.referenced)
    }
}

impl<T: fmt::Display> fmt::Display for At<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
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
