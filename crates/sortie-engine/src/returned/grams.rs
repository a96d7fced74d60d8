//! Grams: what is hashed, and at which positions of an answer.

use sortie_model::limits::INSPECT_RESPONSE_BYTES;

/// Bytes of a gram. Shorter ones are common in unrelated texts.
pub(super) const GRAM: usize = 16;
/// Bits of a gram's hash. Chance hits are rare enough, because one hit alone is never evidence.
pub(super) const HASH_BITS: u32 = 28;

/// The beginning of an answer, which previews quote most, is printed more densely.
const HEAD: usize = 2048;
const HEAD_PRINTS: usize = 256;
const TAIL_PRINTS: usize = 512;
const TAIL_STRIDE: usize = HEAD / HEAD_PRINTS;

/// Whether a byte is compared at all: white space is not.
pub(super) fn is_compared(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The hash of a gram, in the low [`HASH_BITS`] bits.
///
/// A folded multiplication; the constants are odd parts of π and e.
pub(super) fn hash(gram: &[u8; GRAM]) -> u32 {
    let number = u128::from_le_bytes(*gram);
    let low = number as u64 ^ 0x243f_6a88_85a3_08d3;
    let high = (number >> 64) as u64 ^ 0xb7e1_5162_8aed_2a6b;
    let product = u128::from(low) * u128::from(high);
    let folded = product as u64 ^ (product >> 64) as u64;
    (folded >> (64 - HASH_BITS)) as u32
}

/// The gram at a position, if one fits there.
pub(super) fn gram_at(text: &[u8], position: usize) -> Option<&[u8; GRAM]> {
    text.get(position..)?.first_chunk()
}

/// Where the grams of an answer lie. Follows from the answer's length alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Positions at which a gram fits.
    positions: usize,
    head_stride: usize,
    head_count: usize,
    tail_stride: usize,
    count: usize,
}

impl Layout {
    /// The layout of an answer of `len` compared bytes.
    pub(super) fn of(len: usize) -> Self {
        debug_assert!(len <= INSPECT_RESPONSE_BYTES);
        let positions = (len + 1).saturating_sub(GRAM);
        let head = positions.min(HEAD);
        let head_stride = head.div_ceil(HEAD_PRINTS).max(1);
        let head_count = head.div_ceil(head_stride);
        let tail = positions - head;
        let tail_stride = tail.div_ceil(TAIL_PRINTS).max(TAIL_STRIDE);
        let mut layout =
            Self { positions, head_stride, head_count, tail_stride, count: head_count + tail.div_ceil(tail_stride) };
        // The last bytes always have a gram, so that a whole answer is covered to its end.
        if layout.count > 0 && layout.regular(layout.count - 1) + 1 < positions {
            layout.count += 1;
        }
        layout
    }

    /// How many grams are kept.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Where gram number `index` begins.
    pub(super) fn position(&self, index: usize) -> usize {
        if index + 1 >= self.count { self.positions.saturating_sub(1) } else { self.regular(index) }
    }

    fn regular(&self, index: usize) -> usize {
        match index.checked_sub(self.head_count) {
            None => index * self.head_stride,
            Some(tail_index) => HEAD + tail_index * self.tail_stride,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn positions_grow_from_the_first_byte_to_the_last(len in GRAM..=INSPECT_RESPONSE_BYTES) {
            let layout = Layout::of(len);
            proptest::prop_assert!((1..=HEAD_PRINTS + TAIL_PRINTS + 1).contains(&layout.count()));
            proptest::prop_assert_eq!(layout.position(0), 0);
            proptest::prop_assert_eq!(layout.position(layout.count() - 1) + GRAM, len);
            let widest = if len <= 6_000 { 8 } else { 124 };
            for index in 1..layout.count() {
                let step = layout.position(index) - layout.position(index - 1);
                proptest::prop_assert!((1..=widest).contains(&step), "{} at {}", step, index);
            }
        }
    }

    #[test]
    fn too_little_has_no_grams() {
        assert_eq!(Layout::of(0).count(), 0);
        assert_eq!(Layout::of(GRAM - 1).count(), 0);
        assert_eq!(Layout::of(GRAM).count(), 1);
    }

    #[test]
    fn one_changed_byte_changes_the_hash() {
        let gram = *b"0123456789abcdef";
        for at in 0..GRAM {
            let mut other = gram;
            other[at] ^= 1;
            assert_ne!(hash(&gram), hash(&other), "{at}");
        }
    }
}
