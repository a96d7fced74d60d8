//! What is asked: a line of JSON.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One text to classify.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// Whatever the asker tells answers apart by.
    pub id: Option<Value>,
    /// What the payload is.
    pub kind: Kind,
    /// The text. What is no Unicode in it (half a surrogate pair, as an escape) is U+FFFD.
    #[serde(deserialize_with = "lenient")]
    pub payload: String,
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A URL.
    Url,
    /// A host: a name or an address.
    Host,
    /// An address, in any notation.
    Ip,
    /// A raw HTTP/1.1 request.
    HttpRequest,
    /// Any text.
    Text,
}

/// A line is no record, or its payload is not what it is said to be.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON, or not of this form.
    #[error("not a record of kind and payload: {0}")]
    Form(#[from] serde_json::Error),
    /// The line is longer than is read.
    #[error("longer than {limit} bytes")]
    Long {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not even a line with a method and a target begins it.
    #[error("the payload does not begin with a method and a target")]
    NoRequest,
}

/// A string as `serde_json` hands it out where bytes will do: it refuses half a pair elsewhere.
fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<String, E> {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
    }
    deserializer.deserialize_bytes(Text)
}

impl Record {
    /// Reads a line; where it is none, its id may still be read.
    pub fn parse(line: &[u8]) -> Result<Self, (Option<Value>, RecordError)> {
        #[derive(Deserialize)]
        struct Id {
            id: Option<Value>,
        }
        serde_json::from_slice(line).map_err(|error| {
            let id = serde_json::from_slice::<Id>(line).ok().and_then(|line| line.id);
            (id, error.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_text_that_is_no_unicode() {
        let read = |line: &[u8]| Record::parse(line).map(|record| record.payload);
        assert!(read(br#"{"kind":"url","payload":"http://a\udcff.b/"}"#).unwrap().starts_with("http://a\u{fffd}"));
        assert_eq!(read(br#"{"kind":"url","payload":"\u00e9\n"}"#).unwrap(), "\u{e9}\n");
        assert!(read(br#"{"kind":"url","payload":[104]}"#).is_err());
        assert!(read(br#"{"kind":"url","payload":7}"#).is_err());
    }

    #[test]
    fn a_wrong_record_may_have_an_id() {
        let id = |line: &[u8]| Record::parse(line).unwrap_err().0;
        assert_eq!(id(br#"{"id":"x","kind":"none","payload":""}"#), Some("x".into()));
        assert_eq!(id(b"x"), None);
    }
}
