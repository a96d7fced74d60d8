//! What leaves a door in clear, and what only as a keyed digest.
//!
//! Scheme, host, port, path template, location, kind and decodings are in clear. Path segments in
//! id formats, query values, userinfo, fragments, credentials and session ids are HMAC-SHA-256,
//! truncated to 128 bits (RFC 2104 §5), under a key that never leaves the data folder.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A keyed digest of something private: equal inputs have equal digests, under one key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub u128);

impl Digest {
    /// The first 64 bits, where a table of many needs a small key.
    pub fn short(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

/// The first 12 hexadecimal digits: enough to tell two actors apart on a page.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0 >> 80)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The key of this installation's digests (`DATA/key`).
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Length of the key file in bytes.
    pub const LENGTH: usize = 32;

    /// Prepares the key; the padded inner and outer blocks are hashed once, here.
    pub fn new(secret: &[u8; Self::LENGTH]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    /// HMAC-SHA-256 of `data`, truncated to 128 bits. `domain` keeps a header's value and a path
    /// segment of the same text apart.
    pub fn digest(&self, domain: Domain, data: &[u8]) -> Digest {
        let mut mac = self.0.clone();
        mac.update(&[domain as u8]);
        mac.update(data);
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let (head, _) = full.split_at(16);
        Digest(u128::from_be_bytes(head.try_into().expect("split at 16")))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Domain {
    /// A session cookie, bearer token or API key that names an actor.
    Session = 1,
    /// A credential that a dial carries.
    Credential = 2,
    /// One path segment.
    Segment = 3,
    /// A query string.
    Query = 4,
    /// A story's key.
    Story = 5,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_key_domain_and_data() {
        let (one, two) = (Key::new(&[1; 32]), Key::new(&[2; 32]));
        let base = one.digest(Domain::Segment, b"a");
        assert_eq!(base, one.digest(Domain::Segment, b"a"));
        assert_ne!(base, two.digest(Domain::Segment, b"a"));
        assert_ne!(base, one.digest(Domain::Query, b"a"));
        assert_ne!(base, one.digest(Domain::Segment, b"b"));
    }

    #[test]
    fn does_not_print_its_secret() {
        assert_eq!(format!("{:?}", Key::new(&[7; 32])), "Key(…)");
    }
}
