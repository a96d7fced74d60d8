//! Where a `Location` points.

use std::borrow::Cow;

use smallvec::SmallVec;
use sortie_engine::extract;
use sortie_model::candidate::Scheme;
use sortie_model::event::RedirectTarget;
use sortie_model::path::redact;
use sortie_model::{Candidate, Destination, Host, Key, PathDigest};
use url::{ParseError, Url};

/// Targets that are kept of one answer; more of them are no honest redirect.
const TARGETS: usize = 8;

/// What the `Location` fields of one answer name.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Every distinct target of every reading, the likeliest first.
    pub(super) seen: SmallVec<[RedirectTarget; 2]>,
    /// Whether some field does not read at all, or names more than is kept: it may point anywhere.
    pub(super) hides_some: bool,
}

/// Resolves every `Location` against the URL that was dialled (RFC 9110 §10.2.2). Clients differ in
/// which of several fields they take, in the text they make of bytes beyond ASCII, and in where they
/// see the host: each of these readings may be the one that is followed.
pub(super) fn targets<'a>(base: &str, locations: impl IntoIterator<Item = &'a [u8]>, key: &Key) -> Targets {
    let mut targets = Targets::default();
    for location in locations {
        let mut reads = false;
        for text in texts(location) {
            for target in by_url(base, &text, key).into_iter().chain(by_all(&text, key)) {
                reads = true;
                targets.add(target);
            }
        }
        targets.hides_some |= !reads;
    }
    targets
}

impl Targets {
    fn add(&mut self, target: RedirectTarget) {
        let is_same = |known: &RedirectTarget| {
            known.destination == target.destination && known.scheme == target.scheme && known.path == target.path
        };
        if self.seen.iter().any(is_same) {
            return;
        }
        if self.seen.len() == TARGETS {
            self.hides_some = true;
        } else {
            self.seen.push(target);
        }
    }
}

/// The field as UTF-8 and, where that differs, as latin-1.
fn texts(location: &[u8]) -> SmallVec<[Cow<'_, str>; 2]> {
    let mut texts = SmallVec::new();
    texts.push(String::from_utf8_lossy(location));
    if !location.is_ascii() {
        texts.push(Cow::Owned(location.iter().map(|&byte| char::from(byte)).collect()));
    }
    texts
}

/// The reading of browsers, relative to the dialled URL. `None` where it is no URL with a host and a
/// port.
fn by_url(base: &str, location: &str, key: &Key) -> Option<RedirectTarget> {
    let url = match Url::parse(location) {
        Err(ParseError::RelativeUrlWithoutBase) => Url::parse(base).ok()?.join(location).ok()?,
        other => other.ok()?,
    };
    let scheme = Scheme::parse(url.scheme());
    let host = Host::parse(url.host_str()?);
    let port = url.port().or_else(|| scheme.default_port())?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let shown_port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{scheme}://{host}{shown_port}{}", redact(&path)).into_boxed_str();
    Some(RedirectTarget { scheme, destination: Destination::new(host, port), path: PathDigest::of(&path, key), shown })
}

/// What other parsers make of an absolute URL or `//host/path`.
fn by_all(location: &str, key: &Key) -> SmallVec<[RedirectTarget; 2]> {
    let Some(candidate) = extract::single(location, key) else { return SmallVec::new() };
    // What names no scheme keeps that of the dial: only plain HTTP is visible here.
    let scheme = candidate.scheme.clone().unwrap_or(Scheme::Http);
    let Some(port) = candidate.port.or_else(|| scheme.default_port()) else { return SmallVec::new() };
    let path = candidate.path.clone().unwrap_or_else(|| PathDigest::of("/", key));
    let Candidate { shown, .. } = &candidate;
    let to = |host: &Host| RedirectTarget {
        scheme: scheme.clone(),
        destination: Destination::new(host.clone(), port),
        path: path.clone(),
        shown: shown.clone(),
    };
    candidate.hosts().map(to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://cdn.example:8080/a/b?x";

    fn read(locations: &[&[u8]]) -> Targets {
        targets(BASE, locations.iter().copied(), &Key::new(&[1; Key::LENGTH]))
    }

    fn shown(location: &str) -> Option<String> {
        read(&[location.as_bytes()]).seen.first().map(|t| format!("{} {}", t.destination, t.shown))
    }

    fn destinations(locations: &[&[u8]]) -> Vec<String> {
        read(locations).seen.iter().map(|target| target.destination.to_string()).collect()
    }

    #[test]
    fn resolves_relative_and_absolute_locations() {
        assert_eq!(shown("../c").as_deref(), Some("cdn.example:8080 http://cdn.example:8080/c"));
        assert_eq!(shown("//169.254.169.254/x").as_deref(), Some("169.254.169.254:80 http://169.254.169.254/x"));
        assert_eq!(shown("http://0xa9fea9fe/").as_deref(), Some("169.254.169.254:80 http://169.254.169.254/"));
        assert_eq!(shown("https://b.example/#f").as_deref(), Some("b.example:443 https://b.example/"));
        assert_eq!(shown("mailto:a@b.example"), None);
        assert_eq!(read(&[b"http://a.example/x"]).seen.len(), 1);
    }

    #[test]
    fn bytes_beyond_ascii_hide_nothing() {
        for location in ["http://169.254.169.254/latest?é".as_bytes(), b"http://169.254.169.254/latest?\xe9"] {
            let targets = read(&[location]);
            assert!(!targets.hides_some && !targets.seen.is_empty());
            assert!(targets.seen.iter().all(|target| target.destination.to_string() == "169.254.169.254:80"));
        }
    }

    #[test]
    fn every_field_and_every_reading_counts() {
        assert_eq!(destinations(&[b"http://a.example/", b"http://10.0.0.1/"]), ["a.example:80", "10.0.0.1:80"]);
        let two = destinations(&[b"http://10.0.0.1\\@b.example/"]);
        assert!(two.contains(&"10.0.0.1:80".to_owned()) && two.contains(&"b.example:80".to_owned()), "{two:?}");
    }

    #[test]
    fn what_does_not_read_or_is_too_much_may_point_anywhere() {
        assert!(read(&[b"http://"]).hides_some && read(&[b"mailto:a@b.example"]).hides_some);
        let many: Vec<String> = (0..=TARGETS).map(|n| format!("http://h{n}.example/")).collect();
        let many: Vec<&[u8]> = many.iter().map(String::as_bytes).collect();
        let targets = read(&many);
        assert!(targets.hides_some && targets.seen.len() == TARGETS);
        assert!(!read(&[]).hides_some);
    }
}
