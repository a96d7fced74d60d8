//! Where one of a few bytes stands first, for texts that are mostly short: eight bytes at once, as numbers. What
//! is set up for vectors pays only from some tens of bytes on, so longer ones go on with that.

/// Bytes of a word.
const WIDTH: usize = size_of::<u64>();
/// Words in which short texts end.
const SHORT: usize = 4;
/// 1 in each byte.
const ONES: u64 = u64::MAX / 0xff;
/// The highest bit of each byte.
const HIGH: u64 = ONES << 7;

/// How many bytes stand before the first of these; all where there is none.
///
/// Its callers stay small without it, and keep in registers how far they read.
#[inline(never)]
pub(super) fn find<const N: usize>(bytes: &[u8], ends: [u8; N]) -> usize {
    let (words, _) = bytes.as_chunks::<WIDTH>();
    for (number, word) in words.iter().enumerate() {
        let found = marked(u64::from_le_bytes(*word), ends);
        if found != 0 {
            return number * WIDTH + (found.trailing_zeros() / u8::BITS) as usize;
        }
        if number == SHORT {
            break;
        }
    }
    let read = words.len().min(SHORT) * WIDTH;
    read + find_far(&bytes[read..], &ends)
}

/// As [`find`], in what may be long.
#[inline(never)]
fn find_far(bytes: &[u8], ends: &[u8]) -> usize {
    let found = match *ends {
        [a, b] if bytes.len() >= WIDTH => memchr::memchr2(a, b, bytes),
        [a, b, c] if bytes.len() >= WIDTH => memchr::memchr3(a, b, c, bytes),
        _ => bytes.iter().position(|byte| ends.contains(byte)),
    };
    found.unwrap_or(bytes.len())
}

/// The highest bit of the lowest byte that is one of these, with others above it; 0 where there is none.
#[inline]
fn marked<const N: usize>(word: u64, ends: [u8; N]) -> u64 {
    ends.iter().fold(0, |found, &end| {
        // Zero where the byte stands. Taking 1 from each byte sets the highest bit of the lowest zero; a borrow
        // reaches only bytes above it.
        let difference = word ^ (ONES * u64::from(end));
        found | difference.wrapping_sub(ONES) & !difference & HIGH
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn finds_what_stands_first(bytes in "([a-c\"\\\\:!\u{0}\u{7f}]|é){0,80}", cut in 0_usize..9) {
            let bytes = &bytes.as_bytes()[cut.min(bytes.len())..];
            let first = |ends: &[u8]| bytes.iter().position(|byte| ends.contains(byte)).unwrap_or(bytes.len());
            proptest::prop_assert_eq!(find(bytes, [b'"', b'\\']), first(b"\"\\"));
            proptest::prop_assert_eq!(find(bytes, [b'"', b'\\', b':']), first(b"\"\\:"));
        }
    }
}
