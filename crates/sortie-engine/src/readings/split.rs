//! Cuts that several parsers make.

/// Splits at the first colon what `is_scheme` takes for a scheme's name.
pub(super) fn scheme(text: &str, is_scheme: impl FnOnce(&str) -> bool) -> Option<(&str, &str)> {
    text.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
}

/// A scheme's name by RFC 3986 §3.1: a letter, then letters, digits, `+`, `-` and `.`.
pub(super) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_scheme_byte)
}

/// What a scheme's name may hold.
pub(super) fn is_scheme_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')
}

/// Cuts before the first of these letters; without one, all is the first part.
pub(super) fn before<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// What follows the last `@`: userinfo is before it.
pub(super) fn after_last_at(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// Whether every `%` begins an escape of two hexadecimal digits.
pub(super) fn escapes_are_whole(text: &str) -> bool {
    let mut pieces = text.split('%');
    pieces.next();
    pieces.all(|piece| matches!(piece.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
}
