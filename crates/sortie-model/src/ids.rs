//! Identifiers that people and logs see.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Crockford's base 32 (no I, L, O, U), so that a reference can be read out over a telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The name of a protected service, as the configuration gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(pub Arc<str>);

impl From<&str> for ServiceName {
    fn from(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request or a dial is called by: the door's node and the number of the event that
/// reported it. A door makes it before any analysis, so it exists even where analysis fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The node that made it; 0 where there is only one.
    pub node: u16,
    /// The event's number, unique on its node and growing.
    pub number: u64,
}

impl Reference {
    /// A reference of the only node.
    pub fn local(number: u64) -> Self {
        Self { node: 0, number }
    }
}

/// `18C3`, or `18C3.2` on node 2. Tables put `R-` (request) or `D-` (dial) before it.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32(self.number))?;
        if self.node != 0 {
            write!(f, ".{}", self.node)?;
        }
        Ok(())
    }
}

/// The text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no reference: expected something like R-18C3, D-18C4 or F-7K2M9QPX")]
pub struct ParseReferenceError(String);

impl FromStr for Reference {
    type Err = ParseReferenceError;

    /// Reads `18C3`, `R-18C3`, `d-18c3.2`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseReferenceError(text.to_owned());
        let bare = text
            .strip_prefix("R-")
            .or_else(|| text.strip_prefix("r-"))
            .or_else(|| text.strip_prefix("D-"))
            .or_else(|| text.strip_prefix("d-"))
            .unwrap_or(text);
        let (number, node) = match bare.split_once('.') {
            Some((number, node)) => (number, node.parse().map_err(|_| error())?),
            None => (bare, 0),
        };
        Ok(Self { node, number: from_base32(number).ok_or_else(error)? })
    }
}

/// A client's `X-Request-Id`, by which his log and Sortie's findings are joined. It is kept in clear, so
/// only a text in an id's form is one: letters, digits and `-_.:=+/@`, at most [`RequestId::LENGTH`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// Bytes that one has at most.
    pub const LENGTH: usize = 128;

    /// The text of a header's value, where it is in an id's form.
    pub fn parse(text: &str) -> Option<Self> {
        let is_fitting = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+/@".contains(&byte);
        let is_id = (1..=Self::LENGTH).contains(&text.len()) && text.bytes().all(is_fitting);
        is_id.then(|| Self(Box::from(text)))
    }

    /// As the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A finding's name. It derives from the story's key, so the same story has the same name after a
/// replay and on every node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(Arc<str>);

impl FindingId {
    /// `F-` and 40 bits of the story key's digest.
    pub fn from_digest(digest: u64) -> Self {
        let bits = digest & ((1 << 40) - 1);
        Self(Arc::from(format!("F-{:0>8}", base32(bits))))
    }

    /// Reads what a person typed; letters may be small.
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("F-")?;
        (!bare.is_empty() && bare.bytes().all(|b| ALPHABET.contains(&b))).then(|| Self(Arc::from(upper.as_str())))
    }

    /// `F-…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn base32(mut number: u64) -> String {
    let mut digits = Vec::with_capacity(13);
    loop {
        digits.push(ALPHABET[(number & 31) as usize]);
        number >>= 5;
        if number == 0 {
            break;
        }
    }
    digits.reverse();
    digits.into_iter().map(char::from).collect()
}

fn from_base32(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > 13 {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = ALPHABET.iter().position(|&b| b == byte.to_ascii_uppercase())?;
        number.checked_mul(32)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_id_is_in_an_ids_form() {
        for text in ["5b1e07", "9b2e-11ef", "Root=1-67891233-abcdef012345678912345678", "a/b+c==", "acme@eu:7_1.2"] {
            assert_eq!(RequestId::parse(text).unwrap().as_str(), text);
        }
        assert!(RequestId::parse(&"a".repeat(RequestId::LENGTH)).is_some());
        for text in
            ["", "a b", "x;y", "päth", "{\"a\":1}", "http://h?q", "\u{1b}[2J", &"a".repeat(RequestId::LENGTH + 1)]
        {
            assert_eq!(RequestId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_reference_reads_back(node: u16, number: u64) {
            let reference = Reference { node, number };
            prop_assert_eq!(format!("R-{reference}").parse(), Ok(reference));
        }
    }

    #[test]
    fn rejects_what_is_no_reference() {
        for text in ["", "R-", "R-U", "18C3.x", "ZZZZZZZZZZZZZZ"] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    #[test]
    fn finding_ids_have_eight_digits() {
        assert_eq!(FindingId::from_digest(1).as_str(), "F-00000001");
        assert_eq!(FindingId::parse("f-00000001"), Some(FindingId::from_digest(1)));
        assert_eq!(FindingId::parse("F-00u"), None);
    }
}
