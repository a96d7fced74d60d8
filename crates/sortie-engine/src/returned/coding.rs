//! Content codings, undone with a cap.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use sortie_model::limits::INSPECT_RESPONSE_BYTES;

/// The first [`INSPECT_RESPONSE_BYTES`] of a body without its content coding; `None` for a coding
/// that is not undone. A body that breaks off gives what was decoded before.
pub(super) fn decoded<'a>(body: &'a [u8], content_encoding: Option<&str>) -> Option<Cow<'a, [u8]>> {
    match content_encoding.unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Some(Cow::Borrowed(capped(body))),
        "gzip" | "x-gzip" => Some(Cow::Owned(read_capped(MultiGzDecoder::new(body)))),
        "deflate" if has_zlib_head(body) => Some(Cow::Owned(read_capped(ZlibDecoder::new(body)))),
        // RFC 9110 §8.4.1.2: some send deflate without the zlib head.
        "deflate" => Some(Cow::Owned(read_capped(DeflateDecoder::new(body)))),
        _ => None,
    }
}

fn capped(body: &[u8]) -> &[u8] {
    &body[..body.len().min(INSPECT_RESPONSE_BYTES)]
}

fn read_capped(decoder: impl Read) -> Vec<u8> {
    let mut decoded = Vec::new();
    // An error leaves what was decoded before it, which is all there is to compare.
    #[expect(clippy::disallowed_methods, reason = "capped by `take`")]
    let _ = decoder.take(INSPECT_RESPONSE_BYTES as u64).read_to_end(&mut decoded);
    decoded
}

/// RFC 1950 §2.2: method 8, and the first two bytes are a multiple of 31.
fn has_zlib_head(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("a vector takes everything");
        encoder.finish().expect("a vector takes everything")
    }

    #[test]
    fn undoes_what_servers_send() {
        let text = b"the quick brown fox".as_slice();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(text).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(text).unwrap();
        assert_eq!(decoded(text, None).as_deref(), Some(text));
        assert_eq!(decoded(&gzip(text), Some(" GZIP")).as_deref(), Some(text));
        assert_eq!(decoded(&zlib.finish().unwrap(), Some("deflate")).as_deref(), Some(text));
        assert_eq!(decoded(&raw.finish().unwrap(), Some("deflate")).as_deref(), Some(text));
        assert_eq!(decoded(text, Some("br")), None);
        assert_eq!(decoded(text, Some("gzip, gzip")), None);
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let bomb = gzip(&vec![b'a'; 4 << 20]);
        assert_eq!(decoded(&bomb, Some("gzip")).unwrap().len(), INSPECT_RESPONSE_BYTES);
    }

    #[test]
    fn a_cut_body_gives_its_beginning() {
        // Distinct lines, so that the coded form is long enough to be cut in its middle.
        let text = (0..2_000).map(|n| format!("{n} {}\n", n * 7_919)).collect::<Vec<_>>().concat();
        let coded = gzip(text.as_bytes());
        let half = decoded(&coded[..coded.len() / 2], Some("gzip")).unwrap();
        assert!(half.len() > 100 && text.as_bytes().starts_with(&half));
    }
}
