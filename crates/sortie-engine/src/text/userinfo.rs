//! Userinfo that is there to be taken for the host.

use crate::readings::Compared;

use super::written::dialable;

/// What ends a host to somebody, as it stands in userinfo: white space, another part's beginning, and
/// escapes of delimiters. In a password they end nothing, for a user stands before it.
const ENDS: [&str; 9] = [" ", "\t", "#", "\\", "%23", "%2f", "%3f", "%5c", "%00"];

/// Whether the text's userinfo begins with a host, and that with what ends it to some parsers:
/// `http://127.0.0.1%23@evil.example/`, `http://1.1.1.1 &@2.2.2.2# @3.3.3.3/`. Parsers of today agree on
/// the host, older ones and checks by pattern do not.
pub(super) fn is_decoy(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let Some((userinfo, _)) = authority.and_then(|authority| authority.rsplit_once('@')) else { return false };
    let userinfo = userinfo.to_ascii_lowercase();
    let Some(end) = ENDS.iter().filter_map(|end| userinfo.find(end)).min() else { return false };
    let (head, tail) = userinfo.split_at(end);
    let host = head.split([':', '@']).next().unwrap_or_default();
    host.contains('.')
        && !is_sentence(tail)
        && Compared::of(host).is_some_and(|compared| dialable(compared.host).is_some())
}

/// Whether what follows a URL's host is a sentence that ends in a mailbox: `… or write to me@h.example`.
fn is_sentence(tail: &str) -> bool {
    let user = tail.split('@').next().unwrap_or_default();
    tail.starts_with([' ', '\t']) && user.ends_with(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_before_the_host_is_a_decoy() {
        for text in [
            "http://127.0.0.1%23@evil.example/",
            "http://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
            "http://good.example:80 &@good.example:80# @127.88.23.245:22/",
            "http://good.example%2F:x@evil.example",
            "http://good.example\\@evil.example",
        ] {
            assert!(is_decoy(text), "{text}");
        }
        for text in [
            "https://user:p%40ss%2Fword@db.example/",
            "https://first.last@example.com/",
            "https://status.example.com or write to me@example.com",
            "https://example.com/?a=b %23 c@d",
            "https://example.com/x",
            "mailto:a b@c",
        ] {
            assert!(!is_decoy(text), "{text}");
        }
    }
}
