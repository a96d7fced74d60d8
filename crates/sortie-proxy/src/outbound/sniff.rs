//! What the first bytes of a tunnel are.

use memchr::memchr;

use crate::framing::is_token;
use crate::tls::{ClientHello, HELLO_BYTES, Hello, read_hello};

/// Bytes that are read before a tunnel is classified at the latest. A hello is longer than most
/// request lines; a longer line is told by its method.
pub(super) const FIRST_BYTES: usize = HELLO_BYTES;
/// What a cut request line must begin with to count as HTTP.
const COMMON_METHODS: [&[u8]; 8] =
    [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"PATCH ", b"OPTIONS ", b"PROPFIND "];

/// What a tunnel holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Plain HTTP/1.
    Http,
    /// TLS, with what its hello says; one that does not read says nothing.
    Tls(ClientHello),
    /// Anything else.
    Opaque,
}

/// Classifies the first bytes that an app sent. `None` where more are needed; with `is_last` no
/// more will come in time.
pub(super) fn classify(bytes: &[u8], is_last: bool) -> Option<Content> {
    let is_last = is_last || bytes.len() >= FIRST_BYTES;
    match read_hello(bytes) {
        Hello::Complete(hello) => Some(Content::Tls(hello)),
        Hello::Unreadable => Some(Content::Tls(ClientHello::default())),
        Hello::Incomplete if bytes.is_empty() => is_last.then_some(Content::Opaque),
        Hello::Incomplete => is_last.then(|| Content::Tls(ClientHello::default())),
        Hello::NotTls => classify_lines(bytes, is_last),
    }
}

fn classify_lines(bytes: &[u8], is_last: bool) -> Option<Content> {
    // Servers pass over empty lines before a request (RFC 9112 §2.2).
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let bytes = &bytes[begin..];
    match memchr(b'\n', bytes) {
        Some(end) => Some(if is_request_line(&bytes[..end]) { Content::Http } else { Content::Opaque }),
        None if bytes.is_empty() => is_last.then_some(Content::Opaque),
        None if !may_be_request_line(bytes) => Some(Content::Opaque),
        None if is_last && COMMON_METHODS.iter().any(|method| bytes.starts_with(method)) => Some(Content::Http),
        None => is_last.then_some(Content::Opaque),
    }
}

/// Whether a whole line, without its line feed, asks for something by HTTP/1.
fn is_request_line(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let version_at = line.len().saturating_sub(b" HTTP/1.x".len());
    let (request, version) = line.split_at(version_at);
    version.starts_with(b" HTTP/1.") && request.contains(&b' ') && may_be_request_line(request)
}

/// Whether a line begins with a method, as far as it goes: any token, for `fetch` and others send what
/// they are told, and `patch` in small letters.
fn may_be_request_line(bytes: &[u8]) -> bool {
    let method = &bytes[..memchr(b' ', bytes).unwrap_or(bytes.len())];
    is_token(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_told_by_its_whole_request_line() {
        for line in [
            "GET / HTTP/1.1\r\n",
            "VERSION-CONTROL /x HTTP/1.0\n",
            "OPTIONS * HTTP/1.1\r\nHost:",
            "patch / HTTP/1.1\r\n",
            "\r\nGET / HTTP/1.1\r\n",
            "G3T-WHAT-IT-MAY-HOLD / HTTP/1.1\r\n",
        ] {
            assert_eq!(classify(line.as_bytes(), false), Some(Content::Http), "{line}");
        }
        for line in [
            "PRI * HTTP/2.0\r\n",
            "OPTIONS rtsp://x RTSP/1.0\r\n",
            "EHLO x\r\n",
            "PING\r\n",
            "GET /\r\n",
            "SSH-2.0-OpenSSH\r\n",
        ] {
            assert_eq!(classify(line.as_bytes(), false), Some(Content::Opaque), "{line}");
        }
    }

    #[test]
    fn what_cannot_become_http_is_not_waited_for() {
        assert_eq!(classify(b"\x00\x01\x02", false), Some(Content::Opaque));
        assert_eq!(classify(b"(x", false), Some(Content::Opaque));
        assert_eq!(classify(b"\r\n", false), None);
        assert_eq!(classify(b"GE", false), None);
        assert_eq!(classify(b"", false), None);
    }

    #[test]
    fn a_cut_beginning_is_told_by_its_method() {
        let long = format!("GET /{}", "a".repeat(FIRST_BYTES));
        assert_eq!(classify(long.as_bytes(), false), Some(Content::Http));
        assert_eq!(classify(b"POST /x", true), Some(Content::Http));
        assert_eq!(classify(b"HELP me", true), Some(Content::Opaque));
        assert_eq!(classify(&[22, 3, 1], true), Some(Content::Tls(ClientHello::default())));
        assert_eq!(classify(b"", true), Some(Content::Opaque));
    }

    proptest::proptest! {
        /// More bytes never change a class once there is one, but for the hello itself.
        #[test]
        fn a_class_stands(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80), cut in 0_usize..80) {
            if let Some(class) = classify(&bytes[..cut.min(bytes.len())], false) {
                proptest::prop_assert_eq!(classify(&bytes, false), Some(class));
            }
        }
    }
}
