//! The hosts that real parsers read in one text, beside the first reading.
//!
//! They are asked only where the authority is not plain: on a plain one they all agree, and most are.

use std::net::Ipv4Addr;

use sortie_model::Host;

use super::{is_slash, plain, split_scheme};
use crate::extract::authority::is_plausible_host;
use crate::readings::Readings;

/// Longest beginning of a URL, up to its path, that parsers are asked about.
const LENGTH: usize = 4096;

/// What parsers read in a URL with a scheme; nothing where all of them read the same as anybody would.
pub(super) fn hosts(url: &str) -> Option<Vec<Host>> {
    let beginning = up_to_path(url)?;
    let read = Readings::of(beginning).hosts();
    Some(read.into_iter().map(|compared| compared.host).filter(is_telling).collect())
}

/// A name that a resolver could be asked for: IDNA makes another text of what is not ASCII, which WHATWG's
/// reading is.
fn is_telling(host: &Host) -> bool {
    match host {
        Host::Ip(_) => true,
        Host::Name(name) => name.is_ascii() && is_plausible_host(name),
    }
}

/// A URL to its first slash behind the authority, where no parser looks further for a host; `None` where the
/// authority is plain, or too long.
fn up_to_path(url: &str) -> Option<&str> {
    let (scheme, rest) = split_scheme(url)?;
    let authority = rest.trim_start_matches(is_slash);
    let start = url.len() - authority.len();
    let end = authority.find('/').unwrap_or(authority.len());
    let has_two_slashes = rest.len() - authority.len() == 2 && rest.starts_with("//");
    if has_two_slashes && is_plain(&authority[..end]) {
        return None;
    }
    let end = url.len().min(start + end + 1);
    (end - scheme.len() <= LENGTH).then(|| &url[..end])
}

/// A plain host or an address as it is written, perhaps with a port.
fn is_plain(authority: &str) -> bool {
    let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
    let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
    let host = host.to_ascii_lowercase();
    let is_name = host.bytes().all(plain::is_host_byte) && plain::is_plain_host(&host);
    is_port && (is_name || host.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Vec<String> {
        hosts(url).unwrap_or_default().iter().map(Host::to_string).collect()
    }

    #[test]
    fn parsers_are_asked_where_they_may_differ() {
        for url in
            ["http://h.example/a@b", "https://H.Example:8443/%2e%2e/x?y#z", "http://10.0.0.5:80/", "gopher://h.example"]
        {
            assert_eq!(hosts(url), None, "{url}");
        }
        assert_eq!(read("http://good.example\\@evil.example/x"), ["evil.example", "good.example"]);
        assert_eq!(read("http://u:p@h.example/x"), ["h.example"]);
        assert_eq!(read("http:/h.example/x"), ["h.example"]);
        assert_eq!(hosts(&format!("http://{}@h.example/", "a".repeat(LENGTH))), None);
    }

    #[test]
    fn what_is_no_host_is_left_out() {
        assert_eq!(read("http://<host>/x"), [""; 0]);
        assert_eq!(read("http://m\u{fc}nchen.example/x"), ["xn--mnchen-3ya.example"]);
    }
}
