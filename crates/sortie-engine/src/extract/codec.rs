//! Content codings of a body (RFC 9110 §8.4), decoded within a bound.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Codings laid one over another that are followed.
const LAYERS: usize = 3;

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded<'a> {
    /// It is not encoded.
    Plain,
    /// Its bytes, as far as they were there and within the bound.
    Bytes { bytes: Cow<'a, [u8]>, over: bool, damaged: bool },
    /// A coding that is not known.
    Unknown,
}

/// Undoes the codings that a `Content-Encoding` names, the last one first. Never makes more than
/// `limit` bytes, whatever the ratio.
pub(super) fn decode<'a>(content_encoding: Option<&str>, body: &'a [u8], limit: usize) -> Decoded<'a> {
    let codings = content_encoding.unwrap_or_default().split(',').map(str::trim);
    let is_named = |coding: &&str| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    let mut bytes = Cow::Borrowed(body);
    let (mut layers, mut over, mut damaged) = (0, false, false);
    for coding in codings.rev().filter(is_named) {
        layers += 1;
        let Some(step) = inflate(coding, &bytes, limit).filter(|_| layers <= LAYERS) else { return Decoded::Unknown };
        over |= step.over;
        damaged |= step.damaged;
        bytes = Cow::Owned(step.bytes);
    }
    if layers == 0 { Decoded::Plain } else { Decoded::Bytes { bytes, over, damaged } }
}

struct Step {
    bytes: Vec<u8>,
    over: bool,
    damaged: bool,
}

fn inflate(coding: &str, body: &[u8], limit: usize) -> Option<Step> {
    let is = |name: &str| coding.eq_ignore_ascii_case(name);
    if is("gzip") || is("x-gzip") {
        return Some(read(MultiGzDecoder::new(body), limit));
    }
    if !is("deflate") {
        return None;
    }
    // RFC 9110 §8.4.1.2: zlib, but some send raw deflate.
    let zlib = read(ZlibDecoder::new(body), limit);
    Some(if zlib.bytes.is_empty() && zlib.damaged { read(DeflateDecoder::new(body), limit) } else { zlib })
}

/// Reads up to `limit` bytes; what was read before an error counts.
fn read(source: impl Read, limit: usize) -> Step {
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "capped by `take`")]
    let damaged = source.take(limit as u64 + 1).read_to_end(&mut bytes).is_err();
    let over = bytes.len() > limit;
    bytes.truncate(limit);
    Step { bytes, over, damaged }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn whole(bytes: &[u8]) -> Decoded<'static> {
        Decoded::Bytes { bytes: Cow::Owned(bytes.to_vec()), over: false, damaged: false }
    }

    #[test]
    fn knows_gzip_and_both_deflates() {
        assert_eq!(decode(Some("gzip"), &gzip(b"hello"), 100), whole(b"hello"));
        assert_eq!(decode(Some("GZIP, identity, x-gzip"), &gzip(&gzip(b"hello")), 100), whole(b"hello"));
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"hello").unwrap();
        assert_eq!(decode(Some("deflate"), &zlib.finish().unwrap(), 100), whole(b"hello"));
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(b"hello").unwrap();
        assert_eq!(decode(Some("deflate"), &raw.finish().unwrap(), 100), whole(b"hello"));
    }

    #[test]
    fn says_what_it_does_not_know() {
        assert_eq!(decode(None, b"x", 100), Decoded::Plain);
        assert_eq!(decode(Some("identity"), b"x", 100), Decoded::Plain);
        assert_eq!(decode(Some("br"), b"x", 100), Decoded::Unknown);
        assert_eq!(decode(Some("gzip, gzip, gzip, gzip"), &gzip(b""), 100), Decoded::Unknown);
    }

    #[test]
    fn a_bomb_is_cut_and_a_prefix_counts() {
        let bomb = gzip(&vec![b'a'; 10_000_000]);
        let Decoded::Bytes { bytes, over, .. } = decode(Some("gzip"), &bomb, 1000) else { panic!("gzip is known") };
        assert!(over && bytes.len() == 1000);
        let text: Vec<u8> = (0..2000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        let part = &gzip(&text)[..4000];
        let Decoded::Bytes { bytes, damaged, .. } = decode(Some("gzip"), part, 100_000) else {
            panic!("gzip is known")
        };
        assert!(damaged && !bytes.is_empty() && text.starts_with(&bytes));
    }
}
