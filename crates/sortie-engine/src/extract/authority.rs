//! The authority of a URL, cut out of its text the way the two families of parsers do it.

/// `user:password@host:port` in its parts, all as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    /// The host, IPv6 with its brackets.
    pub(super) host: &'a str,
    /// The port, where one is named and is a number that a port can be.
    pub(super) port: Option<u16>,
    /// Whether what stands after the host is no port.
    pub(super) bad_port: bool,
    /// Whether userinfo stands before the host.
    pub(super) userinfo: bool,
}

impl<'a> Authority<'a> {
    /// Splits an authority: userinfo ends at the last `@`.
    pub(super) fn of(text: &'a str) -> Self {
        let (userinfo, host_port) = match text.rsplit_once('@') {
            Some((_, host_port)) => (true, host_port),
            None => (false, text),
        };
        let (host, port_text) = split_port(host_port);
        // `http://host:/` names no port.
        let port = port_text.filter(|p| !p.is_empty() && p.len() <= 8).and_then(|p| p.parse::<u32>().ok());
        let valid = port.and_then(|p| u16::try_from(p).ok()).filter(|&p| p > 0);
        let bad_port = port_text.is_some_and(|p| !p.is_empty()) && valid.is_none();
        Self { host, port: valid, bad_port, userinfo }
    }

    /// Whether the host is text that some resolver could be asked for.
    pub(super) fn is_plausible(&self) -> bool {
        is_plausible_host(self.host)
    }
}

/// Letters, digits, `.-_`, an IPv6 address in brackets, or letters beyond ASCII.
pub(super) fn is_plausible_host(host: &str) -> bool {
    let bracketed = host.starts_with('[') && host.ends_with(']');
    !host.is_empty()
        && host.len() <= 512
        && host.bytes().any(|b| b.is_ascii_alphanumeric() || b == b':' || !b.is_ascii())
        && host.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'.' | b'-' | b'_')
                || !b.is_ascii()
                || bracketed && b":[]%".contains(&b)
        })
}

/// `host:port`; IPv6 needs its brackets here. Where several colons stand outside brackets, the
/// first one ends the host, as most parsers that do not refuse it have it.
fn split_port(host_port: &str) -> (&str, Option<&str>) {
    if host_port.starts_with('[') {
        let Some(end) = host_port.find(']') else { return (host_port, None) };
        let (host, rest) = host_port.split_at(end + 1);
        return (host, rest.strip_prefix(':').or(if rest.is_empty() { None } else { Some(rest) }));
    }
    match host_port.split_once(':') {
        Some((host, port)) => (host, Some(port.split(':').next().unwrap_or(port))),
        None => (host_port, None),
    }
}

/// Text after the slashes, up to where WHATWG ends the authority of a special URL: `/`, `\`, `?`
/// or `#`. Returns what follows, too.
pub(super) fn whatwg(hierarchical: &str) -> (&str, &str) {
    split_at_any(hierarchical, b"/\\?#")
}

/// The same by RFC 3986 §3.2: `/`, `?` or `#`; a backslash is an ordinary character.
pub(super) fn rfc3986(hierarchical: &str) -> (&str, &str) {
    split_at_any(hierarchical, b"/?#")
}

fn split_at_any<'a>(text: &'a str, ends: &[u8]) -> (&'a str, &'a str) {
    text.split_at(text.bytes().position(|b| ends.contains(&b)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (&str, Option<u16>, bool) {
        let authority = Authority::of(text);
        (authority.host, authority.port, authority.bad_port)
    }

    #[test]
    fn splits_userinfo_host_and_port() {
        assert_eq!(parts("example.com"), ("example.com", None, false));
        assert_eq!(parts("u:p@example.com:8080"), ("example.com", Some(8080), false));
        assert_eq!(parts("a@b@c"), ("c", None, false));
        assert_eq!(parts("[::1]:80"), ("[::1]", Some(80), false));
        assert_eq!(parts("[::1]"), ("[::1]", None, false));
        assert_eq!(parts("h:"), ("h", None, false));
        assert_eq!(parts("h:0"), ("h", None, true));
        assert_eq!(parts("h:99999"), ("h", None, true));
        assert_eq!(parts("h:key"), ("h", None, true));
        assert_eq!(parts("127.0.0.1:11211:80"), ("127.0.0.1", Some(11211), false));
        assert_eq!(parts("[::1"), ("[::1", None, false));
    }

    #[test]
    fn a_backslash_ends_only_one_of_them() {
        assert_eq!(whatwg("good.example\\@evil.example/x"), ("good.example", "\\@evil.example/x"));
        assert_eq!(rfc3986("good.example\\@evil.example/x"), ("good.example\\@evil.example", "/x"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".{0,60}") {
            let _ = (Authority::of(&text).is_plausible(), whatwg(&text), rfc3986(&text));
        }
    }
}
