//! Decimal digits of all writing systems.

/// The zeros of decimal digits in Unicode's basic plane (general category `Nd`, Unicode 13), beside
/// ASCII's; nine more follow each.
const ZEROS: [char; 36] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}', '\u{17e0}', '\u{1810}',
    '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}', '\u{a620}',
    '\u{a8d0}', '\u{a900}', '\u{a9d0}', '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}',
];

/// The ASCII digit of the same value.
pub(super) fn digit(c: char) -> Option<char> {
    let value = |zero: char| u32::from(c).checked_sub(u32::from(zero)).and_then(|value| char::from_digit(value, 10));
    std::iter::once('0').chain(ZEROS).find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_writing_systems_have_a_value() {
        assert_eq!("8٨８".chars().map(digit).collect::<Option<String>>().as_deref(), Some("888"));
        assert_eq!(digit('⑧'), None);
        assert_eq!(digit('a'), None);
    }
}
