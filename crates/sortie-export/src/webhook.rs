//! What a webhook carries beside its body.
//!
//! Where a secret is configured, every request has
//!
//! ```text
//! Sortie-Signature: t=1700000000,v1=2fd4…
//! ```
//!
//! `t` is the time of the attempt in Unix seconds, `v1` the HMAC-SHA-256 under the secret of
//! `t`, a full stop and the body's bytes, in hexadecimal. A receiver computes it anew, compares in
//! constant time, and refuses a `t` that is more than a few minutes off, so that a copied request is
//! worth nothing later.

use std::fmt::{self, Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sortie_model::Micros;

/// Name of the header.
pub const SIGNATURE_HEADER: &str = "Sortie-Signature";

/// Media type of the body.
pub const CONTENT_TYPE: &str = "application/json";

/// What sender and receiver of a webhook share.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// Prepares a secret; its bytes are the key as they are.
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    /// The header's value for an attempt at time `at`.
    pub fn sign(&self, at: Micros, body: &[u8]) -> String {
        let seconds = at.0 / Micros::SECOND;
        let mut mac = self.0.clone();
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(body);
        let mut value = format!("t={seconds},v1=");
        for byte in mac.finalize().into_bytes() {
            // Writing to a `String` cannot fail.
            let _ = write!(value, "{byte:02x}");
        }
        value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"version":1}"#;

    #[test]
    fn signs_as_others_compute_it() {
        // hmac.new(b"whsec_test", b'1700000000.{"version":1}', "sha256").hexdigest() in Python.
        let expected = "t=1700000000,v1=83171cbb758ad8691565f1c3f7f4593a985a0451a5e67181aba825c6a58bb106";
        assert_eq!(Secret::new(b"whsec_test").sign(Micros(1_700_000_000_999_999), BODY), expected);
    }

    #[test]
    fn depends_on_secret_time_and_body() {
        let secret = Secret::new(b"one");
        let base = secret.sign(Micros(1_000_000), BODY);
        assert_ne!(base[4..], secret.sign(Micros(2_000_000), BODY)[4..]);
        assert_ne!(base, secret.sign(Micros(1_000_000), b"{}"));
        assert_ne!(base, Secret::new(b"two").sign(Micros(1_000_000), BODY));
    }

    #[test]
    fn does_not_print_its_secret() {
        assert_eq!(format!("{:?}", Secret::new(b"whsec_test")), "Secret(…)");
    }
}
