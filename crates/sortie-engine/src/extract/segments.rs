//! A path in its segments: words of the API, identifiers, and the rest that a URL or host makes of
//! everything behind its beginning.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;
use sortie_model::{limits, path};

use super::host::Trust;
use super::reading::{Reading, whole};
use super::{decode, label, prose};

/// Longest word of a path, in bytes; what is longer is an identifier.
const WORD_LENGTH: usize = 64;
/// Digits of a version.
const VERSION_LENGTH: usize = 3;

/// Characters of the ending of a file.
const ENDING_LENGTH: usize = 5;

/// Endings that name a representation, not a resource.
const REPRESENTATIONS: &[&str] = &[".json", ".xml", ".csv"];

/// Collections whose members are named by host: a host behind one of these is an identifier, and
/// the path goes on behind it (`/v2/domains/example.com/records`).
#[rustfmt::skip]
const COLLECTIONS: &[&str] = &[
    "addresses", "certificates", "dns", "domain", "domains", "host", "hostnames", "hosts", "instances", "ip", "ips", "ipv6",
    "machines", "mx", "nodes", "ptr", "rdns", "records", "servers", "sites", "zones",
];

/// Words before `http/host/…` by which a single label is a host there.
#[rustfmt::skip]
const FETCHERS: &[&str] = &[
    "download", "fetch", "forward", "get", "img", "load", "proxy", "relay", "remote", "resize", "tunnel", "unsafe",
    "url",
];

/// One segment, percent-decoded and without its parameters (`;v=1`).
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Segment<'a> {
    /// A word of the API.
    Word(Cow<'a, str>),
    /// An identifier, with what of it is no identifier: `{id}.json`, `Products({id})`.
    Id { before: Cow<'a, str>, id: Cow<'a, str>, after: &'static str },
}

impl Segment<'_> {
    /// The whole segment as it was decoded, for a search; words of the API are of no interest.
    pub(super) fn searched(&self) -> Option<&str> {
        match self {
            Self::Word(_) => None,
            Self::Id { id, .. } => Some(id),
        }
    }
}

/// What remains of a path where its segments end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest<'a> {
    /// A URL or host begins here.
    Destination(&'a str),
    /// A URL in base64, cut into segments (`/aHR0cDovL2V4/YW1wbGUu….png`), as some servers of images take it.
    Encoded(&'a str),
    /// `http/host/path`: scheme and URL are separate segments.
    Separated { scheme: &'static str, tail: &'a str },
    /// More segments than are told apart.
    Long(&'a str),
}

/// A path, split.
#[derive(Debug, PartialEq)]
pub(super) struct Segments<'a> {
    pub(super) segments: SmallVec<[Segment<'a>; 8]>,
    pub(super) rest: Option<Rest<'a>>,
}

impl Segments<'_> {
    /// Whether the segment with this index is a member of a collection whose members are named by labels.
    pub(super) fn is_of_labels(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| self.segments.get(before));
        before.is_some_and(is_collection_of_labels)
    }
}

/// Splits the path of a request target. Empty segments, dot segments and a trailing slash leave no
/// trace, as in most routers.
pub(super) fn split(target: &str) -> Segments<'_> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let mut split = Segments { segments: SmallVec::new(), rest: None };
    let mut position = 0;
    for raw in path.split('/') {
        let tail = &path[position..];
        position += raw.len() + 1;
        if raw.is_empty() {
            continue;
        }
        let is_of_labels = split.segments.last().is_some_and(is_collection_of_labels);
        if let Some(segment) = simple(raw).filter(|_| split.segments.len() + 1 < limits::PATH_SEGMENTS) {
            split.segments.push(if is_of_labels { member(Cow::Borrowed(raw)) } else { segment });
            continue;
        }
        let decoded = percent_decoded(raw);
        split.rest = rest(raw, &decoded, tail, &split.segments);
        if split.rest.is_some() {
            break;
        }
        let whole = is_of_labels.then(|| decoded.clone());
        match without_parameters(decoded) {
            segment if segment.is_empty() || segment == "." => {}
            segment if segment == ".." => {
                split.segments.pop();
            }
            _ if split.segments.len() + 1 >= limits::PATH_SEGMENTS => {
                split.rest = Some(Rest::Long(tail));
                break;
            }
            // What follows a semicolon may be part of what is made of a label.
            segment => split.segments.push(whole.map_or_else(|| classify(segment), member)),
        }
    }
    split
}

/// What most segments are, and what is no destination in any reading: small letters and hyphens,
/// `v1`, a plain number.
fn simple(raw: &str) -> Option<Segment<'_>> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_word = || raw.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_'));
    let is_version = || raw.strip_prefix('v').is_some_and(|number| number.len() <= VERSION_LENGTH && is_number(number));
    if raw.len() <= WORD_LENGTH && is_word() && !matches!(raw, "http" | "https" | "ftp" | "localhost") || is_version() {
        return Some(Segment::Word(Cow::Borrowed(raw)));
    }
    let id = || Segment::Id { before: Cow::Borrowed(""), id: Cow::Borrowed(raw), after: "" };
    (raw.len() <= WORD_LENGTH && is_number(raw)).then(id)
}

fn percent_decoded(raw: &str) -> Cow<'_, str> {
    if raw.contains('%') { percent_decode_str(raw).decode_utf8_lossy() } else { Cow::Borrowed(raw) }
}

fn without_parameters(segment: Cow<'_, str>) -> Cow<'_, str> {
    match (segment.find(';'), segment) {
        (Some(end), Cow::Borrowed(text)) => Cow::Borrowed(&text[..end]),
        (Some(end), Cow::Owned(mut text)) => {
            text.truncate(end);
            Cow::Owned(text)
        }
        (None, segment) => segment,
    }
}

/// Whether a destination begins in this segment; `tail` is the raw path from here on.
fn rest<'a>(raw: &'a str, decoded: &str, tail: &'a str, before: &[Segment<'_>]) -> Option<Rest<'a>> {
    if decoded.ends_with(':') && begins_url(decoded, &tail[raw.len()..]) {
        return Some(Rest::Destination(tail));
    }
    if let Some(rest) = separated(raw, decoded, tail, before) {
        return Some(rest);
    }
    if raw.starts_with(HTTP) && joined(tail).is_some() {
        return Some(Rest::Encoded(tail));
    }
    in_some_layer(decoded, |text| holds_destination(text, before)).then_some(Rest::Destination(tail))
}

/// How `http` begins in base64.
const HTTP: &str = "aHR0c";
/// Digits of each segment of base64 that is cut into them, but for the last (imgproxy's documentation, "Base64 encoded").
const SEGMENT_DIGITS: usize = 16;

/// The base64 that the segments of a tail are together, without the ending of a file; `None` where they are none.
pub(super) fn joined(tail: &str) -> Option<String> {
    let (whole, _last) = tail.rsplit_once('/')?;
    if whole.split('/').any(|segment| segment.len() != SEGMENT_DIGITS) {
        return None;
    }
    let digits = tail.split('/').collect::<String>();
    let end = digits.rfind(['.', '@']).unwrap_or(digits.len());
    let digits = &digits[..end];
    decode::base64(digits).map(|_| digits.to_owned())
}

/// Whether a text is as asked as it stands or under some layers of percent-encoding.
fn in_some_layer(text: &str, is_met: impl Fn(&str) -> bool) -> bool {
    let mut text = Cow::Borrowed(text);
    for _ in 0..limits::DECODING_DEPTH {
        if is_met(&text) {
            return true;
        }
        match decode::percent(&text) {
            Some(again) => text = Cow::Owned(again),
            None => return false,
        }
    }
    false
}

/// `http:` before one or two slashes, `gopher:` before two; perhaps behind `filter(` or `url=`.
fn begins_url(decoded: &str, after: &str) -> bool {
    if after.starts_with("//") {
        return prose::starts(&format!("{decoded}//")).next().is_some();
    }
    let word = decoded.trim_end_matches(':');
    let is_web = ["http", "https", "ftp", "ws", "wss"].iter().any(|scheme| {
        let start = word.len().saturating_sub(scheme.len());
        word.as_bytes()[start..].eq_ignore_ascii_case(scheme.as_bytes())
    });
    is_web && after.len() > 1
}

/// `/proxy/http/host/path`, as the back end sees it: decoded.
fn separated<'a>(raw: &str, decoded: &str, tail: &'a str, before: &[Segment<'_>]) -> Option<Rest<'a>> {
    let scheme = ["http", "https", "ftp"]
        .into_iter()
        .find(|scheme| in_some_layer(decoded, |text| text.eq_ignore_ascii_case(scheme)))?;
    let tail = tail.get(raw.len() + 1..)?.trim_start_matches('/');
    let host = tail.split('/').next().filter(|host| !host.is_empty())?;
    let is_fetched = before.iter().any(|segment| is_word_of(segment, FETCHERS));
    let trust = if is_fetched { Trust::Host } else { Trust::Strict };
    in_some_layer(host, |host| whole(host, trust).is_some()).then_some(Rest::Separated { scheme, tail })
}

fn is_word_of(segment: &Segment<'_>, list: &[&str]) -> bool {
    matches!(segment, Segment::Word(word) if list.iter().any(|entry| entry.eq_ignore_ascii_case(word)))
}

/// `domains`, `reserved_ips`.
fn is_collection(segment: &Segment<'_>) -> bool {
    let Segment::Word(word) = segment else { return false };
    let last = word.rsplit(['_', '-']).next().unwrap_or_default();
    COLLECTIONS.iter().any(|entry| entry.eq_ignore_ascii_case(last))
}

/// `tenants`: what stands behind it is completed to a host by some, and whatever else is put there stands at the
/// same place.
fn is_collection_of_labels(segment: &Segment<'_>) -> bool {
    matches!(segment, Segment::Word(word) if label::is_collection(word))
}

/// A member of such a collection.
fn member(segment: Cow<'_, str>) -> Segment<'_> {
    match ending_of(&segment) {
        Some(ending) => representation(&segment, ending),
        None => Segment::Id { before: Cow::Borrowed(""), id: segment, after: "" },
    }
}

/// Whether a decoded segment is or holds a destination.
fn holds_destination(text: &str, before: &[Segment<'_>]) -> bool {
    if before.last().is_some_and(is_collection_of_labels) {
        return false;
    }
    let is_candidate = |text: &str| whole(text, Trust::Strict).is_some();
    if prose::starts(text).next().is_some() {
        return true;
    }
    if is_candidate(text) {
        // Members of a collection are identifiers, unless they are URLs.
        let is_member = before.last().is_some_and(is_collection);
        return !is_member || text.contains('/');
    }
    // `0x7f.1:9000/x`: an address in any notation, letters that IDNA turns into others, or a port, before
    // a path of its own.
    let is_authority = |text: &str| {
        let is_telling = |r: Reading<'_>| r.host.as_ip().is_some() || r.port.is_some() || !r.written.is_ascii();
        whole(text, Trust::Destination).is_some_and(is_telling)
    };
    text.contains('/') && is_authority(text)
        || text.contains('(') && text.split(['(', ')', ',']).skip(1).any(is_candidate)
}

/// Tells identifiers from words by their format.
fn classify(segment: Cow<'_, str>) -> Segment<'_> {
    if let Some((word, arguments)) = segment.strip_suffix(')').and_then(|text| text.split_once('('))
        && !word.is_empty()
        && is_word(word)
    {
        return Segment::Id {
            before: Cow::Owned(format!("{word}(")),
            id: Cow::Owned(arguments.to_owned()),
            after: ")",
        };
    }
    if let Some(ending) = ending_of(&segment) {
        let stem = &segment[..segment.len() - ending.len()];
        if is_id(stem) || !is_word(stem) {
            return representation(&segment, ending);
        }
    }
    if let Some(stem) = encoded(&segment) {
        return Segment::Id { before: Cow::Borrowed(""), id: Cow::Owned(stem.to_owned()), after: "" };
    }
    if is_word(&segment) && !is_id(&segment) {
        return Segment::Word(segment);
    }
    Segment::Id { before: Cow::Borrowed(""), id: segment, after: "" }
}

/// What is text in base64 or hexadecimal, before the ending of a file that is made of it: servers of images take
/// theirs so (`/aHR0cDovL….webp`), and the ending says what they answer with, not which resource it is.
fn encoded(segment: &str) -> Option<&str> {
    let (stem, ending) = segment.rsplit_once(['.', '@'])?;
    let is_ending = (1..=ENDING_LENGTH).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_ending && (decode::base64(stem).is_some() || decode::hex(stem).is_some())).then_some(stem)
}

/// The ending that names a representation.
fn ending_of(segment: &str) -> Option<&'static str> {
    let is_ending = |ending: &&str| segment.len() > ending.len() && segment.ends_with(*ending);
    REPRESENTATIONS.iter().copied().find(is_ending)
}

/// An identifier before such an ending.
fn representation(segment: &str, ending: &'static str) -> Segment<'static> {
    let stem = &segment[..segment.len() - ending.len()];
    Segment::Id { before: Cow::Borrowed(""), id: Cow::Owned(stem.to_owned()), after: ending }
}

/// Short, and of characters that stand in a path unescaped (RFC 3986 §3.3).
fn is_word(segment: &str) -> bool {
    segment.len() <= WORD_LENGTH && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'*+,=:@".contains(&b))
}

fn is_id(segment: &str) -> bool {
    path::is_id_format(segment)
        || is_dimension(segment)
        || is_phone(segment)
        || whole(segment, Trust::Strict).is_some()
        || decode::base64(segment).is_some()
}

/// `640x480`, `20x20`.
fn is_dimension(segment: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    segment.split_once(['x', 'X']).is_some_and(|(width, height)| is_number(width) && is_number(height))
}

fn is_phone(segment: &str) -> bool {
    segment.strip_prefix('+').is_some_and(|digits| digits.len() >= 6 && digits.bytes().all(|b| b.is_ascii_digit()))
}
