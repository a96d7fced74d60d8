//! Character classes of RFC 9110 §5.6 and RFC 3986 §3.2.2.

const TOKEN: u8 = 1;
const HOST: u8 = 2;

/// Class bits of each byte.
const CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() {
            table[byte] = TOKEN | HOST;
        }
        byte += 1;
    }
    // tchar, less letters and digits.
    let symbols = b"!#$%&'*+-.^_`|~";
    let mut i = 0;
    while i < symbols.len() {
        table[symbols[i] as usize] |= TOKEN;
        i += 1;
    }
    // unreserved, sub-delims without the comma, pct-encoded, and the marks of literals and ports.
    // A comma is left out because some proxies join two `Host` fields with it.
    let marks = b"-._~!$&'()*+;=%[]:";
    let mut i = 0;
    while i < marks.len() {
        table[marks[i] as usize] |= HOST;
        i += 1;
    }
    table
}

/// Whether `byte` may stand in a token.
pub(super) fn is_token_byte(byte: u8) -> bool {
    CLASS[byte as usize] & TOKEN != 0
}

/// Whether `bytes` is a token: not empty, and token bytes only.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether all of `bytes` may stand in `host[:port]`.
pub(super) fn is_host_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| CLASS[byte as usize] & HOST != 0)
}

/// Whether a control character other than the tab is among `bytes`. Counted without an early exit,
/// so that it runs over vectors.
pub(super) fn has_control(bytes: &[u8]) -> bool {
    let is_control = |byte: u8| (byte < 0x20 && byte != b'\t') || byte == 0x7f;
    bytes.iter().fold(0, |found, &byte| found | u8::from(is_control(byte))) != 0
}

/// `bytes` without spaces and tabs around it.
pub(super) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_standard() {
        assert!(is_token(b"X-Forwarded-For"));
        assert!(is_token(b"!#$%&'*+-.^_`|~0aZ"));
        for byte in b"\0\t \"(),/:;<=>?@[\\]{}\x7f\x80\xff" {
            assert!(!is_token_byte(*byte), "{byte}");
        }
        assert!(!is_token(b""));
    }

    #[test]
    fn controls_are_found_anywhere() {
        assert!(!has_control("tab\tand \u{e9}".as_bytes()));
        for byte in [0, 1, b'\n', b'\r', 0x1f, 0x7f] {
            assert!(has_control(&[b'a', byte, b'b']), "{byte}");
        }
    }

    #[test]
    fn white_space_is_trimmed_at_both_ends() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(trim(b" \t"), b"");
    }
}
