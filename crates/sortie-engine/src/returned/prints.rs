//! The fingerprints of one answer.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use super::coding;
use super::grams::{self, GRAM, HASH_BITS, Layout};
use super::telling::telling;

/// Telling bytes below which an answer is no evidence, wherever it stands.
const FEWEST_TELLING: u32 = 12;
/// Different telling bytes below which an answer is no evidence.
const FEWEST_DIFFERENT: u32 = 6;
/// Different bytes below which a gram tells nothing: rulers, padding, runs of zeros.
const FEWEST_DIFFERENT_IN_GRAM: u32 = 5;
/// Longest answer that is also known by one hash of its whole.
pub(super) const SHORT: usize = 64;

/// Fingerprints of the beginning of an answer: at most 4 bytes for each of at most 769 grams.
///
/// They are hashes without a key, so they stay in memory and die with the exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerPrints {
    /// For each gram of the [`Layout`] its hash, above four bits for how much it tells.
    prints: Box<[u32]>,
    /// Compared bytes.
    compared: u32,
    /// Bytes that were fingerprinted, white space included.
    of: u32,
    /// Hash of the compared bytes of an answer of up to [`SHORT`] of them.
    whole: Option<u64>,
}

impl AnswerPrints {
    /// Fingerprints an answer's body, or its beginning. Only the first
    /// [`INSPECT_RESPONSE_BYTES`](sortie_model::limits::INSPECT_RESPONSE_BYTES) count, after gzip
    /// or deflate are undone. A body in another coding, or one that is no evidence (see the
    /// module), gives empty prints.
    pub fn of(body_prefix: &[u8], content_encoding: Option<&str>) -> Self {
        Self::of_unknown(body_prefix, content_encoding, &[])
    }

    /// As [`Self::of`], but for texts that the caller knew beforehand, such as the target he
    /// ordered: a destination that echoes its target (`Cannot GET /…`) to a service that echoes its
    /// parameter has returned nothing.
    pub fn of_unknown(body_prefix: &[u8], content_encoding: Option<&str>, known: &[&[u8]]) -> Self {
        let Some(body) = coding::decoded(body_prefix, content_encoding) else {
            return Self::default();
        };
        let mask = telling(&body, known);
        let (text, mask): (Vec<u8>, Vec<bool>) =
            body.iter().zip(mask).filter(|(byte, _)| grams::is_compared(**byte)).unzip();
        let told = mask.iter().filter(|tells| **tells).count() as u32;
        let is_evidence =
            text.len() >= GRAM && told >= FEWEST_TELLING && different_telling(&text, &mask) >= FEWEST_DIFFERENT;
        if !is_evidence {
            return Self::default();
        }
        Self {
            prints: prints(&text, &mask),
            compared: text.len() as u32,
            of: body.len() as u32,
            whole: (text.len() <= SHORT).then(|| whole_hash(&text)),
        }
    }

    /// Whether the answer carries no evidence, so that it can never be found.
    pub fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.prints)
    }

    /// Bytes that were fingerprinted, white space included.
    pub(super) fn bytes(&self) -> u32 {
        self.of
    }

    pub(super) fn compared(&self) -> usize {
        self.compared as usize
    }

    pub(super) fn layout(&self) -> Layout {
        Layout::of(self.compared())
    }

    pub(super) fn count(&self) -> usize {
        self.prints.len()
    }

    /// The hash of gram number `index`.
    pub(super) fn hash(&self, index: usize) -> u32 {
        self.prints[index] >> (u32::BITS - HASH_BITS)
    }

    /// How many of the gram's bytes tell, from 0 to [`GRAM`] (15 counts as all of them).
    pub(super) fn weight(&self, index: usize) -> usize {
        match self.prints[index] & WEIGHT {
            WEIGHT => GRAM,
            weight => weight as usize,
        }
    }

    /// Whether `text` is a short answer's whole content. Always true of a long one, whose many
    /// grams are proof enough.
    pub(super) fn may_be_whole(&self, text: &[u8]) -> bool {
        self.whole.is_none_or(|whole| whole == whole_hash(text))
    }
}

const WEIGHT: u32 = (1 << (u32::BITS - HASH_BITS)) - 1;

fn prints(text: &[u8], mask: &[bool]) -> Box<[u32]> {
    let layout = Layout::of(text.len());
    (0..layout.count())
        .filter_map(|index| {
            let position = layout.position(index);
            let gram = grams::gram_at(text, position)?;
            let told = mask[position..position + GRAM].iter().filter(|tells| **tells).count() as u32;
            let weight = if different(gram) < FEWEST_DIFFERENT_IN_GRAM { 0 } else { told.min(WEIGHT) };
            Some(grams::hash(gram) << (u32::BITS - HASH_BITS) | weight)
        })
        .collect()
}

fn different_telling(text: &[u8], mask: &[bool]) -> u32 {
    count_different(text.iter().zip(mask).filter(|(_, tells)| **tells).map(|(byte, _)| *byte))
}

fn different(bytes: &[u8]) -> u32 {
    count_different(bytes.iter().copied())
}

fn count_different(bytes: impl Iterator<Item = u8>) -> u32 {
    let mut seen = [0_u64; 4];
    bytes.for_each(|byte| seen[usize::from(byte >> 6)] |= 1 << (byte & 63));
    seen.iter().map(|word| word.count_ones()).sum()
}

fn whole_hash(text: &[u8]) -> u64 {
    FixedState::with_seed(0).hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_evidence(body: &str) -> bool {
        !AnswerPrints::of(body.as_bytes(), None).is_empty()
    }

    #[test]
    fn what_everybody_says_is_no_evidence() {
        for body in [
            "",
            "OK",
            "[]",
            "{\"ok\":true}",
            "{\"status\":\"success\",\"data\":null}",
            "fifteen bytes..",
            "i d l e s p a c e   i s   n o t",
            "<html><body><h1>It works!</h1></body></html>",
            "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n\
             <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
            "--------------------------------",
        ] {
            assert!(!is_evidence(body), "{body}");
        }
        assert!(AnswerPrints::of(&[0; 5_000], None).is_empty());
    }

    #[test]
    fn a_token_or_a_line_is_evidence() {
        for body in [
            "s3cr3t-t0k3n-4711",
            "ami-0abcdef1234567890\n",
            "Hello from the inner API, stranger!",
            "{\"k\":\"9f8e7d6c5b4a\"}",
        ] {
            assert!(is_evidence(body), "{body}");
        }
    }

    #[test]
    fn codings_that_are_not_undone_give_nothing() {
        let body = b"a body that would be evidence";
        assert!(AnswerPrints::of(body, Some("compress")).is_empty());
        assert!(!AnswerPrints::of(body, Some("identity")).is_empty());
        assert_eq!(AnswerPrints::of(&crate::codec::tests::gzip(body), Some("gzip")), AnswerPrints::of(body, None));
    }

    #[test]
    fn state_is_small() {
        let text: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let of = |len: usize| AnswerPrints::of(&text[..len], None).heap_bytes();
        assert!(of(100) <= 400, "{}", of(100));
        assert!(of(2_048) <= 1_100, "{}", of(2_048));
        assert!(of(200_000) <= 3_076, "{}", of(200_000));
    }
}
