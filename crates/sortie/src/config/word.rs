//! A word of a closed choice.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{Error, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer};
use serde::{Deserialize, Serialize};

/// A word of the choice `T`. Where the file has another, that is reported with the rest of its shape
/// ([`super::shape`]), and must not keep the values from being looked at: `None` stands for it.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Word<T>(Option<T>);

impl<T> Word<T> {
    /// The word, where the file has one of the choice.
    pub fn known(self) -> Option<T> {
        self.0
    }
}

impl<T> From<T> for Word<T> {
    fn from(word: T) -> Self {
        Self(Some(word))
    }
}

impl<T: Default> Default for Word<T> {
    fn default() -> Self {
        Self(Some(T::default()))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: StringDeserializer<Error> = String::deserialize(deserializer)?.into_deserializer();
        Ok(Self(T::deserialize(text).ok()))
    }
}

impl<T: JsonSchema> JsonSchema for Word<T> {
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
