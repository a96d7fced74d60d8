//! What the body of an answer names.

use sortie_engine::extract::Extraction;
use sortie_model::event::{Cut, HopKind, HopTarget};
use sortie_model::{Host, Key, limits};

use super::{Targets, of_candidate};

/// The destinations that a body names. `is_denied` says of a host whether policy denies it by order.
///
/// A page names many, so of one destination the path counts only where it decides: where policy denies the
/// destination. Those are kept first.
pub(in crate::gate) fn of_body(found: &Extraction, is_denied: impl Fn(&Host) -> bool, key: &Key) -> Targets {
    let (mut denied, mut others) = (Vec::new(), Vec::new());
    for target in found.candidates.iter().flat_map(|candidate| of_candidate(candidate, HopKind::Content, key)) {
        if is_denied(&target.destination.host) {
            denied.push(target);
        } else {
            add_destination(&mut others, target);
        }
    }
    // In a format that is not read URLs are found all the same.
    let hides_some = found.cut.is_some_and(|cut| cut != Cut::Format);
    let mut targets = Targets { hides_some, ..Targets::default() };
    for target in denied.into_iter().chain(others) {
        targets.add(target, limits::NAMED_BY_ANSWER);
    }
    targets
}

/// Adds a destination, or another path of a known one.
fn add_destination(targets: &mut Vec<HopTarget>, target: HopTarget) {
    match targets.iter_mut().find(|known| known.destination == target.destination) {
        Some(known) if known.path != target.path => known.path = None,
        Some(_) => {}
        None => targets.push(target),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use sortie_engine::extract::{Body, from_answer};
    use sortie_model::Key;

    use super::*;

    fn named(content_type: &str, text: &str, complete: bool) -> Targets {
        let key = Key::new(&[1; Key::LENGTH]);
        let body = Body {
            content_type: Some(content_type),
            content_encoding: None,
            bytes: text.as_bytes(),
            complete,
            sinks: &[],
        };
        let is_denied = |host: &Host| host.to_string().starts_with("10.") || host.to_string().starts_with("169.254.");
        of_body(&from_answer(&body, &key), is_denied, &key)
    }

    fn shown(targets: &Targets) -> Vec<String> {
        targets.seen.iter().map(|target| target.destination.to_string()).collect()
    }

    #[test]
    fn whatever_a_reader_may_fetch_is_named() {
        let json = r#"{"html_url": "http://169.254.7.7/x", "note": "see http://10.1.2.3:8080/y", "host": "10.0.0.5"}"#;
        let cases = [
            ("text/html", "<meta property='og:image' content='http://169.254.7.7/x'>", vec!["169.254.7.7:80"]),
            ("text/html", "<meta http-equiv=refresh content='0;url=http://169.254.7.7/x'>", vec!["169.254.7.7:80"]),
            ("text/html", "<link rel=icon href=//169.254.7.7/x><a href='/about'>", vec!["169.254.7.7:80"]),
            ("image/svg+xml", "<svg><image href='http://169.254.7.7/x'/></svg>", vec!["169.254.7.7:80"]),
            ("application/rss+xml", "<rss><link>http://169.254.7.7/x</link></rss>", vec!["169.254.7.7:80"]),
            ("text/css", "@import 'http://169.254.7.7/x'", vec!["169.254.7.7:80"]),
            ("application/json", json, vec!["169.254.7.7:80", "10.1.2.3:8080", "10.0.0.5:80"]),
        ];
        for (content_type, text, destinations) in cases {
            let targets = named(content_type, text, true);
            assert_eq!(shown(&targets), destinations, "{text}");
            assert!(!targets.hides_some && targets.seen.iter().all(|target| target.kind == HopKind::Content));
        }
    }

    #[test]
    fn of_many_the_denied_ones_are_kept() {
        let mut page = String::new();
        for n in 0..2 * limits::NAMED_BY_ANSWER {
            write!(page, "<a href='http://h{n}.example/'>").unwrap();
        }
        page.push_str("<img src='http://10.0.0.7/a'><img src='http://10.0.0.7/b'>");
        let targets = named("text/html", &page, true);
        assert_eq!(targets.seen.len(), limits::NAMED_BY_ANSWER);
        assert_eq!(shown(&targets)[..3], ["10.0.0.7:80", "10.0.0.7:80", "h0.example:80"]);
        assert_ne!(targets.seen[0].path, targets.seen[1].path);
        assert!(targets.hides_some);
    }

    #[test]
    fn many_paths_of_a_destination_are_one_target() {
        let targets = named("text/html", "<img src=//cdn.example/a><img src=//cdn.example/b>", true);
        assert_eq!((targets.seen.len(), &targets.seen[0].path, targets.hides_some), (1, &None, false));
    }

    #[test]
    fn of_a_format_that_is_not_read_the_urls_are() {
        let targets = named("application/msgpack", "\u{1}\u{3}url\u{13}http://169.254.7.7/x ", true);
        assert_eq!(shown(&targets), ["169.254.7.7:80"]);
        assert!(!targets.hides_some && !named("application/octet-stream", "OK", true).hides_some);
    }

    #[test]
    fn what_is_not_there_may_name_anything_but_for_media() {
        assert!(named("text/html", "<p>", false).hides_some);
        assert!(!named("image/png", "GIF89a\u{1}\u{0}", false).hides_some);
        assert!(named("image/png", "\u{1}PNG", false).hides_some, "a type is a word, and no picture begins so");
        assert!(named("image/png", "<img src=", false).hides_some, "this is a page, whatever it says");
    }
}
