//! The size line of a chunk (RFC 9112 §7.1).

use super::problem::{Oddities, Oddity, Problem};
use super::token::has_control;

/// Bytes a size line may have, with its extension and line end.
pub(super) const SIZE_LINE_BYTES: usize = 1024;

/// Digits a size may have: as many as fit 64 bits.
const SIZE_DIGITS: usize = 16;

/// Reads a size line without its line end.
pub(super) fn size(line: &[u8], odd: &mut Oddities) -> Result<u64, Problem> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extension) = line.split_at(digits);
    if digits == 0 || digits > SIZE_DIGITS {
        return Err(Problem::Chunk);
    }
    match extension {
        [] => {}
        [b';', text @ ..] if !has_control(text) => odd.note(Oddity::ChunkExtension),
        _ => return Err(Problem::Chunk),
    }
    size.iter()
        .try_fold(0_u64, |number, &byte| number.checked_mul(16)?.checked_add(hex_digit(byte)))
        .ok_or(Problem::Chunk)
}

fn hex_digit(byte: u8) -> u64 {
    u64::from(match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => byte - b'A' + 10,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (line, wanted) in [
            ("0", Ok(0)),
            ("1aF", Ok(0x1af)),
            ("0000000000000005", Ok(5)),
            ("ffffffffffffffff", Ok(u64::MAX)),
            ("5;a=b", Ok(5)),
            ("", Err(Problem::Chunk)),
            ("+5", Err(Problem::Chunk)),
            ("0x5", Err(Problem::Chunk)),
            ("5 ", Err(Problem::Chunk)),
            ("5 ;a", Err(Problem::Chunk)),
            ("5_0", Err(Problem::Chunk)),
            ("00000000000000005", Err(Problem::Chunk)),
            ("5;a\rb", Err(Problem::Chunk)),
        ] {
            assert_eq!(size(line.as_bytes(), &mut Oddities::default()), wanted, "{line}");
        }
    }
}
