//! How much a path and query tell: an estimate of their information content.

/// Quarter bits of a character in a token that holds a digit or changes its case: hexadecimal.
const RANDOM: u32 = 16;
/// Quarter bits of a letter in a word. English has 1.0 to 1.5 bits a letter (Shannon 1951).
const WORD: u32 = 6;

/// Estimated bits of a path and query. Separators count nothing.
///
/// A token (letters and digits; an escape is part of its token) is taken for random where it holds
/// a digit or a capital after a small letter, else for a word. Short numbers (`v1`, `2`) are cheap
/// anyway, since they are short.
pub(super) fn estimate(path_and_query: &str) -> u16 {
    let quarters = path_and_query
        .split(|c: char| !c.is_alphanumeric() && c != '%')
        .map(token_quarters)
        .fold(0_u32, u32::saturating_add);
    u16::try_from(quarters / 4).unwrap_or(u16::MAX)
}

fn token_quarters(token: &str) -> u32 {
    let bytes = token.as_bytes();
    let changes_case = bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let is_random = changes_case || bytes.iter().any(u8::is_ascii_digit);
    let length = u32::try_from(token.chars().count()).unwrap_or(u32::MAX);
    length.saturating_mul(if is_random { RANDOM } else { WORD })
}

#[cfg(test)]
mod tests {
    use super::estimate;

    #[test]
    fn random_tokens_tell_more_than_words() {
        assert_eq!(estimate("/"), 0);
        assert_eq!(estimate("/ping"), 6);
        assert_eq!(estimate("/8f14e45fceea167a"), 64);
        assert!(estimate("/hooks?token=8f14e45fceea167a") >= 64);
        assert!(estimate("/latest/meta-data") < 40);
        assert_eq!(estimate(&"a1".repeat(40_000)), u16::MAX);
    }
}
