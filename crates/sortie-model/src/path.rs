//! Paths as they are compared and as they are shown.
//!
//! A visible path is the strongest evidence against a coincidence, but it may hold what is private.
//! So a path is normalised (RFC 3986 §6.2.2, no fragment), split into segments, and each segment is
//! kept as a keyed digest; what people see is a second, redacted text.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::limits;
use crate::privacy::{Domain, Key};

/// A path and query in digests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PathDigest {
    segments: SmallVec<[u64; 6]>,
    query: Option<u64>,
}

/// How a dial's path stands to a candidate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathMatch {
    /// Path and query are equal.
    Equal,
    /// The path is equal, the query differs.
    PathOnly,
    /// The dial's path begins with the candidate's.
    Prefix,
    /// The dial's path ends with the candidate's.
    Suffix,
    /// The dial's path holds the candidate's somewhere.
    Contained,
    /// The paths have nothing to do with each other.
    Different,
    /// The candidate names no path (a bare host).
    Unnamed,
    /// The dial shows no path (TLS, an opaque tunnel).
    Hidden,
}

impl PathDigest {
    /// Normalises and digests what follows the authority of a URL: `/a/b?x=1`. A fragment is
    /// dropped. Segments beyond [`limits::PATH_SEGMENTS`] are folded into the last one.
    pub fn of(path_and_query: &str, key: &Key) -> Self {
        let (path, query) = without_fragment(path_and_query);
        let mut parts = normal_segments(path);
        if parts.len() > limits::PATH_SEGMENTS {
            let rest: Vec<_> = parts.drain(limits::PATH_SEGMENTS - 1..).collect();
            parts.push(Cow::Owned(rest.join("/")));
        }
        Self {
            segments: parts.iter().map(|part| key.digest(Domain::Segment, part.as_bytes()).short()).collect(),
            query: query
                .filter(|q| !q.is_empty())
                .map(|q| key.digest(Domain::Query, normal_query(q).as_bytes()).short()),
        }
    }

    /// Whether it is `/` without a query.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty() && self.query.is_none()
    }

    /// One number for path and query, to keep in sets of shown paths.
    pub fn fingerprint(&self) -> u64 {
        self.segments
            .iter()
            .chain([&u64::MAX])
            .chain(self.query.as_ref())
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, part| {
                (hash.rotate_left(23) ^ part).wrapping_mul(0x0000_0100_0000_01b3)
            })
    }

    /// Whether two paths are of one kind: equal but for the query, or but for one of several segments,
    /// as `/v1/credit/17` and `/v1/credit/18` are.
    pub fn is_kin(&self, other: &Self) -> bool {
        let (one, two) = (&self.segments[..], &other.segments[..]);
        let differing = one.iter().zip(two).filter(|(a, b)| a != b).count();
        one.len() == two.len() && (differing == 0 || (differing == 1 && one.len() >= 2))
    }

    /// How `dialled` stands to `self`, the path a candidate named.
    pub fn compare(&self, dialled: &Self) -> PathMatch {
        let (named, seen) = (&self.segments[..], &dialled.segments[..]);
        if named == seen {
            return if self.query == dialled.query { PathMatch::Equal } else { PathMatch::PathOnly };
        }
        // Whoever names a host and `/` has most often named the host, for a program to add its own path.
        if named.is_empty() {
            return if self.query.is_none() { PathMatch::Unnamed } else { PathMatch::Different };
        }
        if seen.starts_with(named) {
            PathMatch::Prefix
        } else if seen.ends_with(named) {
            PathMatch::Suffix
        } else if seen.windows(named.len()).any(|window| window == named) {
            PathMatch::Contained
        } else {
            PathMatch::Different
        }
    }
}

/// Path and query of a text, without its fragment.
fn without_fragment(text: &str) -> (&str, Option<&str>) {
    let (text, _) = split_at(text, b'#');
    split_at(text, b'?')
}

/// What stands before the first of a byte, and behind it. Most texts are short: a loop finds it sooner than what is
/// made for long ones.
fn split_at(text: &str, sign: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == sign) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// The path with its dot segments removed (RFC 3986 §5.2.4) and its unreserved characters decoded
/// (§6.2.2.2); empty segments are dropped, because clients and servers merge slashes at will.
///
/// A backslash ends a segment, escaped or not: some clients send a slash for it, others escape it.
fn normal_segments(path: &str) -> SmallVec<[Cow<'_, str>; 8]> {
    let mut kept = SmallVec::new();
    let mut rest = Some(path);
    while let Some(text) = rest {
        let (raw, behind) = split_at(text, b'/');
        rest = behind;
        match normal_text(raw) {
            Cow::Borrowed(text) if !text.as_bytes().contains(&b'\\') => keep(&mut kept, Cow::Borrowed(text)),
            Cow::Borrowed(text) => text.split('\\').for_each(|part| keep(&mut kept, Cow::Borrowed(part))),
            Cow::Owned(text) if text.contains('\\') => {
                text.split('\\').for_each(|part| keep(&mut kept, Cow::Owned(part.to_owned())));
            }
            Cow::Owned(text) => keep(&mut kept, Cow::Owned(text)),
        }
    }
    kept
}

fn keep<'a>(kept: &mut SmallVec<[Cow<'a, str>; 8]>, segment: Cow<'a, str>) {
    match &*segment {
        "" | "." => {}
        ".." => {
            kept.pop();
        }
        _ => kept.push(segment),
    }
}

/// Percent-decoded text. Decoding everything, not only unreserved characters, joins the spellings
/// that clients make of one path (`%2F` inside a segment stays within its segment here).
fn normal_text(text: &str) -> Cow<'_, str> {
    if text.as_bytes().contains(&b'%') { percent_decode_str(text).decode_utf8_lossy() } else { Cow::Borrowed(text) }
}

/// The same of a query. In forms `+` is a space, which other clients escape.
fn normal_query(text: &str) -> Cow<'_, str> {
    let text = normal_text(text);
    if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { text }
}

/// The path as people may see it: segments in id formats, userinfo of URLs inside it, parameters of
/// segments and all query values are left out; at most [`limits::SHOWN_TEXT`] characters and an
/// ellipsis.
///
/// `/v1/users/8f14e45fceea167a;v=1?token=x` becomes `/v1/users/{…};…?token=…`.
pub fn redact(path_and_query: &str) -> String {
    let mut shown = String::with_capacity(path_and_query.len().min(limits::SHOWN_TEXT) + ROOM_FOR_AN_ID);
    redact_into(&mut shown, path_and_query);
    shown
}

/// Adds the same to a text.
pub fn redact_into(shown: &mut String, path_and_query: &str) {
    let (path, query) = without_fragment(path_and_query);
    let begin = shown.len();
    let mut rest = Some(path);
    let mut before = ["", ""];
    while let Some(text) = rest {
        let (segment, behind) = split_at(text, b'/');
        // `/proxy/http://user:password@host/`
        push_segment(shown, segment, before[0].ends_with(':') && before[1].is_empty());
        if behind.is_some() {
            shown.push('/');
        }
        if shown.len() - begin > limits::SHOWN_TEXT {
            return cut(shown, begin);
        }
        before = [before[1], segment];
        rest = behind;
    }
    for (index, pair) in query.filter(|q| !q.is_empty()).into_iter().flat_map(|q| q.split('&')).enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        if let Some((name, _value)) = pair.split_once('=').filter(|(name, _)| is_query_name(name)) {
            push_start(shown, name);
            shown.push('=');
        }
        shown.push('…');
        if shown.len() - begin > limits::SHOWN_TEXT {
            return cut(shown, begin);
        }
    }
}

fn push_segment(shown: &mut String, segment: &str, is_authority: bool) {
    if segment.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_')) {
        return push_start(shown, segment);
    }
    let (word, has_parameters) = segment.split_once(';').map_or((segment, false), |(word, _)| (word, true));
    match word.rsplit_once('@').filter(|(userinfo, _)| !userinfo.is_empty()) {
        Some((_, host)) if is_authority || !is_id_format(word) => {
            shown.push_str("…@");
            push_start(shown, host);
        }
        _ if is_id_format(word) => shown.push_str("{…}"),
        _ => push_start(shown, word),
    }
    // A password may hold the semicolon, and then the host stands behind it.
    if has_parameters {
        shown.push_str(";…");
    }
}

/// Whether what stands before `=` is a name: a URL as the whole query has its own `=`, too.
fn is_query_name(name: &str) -> bool {
    let text = normal_text(name);
    !is_id_format(&text) && !text.contains(['/', '\\', '@', ':', ';', '?'])
}

/// Bytes by which a shown path may be longer than the path: a short id is shown as `{…}`.
const ROOM_FOR_AN_ID: usize = 4;

/// Adds as much of a text as is shown at most, for one segment may be as long as a head.
fn push_start(shown: &mut String, text: &str) {
    if text.len() <= limits::SHOWN_TEXT {
        shown.push_str(text);
    } else {
        shown.extend(text.chars().take(limits::SHOWN_TEXT + 1));
    }
}

/// Cuts what stands from `begin` on.
fn cut(shown: &mut String, begin: usize) {
    // A text has no more characters than bytes.
    if let Some((end, _)) = shown[begin..].char_indices().nth(limits::SHOWN_TEXT) {
        shown.truncate(begin + end);
        shown.push('…');
    }
}

/// Two letters and 32 hexadecimal digits.
const PREFIXED_HEX_LENGTH: usize = 34;

/// Whether a path segment looks like an identifier rather than a word of the API.
///
/// Integers, UUIDs, ULIDs, dates, e-mail addresses, 16 or more hexadecimal digits, two letters and
/// 32 hexadecimal digits, percent-escapes, 6 or more characters with 3 digits and a letter, 12 or
/// more of mixed case with a digit. Versions (`v1`, `v2.1`, `2.0`) are words.
pub fn is_id_format(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let count = |is_of_kind: fn(&u8) -> bool| bytes.iter().filter(|b| is_of_kind(b)).count();
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    // Words are letters and signs: none of the formats below is.
    if letters + count(|b| matches!(b, b'-' | b'_' | b'.')) == bytes.len() && bytes.len() != PREFIXED_HEX_LENGTH
        || is_version(segment)
    {
        return false;
    }
    let has_escape = bytes.contains(&b'%');
    let is_integer = digits == bytes.len() || (bytes[0] == b'-' && digits + 1 == bytes.len());
    let is_email = segment.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let is_date = segment.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    let is_long_hex = bytes.len() >= 16 && digits > 0 && bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let is_prefixed_hex = bytes.len() == PREFIXED_HEX_LENGTH
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..].iter().all(u8::is_ascii_hexdigit);
    // `2026-dashboard` is a word with a year before it.
    let is_year_word = bytes.len() > 5 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && digits == 4;
    let is_mixed_code = bytes.len() >= 6 && digits >= 3 && letters >= 1 && !is_year_word;
    let is_mixed_case_code = bytes.len() >= 12
        && digits >= 1
        && bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase);
    is_integer
        || is_email
        || is_date
        || has_escape
        || is_long_hex
        || is_prefixed_hex
        || is_mixed_code
        || is_mixed_case_code
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']);
    let text = number.unwrap_or(segment);
    let mut parts = text.split('.');
    let all_numeric = text.split('.').all(|p| !p.is_empty() && p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit()));
    all_numeric && (number.is_some() || (parts.by_ref().count() == 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(&[3; Key::LENGTH])
    }

    fn compare(named: &str, dialled: &str) -> PathMatch {
        PathDigest::of(named, &key()).compare(&PathDigest::of(dialled, &key()))
    }

    #[test]
    fn compares_normalised_paths() {
        assert_eq!(compare("/a/./b/../c", "/a/c"), PathMatch::Equal);
        assert_eq!(compare("/%61/c#top", "/a/c"), PathMatch::Equal);
        assert_eq!(compare("/a/c?x=1", "/a/c?x=2"), PathMatch::PathOnly);
        assert_eq!(compare("/a", "/a/ping"), PathMatch::Prefix);
        assert_eq!(compare("/a", "/proxy/a"), PathMatch::Suffix);
        assert_eq!(compare("/a", "/proxy/a/x"), PathMatch::Contained);
        assert_eq!(compare("/", "/a"), PathMatch::Unnamed);
        assert_eq!(compare("/?x=1", "/a"), PathMatch::Different);
        assert_eq!(compare("", "/"), PathMatch::Equal);
    }

    #[test]
    fn what_clients_escape_by_habit_makes_no_difference() {
        for (named, dialled) in [
            ("/z?a=|", "/z?a=%7C"),
            ("/z?a=b c", "/z?a=b+c"),
            ("/z?a=b c", "/z?a=b%20c"),
            ("/z?a=b+c", "/z?a=b%2Bc"),
            ("/z?{\"}`^<>[]", "/z?%7B%22%7D%60%5E%3C%3E%5B%5D"),
            ("/\u{e9} x", "/%C3%A9%20x"),
            ("/a\\b", "/a%5Cb"),
            ("/a\\b", "/a/b"),
            ("/a/%2e%2E/b", "/b"),
        ] {
            assert_eq!(compare(named, dialled), PathMatch::Equal, "{named} {dialled}");
        }
        assert_eq!(compare("/a%2Fb", "/a/b"), PathMatch::Different, "an escaped slash is data");
    }

    proptest::proptest! {
        #[test]
        fn escapes_of_what_delimits_nothing_make_no_difference(
            text in "(/[a-zé.+ |\\\\{}\"^;=&,@:~]{0,6}){0,5}(\\?[a-zé.+ |\\\\{}\"^;=&,@:~/]{0,9})?",
            escaped in proptest::collection::vec(proptest::bool::ANY, 64),
        ) {
            let mut in_query = false;
            let mut other = String::new();
            for (character, escape) in text.chars().zip(escaped) {
                in_query |= character == '?';
                let delimits = character == '?' || character == '/' && !in_query;
                let mut bytes = [0; 4];
                if escape && !delimits {
                    let bytes = character.encode_utf8(&mut bytes).bytes();
                    other.extend(bytes.map(percent_encoding::percent_encode_byte));
                } else {
                    other.push(character);
                }
            }
            proptest::prop_assert_eq!(compare(&text, &other), PathMatch::Equal, "{} {}", text, other);
        }
    }

    #[test]
    fn fingerprints_tell_path_from_query() {
        let of = |text| PathDigest::of(text, &key()).fingerprint();
        assert_ne!(of("/a?b"), of("/a/b"));
        assert_ne!(of("/a"), of("/a?b"));
        assert_eq!(of("/a/"), of("/a"));
    }

    #[test]
    fn kin_differ_in_one_segment_or_the_query() {
        let kin = |a, b| PathDigest::of(a, &key()).is_kin(&PathDigest::of(b, &key()));
        assert!(
            kin("/v1/credit/17", "/v1/credit/18") && kin("/v1/17/credit", "/v1/18/credit") && kin("/a?x=1", "/a?x=2")
        );
        assert!(!kin("/a", "/b") && !kin("/v1/credit/17", "/v1/admin/18") && !kin("/v1/credit", "/v1/credit/17"));
    }

    #[test]
    fn shows_words_and_hides_the_rest() {
        assert_eq!(redact("/v1/users/8f14e45fceea167a?token=x&y"), "/v1/users/{…}?token=…&…");
        assert_eq!(redact("/latest/meta-data/iam#frag"), "/latest/meta-data/iam");
        assert_eq!(redact("/a?user%5Bname%5D=x"), "/a?user%5Bname%5D=…");
    }

    #[test]
    fn hides_userinfo_parameters_and_urls_in_the_query() {
        assert_eq!(redact("/proxy/http://admin:hunter@billing/x"), "/proxy/http://…@billing/x");
        assert_eq!(redact("/proxy/http://admin:hunter@b.example/x"), "/proxy/http://…@b.example/x");
        assert_eq!(redact("/proxy/http:/admin:hunter@billing/x"), "/proxy/http:/…@billing/x");
        assert_eq!(redact("/a;jsessionid=abcdefgh/@scope"), "/a;…/@scope");
        assert_eq!(redact("/v1/x?http://admin:hunter@billing/?a=1"), "/v1/x?…");
        assert_eq!(redact("/v1/x?http%3A%2F%2Fadmin:hunter%40billing%3Fa=1&b=2"), "/v1/x?…&b=…");
        for hidden in ["/http://a;hunter@billing/", "/http:/a:b;hunter@billing/"] {
            assert!(!redact(hidden).contains("hunter"), "{hidden}");
        }
    }

    #[test]
    fn is_bounded_whatever_is_long() {
        let long = "é".repeat(60_000);
        for path in [format!("/{long}?u=x"), format!("/a?{long}=1"), "/a".repeat(9_000)] {
            let shown = redact(&path);
            assert_eq!((shown.chars().count(), shown.chars().last()), (limits::SHOWN_TEXT + 1, Some('…')));
        }
        let fits = format!("/{}", "a".repeat(limits::SHOWN_TEXT - 1));
        assert_eq!(redact(&fits), fits);
    }

    #[test]
    fn tells_ids_from_words() {
        for id in [
            "17",
            "-3",
            "2026-11-24",
            "9b2f61d2-1d7f-4f1e-8a3e-2f5f1f0f9c11",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "a@b.example",
            "ab12cd34",
            "%41bc",
        ] {
            assert!(is_id_format(id), "{id}");
        }
        for word in [
            "v1",
            "v2.1",
            "2.0",
            "hooks",
            "latest",
            "meta-data",
            "2026-dashboard",
            "deleteDisputeDefenseDocument",
            "oauth2",
            "s3",
        ] {
            assert!(!is_id_format(word), "{word}");
        }
    }
}
