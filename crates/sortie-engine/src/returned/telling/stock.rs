//! Texts that tell nothing wherever they stand.

use memchr::memmem;

/// Error pages are short; longer documents are not searched for their phrases.
const PHRASES_WITHIN: usize = 8 * 1024;

/// What servers and frameworks of many makers say.
const PHRASES: [&[u8]; 26] = [
    b"301 Moved Permanently",
    b"302 Found",
    b"400 Bad Request",
    b"401 Authorization Required",
    b"401 Unauthorized",
    b"403 Forbidden",
    b"404 Not Found",
    b"405 Method Not Allowed",
    b"500 Internal Server Error",
    b"502 Bad Gateway",
    b"503 Service Temporarily Unavailable",
    b"504 Gateway Time-out",
    b"Method Not Allowed",
    b"Internal Server Error",
    b"Service Unavailable",
    b"The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
    b"The requested URL was not found on this server.",
    b"The server encountered an internal error and was unable to complete your request.",
    b"The method is not allowed for the requested URL.",
    b"You should be redirected automatically to the target URL:",
    b"The browser (or proxy) sent a request that this server could not understand.",
    b"You don't have permission to access this resource.",
    b"Whitelabel Error Page",
    b"Authentication credentials were not provided.",
    b"All rights reserved",
    b"Welcome to nginx!",
];

/// Clears the stock phrases.
pub(super) fn clear_phrases(text: &[u8], mask: &mut [bool]) {
    if text.len() <= PHRASES_WITHIN {
        for phrase in PHRASES {
            clear(text, phrase, mask);
        }
    }
}

/// Clears every place where `phrase` stands. One of less than 4 bytes is left alone.
pub(super) fn clear(text: &[u8], phrase: &[u8], mask: &mut [bool]) {
    if phrase.len() >= 4 {
        memmem::find_iter(text, phrase).for_each(|at| mask[at..at + phrase.len()].fill(false));
    }
}

/// Clears scheme and authority of URLs: links of one API share them.
pub(super) fn clear_authorities(text: &[u8], mask: &mut [bool]) {
    for separator in [b"://".as_slice(), b":\\/\\/"] {
        for at in memmem::find_iter(text, separator) {
            let scheme = text[..at].iter().rev().take(10).take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let after = at + separator.len();
            let authority = text[after..].iter().take(255).take_while(|byte| is_of_authority(**byte)).count();
            mask[at - scheme..after + authority].fill(false);
        }
    }
}

fn is_of_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'@' | b'[' | b']' | b'%')
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn error_pages_are_mute() {
        let text = "<h1>404 Not Found</h1>";
        let mut mask = vec![true; text.len()];
        clear_phrases(text.as_bytes(), &mut mask);
        assert_eq!(shown(text, &mask), "<h1>_____________</h1>");
    }

    #[test]
    fn links_tell_by_their_paths() {
        for (text, expected) in [
            ("see https://api.example:8443/v1/7 now", "see ________________________/v1/7 now"),
            (r"http:\/\/api.example\/v1", r"____________________\/v1"),
            ("://", "___"),
        ] {
            let mut mask = vec![true; text.len()];
            clear_authorities(text.as_bytes(), &mut mask);
            assert_eq!(shown(text, &mask), expected);
        }
    }
}
