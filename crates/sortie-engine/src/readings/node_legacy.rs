//! Node's legacy `url.parse`.
//!
//! As in Node 20.20.2 (`lib/url.js`), whose IDNA is ada's; here it is the `idna` crate's, with the
//! differences that [`super::whatwg`] names.

use super::{Port, Reading, a_labels, split};

/// Schemes without a host.
const HOSTLESS: &str = "javascript:";
/// Schemes that have a host only behind two slashes, looked up as they are written.
const SLASHED: [&str; 7] = ["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"];
/// Longest host in UTF-16 code units; a longer one is dropped.
const HOST: usize = 255;

pub(super) fn read(text: &str) -> Reading {
    let rest = with_slashes(text.trim_matches(is_space));
    if is_simple_path(&rest) {
        return Reading::NoHost;
    }
    let (scheme, rest) = rest.split_at(scheme_length(&rest));
    let is_hostless = scheme.eq_ignore_ascii_case(HOSTLESS);
    let may_have_host = !scheme.is_empty() || starts_with_userinfo(rest);
    let authority = match rest.strip_prefix("//").filter(|_| may_have_host) {
        _ if is_hostless => return Reading::NoHost,
        Some(rest) => rest,
        None if !scheme.is_empty() && !SLASHED.contains(&scheme) => rest,
        None => return Reading::NoHost,
    };
    match host_and_port(authority) {
        Some((host, port)) => Reading::of(host, port),
        None => Reading::Rejected,
    }
}

/// What is trimmed from both ends.
fn is_space(c: char) -> bool {
    matches!(c, '\0'..=' ' | '\u{a0}' | '\u{feff}')
}

/// Backslashes before the query are slashes.
fn with_slashes(text: &str) -> String {
    let (head, tail) = split::before(text, &['?', '#']);
    head.replace('\\', "/") + tail
}

/// A path of this host, or what looks like one: no scheme, no `@` before its query, no fragment, no
/// space.
fn is_simple_path(text: &str) -> bool {
    let (head, _) = split::before(text, &['?', '#']);
    text.starts_with('/')
        && !text.starts_with("///")
        && !head.contains('@')
        && !text.contains('#')
        && !text.contains(is_js_space)
}

/// `\s` of a regular expression in JavaScript.
fn is_js_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// Length of a scheme with its colon; none is zero. It may begin with a digit.
fn scheme_length(text: &str) -> usize {
    let end = text.bytes().position(|b| !split::is_scheme_byte(b));
    end.filter(|&end| end > 0 && text[end..].starts_with(':')).map_or(0, |end| end + 1)
}

/// `//user@host`, which has a host even without a scheme.
fn starts_with_userinfo(text: &str) -> bool {
    let Some((user, after)) = text.strip_prefix("//").and_then(|rest| rest.split_once('@')) else { return false };
    !user.is_empty() && !user.contains('/') && !after.is_empty() && !after.starts_with(['@', '/'])
}

/// Host and port, if userinfo and host can be decoded.
fn host_and_port(rest: &str) -> Option<(String, Port)> {
    let (authority, _) = split::before(rest, &['/', '?', '#']);
    let clean = authority.replace(['\t', '\n', '\r'], "");
    let (userinfo, rest) = clean.rsplit_once('@').unwrap_or(("", &clean));
    if !is_decodable(userinfo) {
        return None;
    }
    // What no host may hold ends it; before an `@` it does not.
    let (host, _) = split::before(rest, &[' ', '"', '%', '\'', ';', '<', '>', '^', '`', '{', '|', '}']);
    let name = host.trim_end_matches(|c: char| c.is_ascii_digit());
    let (name, port) = name.strip_suffix(':').map_or((host, ""), |bare| (bare, &host[name.len()..]));
    Some((normal(name)?, Port::of(port)))
}

/// Whether `decodeURIComponent` takes it: whole escapes that make UTF-8.
fn is_decodable(text: &str) -> bool {
    split::escapes_are_whole(text) && percent_encoding::percent_decode_str(text).decode_utf8().is_ok()
}

/// In lower case; an address without its brackets, a name up to a colon and in ASCII.
fn normal(host: &str) -> Option<String> {
    let literal = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let name = if literal.is_some() { host } else { host.split(':').next().unwrap_or_default() };
    if name.encode_utf16().count() > HOST || name.is_empty() {
        return Some(String::new());
    }
    if let Some(literal) = literal {
        return (!literal.contains('\0')).then(|| literal.to_lowercase());
    }
    let ascii = a_labels::uts46(&name.to_lowercase())?;
    // It comes back as a string of C, which ends at a zero.
    let ascii = ascii.split('\0').next().unwrap_or_default();
    let is_forbidden = |c: char| matches!(c, '\t' | '\n' | '\r' | ' ') || "#%/:<>?@[\\]^|".contains(c);
    (!ascii.is_empty() && !ascii.contains(is_forbidden)).then(|| ascii.to_owned())
}
