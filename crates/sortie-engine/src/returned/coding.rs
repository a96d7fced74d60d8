//! Bodies without their content codings, within a cap.

use std::borrow::Cow;

use sortie_model::limits::INSPECT_RESPONSE_BYTES;

use crate::codec::{self, Decoded};

/// The first [`INSPECT_RESPONSE_BYTES`] of a body without its content codings; `None` for a coding
/// that is not undone. A body that breaks off gives what was decoded before.
pub(super) fn decoded<'a>(body: &'a [u8], content_encoding: Option<&str>) -> Option<Cow<'a, [u8]>> {
    match codec::decode(content_encoding, body, INSPECT_RESPONSE_BYTES) {
        Decoded::Plain => Some(Cow::Borrowed(&body[..body.len().min(INSPECT_RESPONSE_BYTES)])),
        Decoded::Bytes { bytes, .. } => Some(bytes),
        Decoded::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tests::gzip;

    #[test]
    fn no_more_than_the_cap_is_kept() {
        let long = vec![b'a'; 4 << 20];
        for (body, coding) in [(gzip(&long), Some(" GZIP")), (long, None)] {
            assert_eq!(decoded(&body, coding).unwrap().len(), INSPECT_RESPONSE_BYTES);
        }
        assert_eq!(decoded(b"x", Some("compress")), None);
    }
}
