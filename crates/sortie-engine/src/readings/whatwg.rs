//! The URL Standard (WHATWG), by the `url` crate, without a base URL.
//!
//! Where the crate departs from the standard of 2024 this file mends it: in a URL that is not
//! special a backslash ends no port and an `@` must be followed by a host, and a file's host stays
//! before the letter of a drive. A port that is the scheme's own is dropped, so it reads as the
//! default.
//!
//! Checked against Node 20, whose parser is ada 2.9. Not followed: ada takes names in both writing
//! directions that UTS 46 refuses (CheckBidi), and has the tables of an older Unicode.

use url::Url;

use super::{Port, Reading, split};

pub(super) fn read(text: &str) -> Reading {
    let Ok(url) = Url::parse(text) else { return Reading::Rejected };
    let port = url.port().map_or(Port::Default, Port::Number);
    match url.host_str() {
        None if url.scheme() == "file" && has_drive(url.path()) => file(text),
        _ if !url.is_special() && url.has_authority() && !is_authority(text) => Reading::Rejected,
        host => Reading::of_nonempty(host.unwrap_or_default(), port),
    }
}

/// Whether the authority of a URL that is not special is right, as far as the crate does not look.
fn is_authority(text: &str) -> bool {
    let clean = clean(text);
    let (authority, _) = split::before(after_slashes(&clean), &['/', '?', '#']);
    let host = split::after_last_at(authority);
    !host.contains('\\') && (!host.is_empty() || authority.is_empty())
}

/// The host before a drive, which the crate drops.
fn file(text: &str) -> Reading {
    let clean = clean(text);
    let (authority, _) = split::before(after_slashes(&clean), &['/', '\\', '?', '#']);
    let url = Url::parse(&format!("file://{authority}/"));
    url.map_or(Reading::Rejected, |url| Reading::of_nonempty(url.host_str().unwrap_or_default(), Port::Default))
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Without what the standard removes before anything else.
fn clean(text: &str) -> String {
    text.trim_matches(|c| c <= ' ').replace(['\t', '\n', '\r'], "")
}

/// What follows the scheme and two slashes; nothing without those.
fn after_slashes(clean: &str) -> &str {
    let rest = clean.split_once(':').map_or("", |(_, rest)| rest);
    if rest.starts_with(['/', '\\']) && rest[1..].starts_with(['/', '\\']) { &rest[2..] } else { "" }
}
