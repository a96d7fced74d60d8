//! Java's `java.net.URL`, its `getHost()` and `getPort()`.
//!
//! As in OpenJDK 17 (`java.base/java/net/URL.java`, `URLStreamHandler.java`, and the handlers of its
//! own schemes under `sun/net/www/protocol`). Other schemes are refused, as they are where no
//! handler is installed for them. A `jar:` URL has no host; Java dials the archive that it names,
//! which is a URL of its own, to be read by itself.

use super::{Port, Reading, decimal, ipv6, nfkc, split};

/// Schemes that are read as `http` is.
const HIERARCHICAL: [&str; 6] = ["file", "ftp", "http", "https", "jmod", "jrt"];

/// What a scheme's handler makes of the rest.
enum Handler {
    Hierarchical,
    Jar,
    Mailto,
}

pub(super) fn read(text: &str) -> Reading {
    let Some((handler, rest)) = handler(text) else { return Reading::Rejected };
    match handler {
        Handler::Hierarchical => hierarchical(rest),
        // Its archive is a URL of its own, which must be right; nothing is before the scheme then.
        Handler::Jar if starts_with_ignoring_case(text, "jar:") => match rest.rfind("!/").map(|end| &rest[..end]) {
            Some(archive) if is_archive(archive) => Reading::NoHost,
            _ => Reading::Rejected,
        },
        Handler::Mailto if !rest.chars().all(is_java_whitespace) => Reading::NoHost,
        Handler::Jar | Handler::Mailto => Reading::Rejected,
    }
}

/// The handler of a URL's scheme, and what stands between the scheme and the fragment.
fn handler(text: &str) -> Option<(Handler, &str)> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let url = if starts_with_ignoring_case(trimmed, "url:") { &trimmed[4..] } else { trimmed };
    let (scheme, rest) = url.split_once(':')?;
    let handler = match &*scheme.to_ascii_lowercase() {
        "jar" => Handler::Jar,
        "mailto" => Handler::Mailto,
        scheme if HIERARCHICAL.contains(&scheme) => Handler::Hierarchical,
        _ => return None,
    };
    Some((handler, rest.split('#').next().unwrap_or_default()))
}

/// Whether a URL can be an archive: of any scheme but `jar`, which does not nest.
fn is_archive(url: &str) -> bool {
    match handler(url) {
        Some((Handler::Hierarchical, rest)) => hierarchical(rest) != Reading::Rejected,
        Some((Handler::Mailto, rest)) => !rest.chars().all(is_java_whitespace),
        Some((Handler::Jar, _)) | None => false,
    }
}

fn hierarchical(rest: &str) -> Reading {
    let (path, _) = split::before(rest, &['?']);
    // Four slashes are a name of Windows' network.
    let Some(after) = path.strip_prefix("//").filter(|_| !path.starts_with("////")) else { return Reading::NoHost };
    let (authority, _) = split::before(after, &['/']);
    let host = match authority.split_once('@') {
        Some((_, host)) if host.contains('@') => return Reading::NoHost,
        Some((_, host)) => host,
        None => authority,
    };
    match host_and_port(host) {
        Some((host, port)) if !nfkc::has_delimiter(host) && !host.contains(|c: char| c.is_ascii_control()) => {
            Reading::of_nonempty(host, port)
        }
        _ => Reading::Rejected,
    }
}

fn host_and_port(text: &str) -> Option<(&str, Port)> {
    if !text.starts_with('[') {
        let (host, digits) = text.split_once(':').unwrap_or((text, ""));
        return Some((host, port(digits)?));
    }
    let (host, after) = text.split_at(text.find(']')? + 1);
    let digits = if after.is_empty() { "" } else { after.strip_prefix(':')? };
    is_v6(&host[1..host.len() - 1]).then_some((host, port(digits)?))
}

/// A number as `Integer.parseInt` reads it: with a sign, in any digits. Minus one is no port.
fn port(text: &str) -> Option<Port> {
    if text.is_empty() {
        return Some(Port::Default);
    }
    let ascii: String = text.chars().map(|c| decimal::digit(c).unwrap_or(c)).collect();
    match ascii.parse::<i32>().ok()? {
        -1 => Some(Port::Default),
        number @ 0.. => Some(u16::try_from(number).map_or(Port::Invalid, Port::Number)),
        _ => None,
    }
}

/// An IPv6 address, perhaps with a zone; its groups may have any number of leading zeros.
fn is_v6(text: &str) -> bool {
    let address = match text.split_once('%') {
        Some((_, "")) => return false,
        Some((address, _)) => address,
        None => text,
    };
    let groups: Vec<&str> = address.split(':').map(without_zeros).collect();
    ipv6::is_address(&groups.join(":"), ipv6::is_padded_octet)
}

fn without_zeros(group: &str) -> &str {
    match group.trim_start_matches('0') {
        "" if !group.is_empty() => "0",
        trimmed if trimmed.starts_with('.') => group,
        trimmed => trimmed,
    }
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// `Character.isWhitespace`: no-break spaces are none, the separators of ASCII are.
fn is_java_whitespace(c: char) -> bool {
    matches!(c, '\u{1c}'..='\u{1f}')
        || (c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}'))
}
