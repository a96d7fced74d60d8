//! Content codings of a body (RFC 9110 §8.4; Brotli RFC 7932, zstd RFC 8878), decoded within a bound, and by
//! safe code alone: they are the first thing that is done to what a client sends.

use std::borrow::Cow;
use std::io::Read;

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// Codings laid one over another that are followed.
const LAYERS: usize = 3;
/// Bytes of a Brotli stream that are taken in at once.
const BROTLI_INPUT: usize = 4096;
/// Frames of zstd that are read, one behind another. Each costs some work, however small it is.
const FRAMES: usize = 64;

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded<'a> {
    /// It is not encoded.
    Plain,
    /// Its bytes, as far as they were there and within the bound.
    Bytes { bytes: Cow<'a, [u8]>, over: bool, damaged: bool },
    /// A coding that is not known.
    Unknown,
}

/// Undoes the codings that a `Content-Encoding` names, the last one first. Never makes more than
/// `limit` bytes, whatever the ratio.
pub(crate) fn decode<'a>(content_encoding: Option<&str>, body: &'a [u8], limit: usize) -> Decoded<'a> {
    let codings = content_encoding.unwrap_or_default().split(',').map(str::trim);
    let is_named = |coding: &&str| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    let mut bytes = Cow::Borrowed(body);
    let (mut layers, mut over, mut damaged) = (0, false, false);
    for coding in codings.rev().filter(is_named) {
        layers += 1;
        let Some(step) = undo(coding, &bytes, limit).filter(|_| layers <= LAYERS) else { return Decoded::Unknown };
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

fn undo(coding: &str, body: &[u8], limit: usize) -> Option<Step> {
    Some(match &*coding.to_ascii_lowercase() {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body), limit),
        "deflate" => inflate(body, limit),
        "br" => read(Decompressor::new(body, BROTLI_INPUT), limit),
        "zstd" => unzstd(body, limit),
        _ => return None,
    })
}

/// RFC 9110 §8.4.1.2: zlib, but some send raw deflate.
fn inflate(body: &[u8], limit: usize) -> Step {
    let zlib = read(ZlibDecoder::new(body), limit);
    if zlib.bytes.is_empty() && zlib.damaged { read(DeflateDecoder::new(body), limit) } else { zlib }
}

/// Frames one behind another; those that are to be skipped hold nothing (RFC 8878 §3.1).
fn unzstd(mut rest: &[u8], limit: usize) -> Step {
    let mut all = Step { bytes: Vec::new(), over: false, damaged: false };
    let mut decoder = FrameDecoder::new();
    for _ in 0..FRAMES {
        if rest.is_empty() || all.over || all.damaged {
            return all;
        }
        match StreamingDecoder::new_with_decoder(&mut rest, &mut decoder) {
            Ok(frame) => {
                let Step { bytes, over, damaged } = read(frame, limit - all.bytes.len());
                all.bytes.extend(bytes);
                (all.over, all.damaged) = (over, damaged);
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let end = usize::try_from(length).unwrap_or(usize::MAX);
                all.damaged = end > rest.len();
                rest = rest.get(end..).unwrap_or_default();
            }
            Err(_) => all.damaged = true,
        }
    }
    all.over |= !rest.is_empty();
    all
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
pub(crate) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    pub(crate) fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        encoder.write_all(bytes).unwrap();
        encoder.into_inner()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(bytes, 3).unwrap()
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
    fn knows_brotli_and_zstd() {
        assert_eq!(decode(Some("br"), &brotli(b"hello"), 100), whole(b"hello"));
        assert_eq!(decode(Some("zstd"), &zstd(b"hello"), 100), whole(b"hello"));
        assert_eq!(decode(Some("gzip, br"), &brotli(&gzip(b"hello")), 100), whole(b"hello"));
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'a', b'b', b'c'];
        let frames = [&skipped[..], &zstd(b"hel"), &skipped, &zstd(b"lo")].concat();
        assert_eq!(decode(Some("zstd"), &frames, 100), whole(b"hello"));
        for (coding, bytes) in [("br", brotli(b"hello")), ("zstd", zstd(b"hello")), ("zstd", skipped.to_vec())] {
            let Decoded::Bytes { damaged, .. } = decode(Some(coding), &bytes[..bytes.len() - 1], 100) else { panic!() };
            assert!(damaged, "{coding}");
        }
    }

    #[test]
    fn says_what_it_does_not_know() {
        assert_eq!(decode(None, b"x", 100), Decoded::Plain);
        assert_eq!(decode(Some("identity"), b"x", 100), Decoded::Plain);
        assert_eq!(decode(Some("compress"), b"x", 100), Decoded::Unknown);
        assert_eq!(decode(Some("gzip, gzip, gzip, gzip"), &gzip(b""), 100), Decoded::Unknown);
    }

    #[test]
    fn a_bomb_is_cut_and_a_prefix_counts() {
        let bomb = vec![b'a'; 10_000_000];
        for (coding, bomb) in [("gzip", gzip(&bomb)), ("br", brotli(&bomb)), ("zstd", zstd(&bomb))] {
            let Decoded::Bytes { bytes, over, .. } = decode(Some(coding), &bomb, 1000) else { panic!("{coding}") };
            assert!(over && bytes.len() == 1000, "{coding}");
        }
        let many = zstd(b"a").repeat(FRAMES + 1);
        let Decoded::Bytes { bytes, over, .. } = decode(Some("zstd"), &many, 1000) else { panic!("zstd is known") };
        assert!(over && bytes.len() == FRAMES);
        let text: Vec<u8> = (0..2000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        let part = &gzip(&text)[..4000];
        let Decoded::Bytes { bytes, damaged, .. } = decode(Some("gzip"), part, 100_000) else {
            panic!("gzip is known")
        };
        assert!(damaged && !bytes.is_empty() && text.starts_with(&bytes));
    }
}
