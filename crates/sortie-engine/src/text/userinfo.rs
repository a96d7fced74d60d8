//! Userinfo that is there to be taken for the host.

use sortie_model::Host;
use sortie_model::address::is_local_name;

use crate::readings::Compared;

use super::written::dialable;

/// What ends a host to somebody, as it stands in userinfo: white space, another part's beginning, and
/// escapes of both.
const ENDS: [&str; 15] =
    [" ", "\t", "#@", ";@", "\\", "%00", "%09", "%0a", "%0d", "%20", "%23", "%25", "%2f", "%3f", "%5c"];

/// Whether the text's userinfo is there to be taken for the host: `http://127.0.0.1@evil.example/`,
/// `http://good.example%23@evil.example/`, `http://1.1.1.1 &@2.2.2.2# @3.3.3.3/`. Parsers of today agree on
/// the host; older ones, and checks by pattern, do not.
pub(super) fn is_decoy(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let Some((userinfo, _)) = authority.and_then(|authority| authority.rsplit_once('@')) else { return false };
    let mut userinfo = userinfo.to_ascii_lowercase();
    userinfo.push('@');
    let end = ENDS.iter().filter_map(|end| userinfo.find(end)).min();
    let (head, tail) = userinfo.split_at(end.unwrap_or(userinfo.len() - 1));
    let head = head.split('@').next().unwrap_or_default();
    // A password is no port: what ends a host in it ends nothing.
    let (host, port) = match head.rsplit_once(':') {
        Some((host, port)) if !head.ends_with(']') => (host, port),
        _ => (head, ""),
    };
    if !port.bytes().all(|b| b.is_ascii_digit()) || is_sentence(tail) {
        return false;
    }
    match Compared::of(host).map(|compared| compared.host) {
        // Nobody is called so.
        Some(Host::Ip(_)) => host.contains(['.', ':']),
        Some(name @ Host::Name(_)) => end.is_some() && (host.contains('.') || is_local_name(host)) && is_dialled(name),
        None => false,
    }
}

fn is_dialled(host: Host) -> bool {
    dialable(host).is_some()
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
            "http://good.example%2Fx@evil.example",
            "http://good.example\\@evil.example",
            "http://localhost:80%23@evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://[::1]@evil.example/",
            "http://192.168.1.1%20@evil.example",
            "http://good.example#@evil.example",
            "http://127.0.0.1;@evil.example",
        ] {
            assert!(is_decoy(text), "{text}");
        }
        for text in [
            "https://user:p%40ss%2Fword@db.example/",
            "https://first.last@example.com/",
            "https://first.last:p%23ss@example.com/",
            "https://12345:secret@example.com/",
            "https://app.example.com#me@example.com",
            "https://status.example.com or write to me@example.com",
            "https://example.com/?a=b %23 c@d",
            "https://example.com/x",
            "mailto:a b@c",
        ] {
            assert!(!is_decoy(text), "{text}");
        }
    }
}
