//! Web URLs of the plain grammar, which all parsers read alike: letters, digits, hyphens and dots
//! for a host, no userinfo, no escapes. Most URLs are plain, and this is much faster than a parser.

use std::borrow::Cow;

use smallvec::SmallVec;
use sortie_model::{CandidateKind, Host, Scheme};

use super::Reading;

/// Reads a URL, if it is plain; `rest` is what follows the colon of its web scheme.
pub(super) fn read<'a>(scheme: &Scheme, text: &'a str, rest: &'a str) -> Option<Reading<'a>> {
    let hierarchical = rest.strip_prefix("//")?;
    let end = hierarchical.bytes().position(|b| !is_host_byte(b)).unwrap_or(hierarchical.len());
    let (host, after) = hierarchical.split_at(end);
    if !is_plain_host(host) {
        return None;
    }
    let (port, path) = match after.strip_prefix(':') {
        Some(text) => port(text)?,
        None => (None, after),
    };
    if !is_plain_path(path) {
        return None;
    }
    Some(Reading {
        kind: CandidateKind::Url,
        scheme: Some(scheme.clone()),
        host: Host::name(host),
        others: SmallVec::new(),
        // WHATWG drops a port that is the scheme's own.
        port: port.filter(|&port| scheme.default_port() != Some(port)),
        written: Cow::Borrowed(host),
        path: Some(Cow::Borrowed(if path.is_empty() { "/" } else { path })),
        text: Cow::Borrowed(text),
        asks_parsers: false,
    })
}

pub(super) fn is_host_byte(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-')
}

/// Labels of letters, digits and inner hyphens; the last one begins with a letter, so it is no
/// address in any notation, and none is an IDNA A-label, which would have to be checked.
pub(super) fn is_plain_host(host: &str) -> bool {
    let is_plain = |label: &[u8]| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with(b"-")
            && !label.ends_with(b"-")
            && label.get(2..4) != Some(b"--")
    };
    let is_dot = |byte: &u8| *byte == b'.';
    let last = host.bytes().rposition(|byte| byte == b'.').map_or(0, |dot| dot + 1);
    host.len() <= 253
        && host.as_bytes().get(last).is_some_and(u8::is_ascii_lowercase)
        && host.as_bytes().split(is_dot).all(is_plain)
}

/// A port of one to five digits, and the path behind it.
fn port(text: &str) -> Option<(Option<u16>, &str)> {
    let digits = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    let port = text[..digits].parse::<u16>().ok().filter(|&port| port > 0 && !text.starts_with('0'))?;
    Some((Some(port), &text[digits..]))
}

/// Unreserved characters in segments that are no dot segments, perhaps a query of pairs.
fn is_plain_path(path_and_query: &str) -> bool {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (path_and_query.is_empty() || path.starts_with('/'))
        && path.bytes().all(|b| is_unreserved(b) || b == b'/')
        && query.bytes().all(|b| is_unreserved(b) || matches!(b, b'=' | b'&'))
        && !path.contains("/.")
}

#[cfg(test)]
mod tests {
    use url::{Position, Url};

    use super::*;

    #[test]
    fn leaves_the_rest_to_the_parser() {
        for rest in [
            "",
            "/h",
            "//",
            "//H.example/",
            "//10.0.0.5/",
            "//0x7f.1/",
            "//xn--a/",
            "//h:99999/",
            "//h:/",
            "//u@h/",
            "//h/%41",
            "//h/a/../b",
            "//h\\x",
            "//h?x",
            "//h/ä",
            "//-h/",
            "//h./",
            "//h:080/",
            "//h#x",
        ] {
            assert_eq!(read(&Scheme::Http, rest, rest), None, "{rest}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_as_whatwg_does(rest in "//[a-z0-9.-]{1,12}(:[0-9]{1,5})?(/[a-zA-Z0-9._~-]{0,5}){0,3}(\\?[a-z=&.]{0,8})?") {
            if let Some(plain) = read(&Scheme::Http, &rest, &rest) {
                let url = Url::parse(&format!("http:{rest}")).unwrap();
                proptest::prop_assert_eq!(plain.host.to_string(), url.host_str().unwrap());
                proptest::prop_assert_eq!(plain.port, url.port());
                proptest::prop_assert_eq!(plain.path.unwrap(), &url[Position::BeforePath..Position::AfterQuery]);
            }
        }

        #[test]
        fn most_urls_are_plain(rest in "//[a-z]{1,8}(\\.[a-z]{2,5}){0,2}(:[1-9][0-9]{0,3})?(/[a-z0-9_-]{1,5}){0,3}") {
            proptest::prop_assert!(read(&Scheme::Https, &rest, &rest).is_some());
        }
    }
}
