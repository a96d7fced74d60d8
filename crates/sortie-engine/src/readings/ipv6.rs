//! IPv6 addresses in text, in the dialects of parsers.

use std::net::Ipv6Addr;

/// Whether a text is an IPv6 address (RFC 4291 §2.2). Parsers differ in what they take for the four
/// bytes of an embedded IPv4 address, which is for `is_octet` to say.
pub(super) fn is_address(text: &str, is_octet: impl Fn(&str) -> bool) -> bool {
    let Some((head, tail)) = text.rsplit_once(':').filter(|(_, tail)| tail.contains('.')) else {
        return text.parse::<Ipv6Addr>().is_ok();
    };
    // In the place of the four bytes stand two groups; which ones does not matter.
    let is_v4 = tail.split('.').count() == 4 && tail.split('.').all(is_octet);
    is_v4 && format!("{head}:0:0").parse::<Ipv6Addr>().is_ok()
}

/// A byte in decimal without leading zeros, as RFC 3986 and glibc's `inet_pton` have it.
pub(super) fn is_strict_octet(text: &str) -> bool {
    let is_long = text.len() > 1 && text.starts_with('0');
    !is_long && is_padded_octet(text)
}

/// A byte in decimal, with any number of leading zeros.
pub(super) fn is_padded_octet(text: &str) -> bool {
    // `u8::from_str` would take a sign.
    text.parse::<u8>().is_ok() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_differ_in_embedded_v4_only() {
        for text in ["::", "::1", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "fe80::A"] {
            assert!(is_address(text, is_strict_octet), "{text}");
        }
        for text in
            ["", ":", "1.2.3.4", "1::2::3", "12345::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.256", "::+1"]
        {
            assert!(!is_address(text, is_padded_octet), "{text}");
        }
        assert!(is_address("::01.2.3.004", is_padded_octet));
        assert!(!is_address("::01.2.3.4", is_strict_octet));
    }
}
