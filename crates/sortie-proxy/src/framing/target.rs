//! Request targets (RFC 9112 §3.2) and their authority against `Host`.

use super::problem::{Oddities, Oddity, Problem};
use super::token::{has_control, is_host_text};

/// A target as far as framing and routing depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// `/path?query`, or `*`.
    Origin,
    /// `scheme://authority/path`.
    Absolute { authority: &'a [u8], default_port: &'static [u8] },
    /// `host:port` of CONNECT.
    Authority,
}

impl<'a> Target<'a> {
    /// Reads the target of a request with that method.
    pub(super) fn parse(method: &[u8], text: &'a [u8], odd: &mut Oddities) -> Result<Self, Problem> {
        if text.is_empty() || has_control(text) || text.contains(&b'\t') {
            return Err(Problem::Target);
        }
        if !text.is_ascii() {
            odd.note(Oddity::NotAscii);
        }
        if memchr::memchr(b'#', text).is_some() {
            odd.note(Oddity::Fragment);
        }
        if method == b"CONNECT" {
            return Self::authority(text).map(|_| Self::Authority);
        }
        match text {
            [b'/', ..] => Ok(Self::Origin),
            b"*" if method == b"OPTIONS" => Ok(Self::Origin),
            _ => Self::absolute(text),
        }
    }

    fn absolute(text: &'a [u8]) -> Result<Self, Problem> {
        let colon = memchr::memchr(b':', text).ok_or(Problem::Target)?;
        let (scheme, rest) = text.split_at(colon);
        let rest = rest.strip_prefix(b"://").ok_or(Problem::Target)?;
        if !is_scheme(scheme) {
            return Err(Problem::Target);
        }
        let end = memchr::memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len());
        let authority = Self::authority(&rest[..end])?;
        Ok(Self::Absolute { authority, default_port: default_port(scheme) })
    }

    /// A non-empty `host[:port]`. User information is refused: where `@` stands decides which of
    /// two hosts is meant, and clients have no business sending it.
    fn authority(text: &'a [u8]) -> Result<&'a [u8], Problem> {
        if text.is_empty() { Err(Problem::HostMalformed) } else { check_host(text).map(|()| text) }
    }

    /// Whether the target and the `Host` field name the same host and port.
    pub(super) fn agrees_with(self, host: &[u8]) -> bool {
        match self {
            // Whoever opens a tunnel goes by the target, and passes its `Host` to nobody.
            Self::Origin | Self::Authority => true,
            Self::Absolute { authority, default_port } => {
                let (name, port) = split_port(authority);
                let (host_name, host_port) = split_port(host);
                name.eq_ignore_ascii_case(host_name)
                    && effective(port, default_port) == effective(host_port, default_port)
            }
        }
    }
}

/// Whether `text` can be the value of `Host`: `host[:port]`, or empty.
pub(super) fn check_host(text: &[u8]) -> Result<(), Problem> {
    if !is_host_text(text) {
        return Err(Problem::HostMalformed);
    }
    let (name, port) = split_port(text);
    let brackets_are_right = match name {
        [b'[', inner @ .., b']'] => !inner.contains(&b'[') && !inner.contains(&b']'),
        _ => !name.iter().any(|byte| matches!(byte, b'[' | b']' | b':')),
    };
    let port_is_right = port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    let name_is_there = !name.is_empty() || text.is_empty();
    if brackets_are_right && port_is_right && name_is_there { Ok(()) } else { Err(Problem::HostMalformed) }
}

fn effective<'a>(port: &'a [u8], default: &'a [u8]) -> &'a [u8] {
    if port.is_empty() { default } else { port }
}

/// Host and port; an absent and an empty port are the same.
fn split_port(text: &[u8]) -> (&[u8], &[u8]) {
    let from = if text.first() == Some(&b'[') { memchr::memchr(b']', text).unwrap_or(0) } else { 0 };
    match memchr::memchr(b':', &text[from..]) {
        Some(colon) => (&text[..from + colon], &text[from + colon + 1..]),
        None => (text, b""),
    }
}

fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn default_port(scheme: &[u8]) -> &'static [u8] {
    if scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"ws") {
        b"80"
    } else if scheme.eq_ignore_ascii_case(b"https") || scheme.eq_ignore_ascii_case(b"wss") {
        b"443"
    } else {
        b""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(method: &str, text: &'a str) -> Result<Target<'a>, Problem> {
        Target::parse(method.as_bytes(), text.as_bytes(), &mut Oddities::default())
    }

    #[test]
    fn each_form_with_its_method() {
        for (method, text) in [("GET", "/"), ("GET", "//a/b?c"), ("OPTIONS", "*")] {
            assert_eq!(parse(method, text), Ok(Target::Origin), "{method} {text}");
        }
        assert_eq!(
            parse("GET", "HTTP://a.example:80?x"),
            Ok(Target::Absolute { authority: b"a.example:80", default_port: b"80" })
        );
        assert_eq!(parse("CONNECT", "a.example:443"), Ok(Target::Authority));
    }

    #[test]
    fn what_is_no_target() {
        for (method, text) in [
            ("GET", "*"),
            ("GET", "a.example:80"),
            ("GET", "a.example"),
            ("GET", "1http://a/"),
            ("GET", "/a\tb"),
            ("GET", "/a\x7f"),
            ("GET", ""),
            ("GET", "mailto:a"),
        ] {
            assert_eq!(parse(method, text), Err(Problem::Target), "{method} {text}");
        }
        for (method, text) in [
            ("CONNECT", "/a"),
            ("CONNECT", "a@b:1"),
            ("GET", "http:///a"),
            ("GET", "http://u@a/"),
            ("GET", "http://a\\b/"),
            ("GET", "http://a,b/"),
            ("GET", "http://[::1/"),
            ("GET", "http://a:b/"),
        ] {
            assert_eq!(parse(method, text), Err(Problem::HostMalformed), "{method} {text}");
        }
    }

    #[test]
    fn default_ports_and_letter_case_make_no_difference() {
        let agree = |text: &str, host: &str| parse("GET", text).map(|target| target.agrees_with(host.as_bytes()));
        for host in ["a.example", "A.example:80", "a.example:"] {
            assert_eq!(agree("http://a.EXAMPLE/x", host), Ok(true), "{host}");
        }
        for host in ["b.example", "a.example:81", "", "a.example.", "[::1]"] {
            assert_eq!(agree("http://a.example/x", host), Ok(false), "{host}");
        }
        assert_eq!(agree("http://[::1]:8080/", "[::1]:8080"), Ok(true));
        assert_eq!(agree("http://[::1]/", "[::1]:8080"), Ok(false));
    }

    #[test]
    fn the_host_of_a_tunnel_says_nothing() {
        let target = parse("CONNECT", "a.example:443").unwrap_or(Target::Origin);
        for host in ["a.example:443", "a.example", "b.example", ""] {
            assert!(target.agrees_with(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn hosts() {
        for good in ["", "a", "a_b:1", "[::1]", "[fe80::1%25eth0]:80", "127.0.0.1:65535", "a:"] {
            assert_eq!(check_host(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in ["a b", "a,b", "a/b", "a@b", ":80", "::1", "[::1", "a]", "a:1:2", "a:123456", "[[::1]]", "[::1]x"] {
            assert_eq!(check_host(bad.as_bytes()), Err(Problem::HostMalformed), "{bad}");
        }
    }
}
