//! What else routers read in a path.
//!
//! Not all resolve dot segments before they look for what follows a destination, some take a backslash
//! for a slash or the first of two slashes for the beginning of an authority (WHATWG URL §4.4, as
//! `new URL(request.url, base)` does). So a target may have other templates besides the first.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;

use super::template::template;

/// All templates of a target, the one of [`template`] first. Most have only that.
pub fn templates(target: &str) -> SmallVec<[String; 1]> {
    let mut all: SmallVec<[String; 1]> = SmallVec::from_iter([template(target)]);
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if is_plain(path) {
        return all;
    }
    let mut add = |path: &str| {
        let other = template(path);
        if !all.contains(&other) {
            all.push(other);
        }
    };
    let with_slashes = if path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) };
    for path in [path, &*with_slashes] {
        add(&resolved(path, Empty::Merge));
        add(&resolved(path, Empty::Keep));
    }
    if let Some(authority) = with_slashes.strip_prefix("//") {
        let path = authority.find('/').map_or("/", |end| &authority[end..]);
        add(&resolved(path, Empty::Keep));
    }
    all
}

/// Whether all routers read the same.
fn is_plain(path: &str) -> bool {
    // The cheap test first: most paths have neither.
    let may_have_dots = || path.bytes().any(|byte| matches!(byte, b'.' | b'%'));
    let has_dots = || may_have_dots() && path.split('/').any(is_dots);
    !path.contains('\\') && !path.starts_with("//") && !has_dots()
}

/// What `..` removes of `//`.
#[derive(Clone, Copy, PartialEq)]
enum Empty {
    /// The segment before both slashes, as where they are merged first.
    Merge,
    /// The empty segment between them.
    Keep,
}

/// The path without dot segments (RFC 3986 §5.2.4), escaped or not.
fn resolved(path: &str, empty: Empty) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        if !is_dots(segment) {
            if !segment.is_empty() || empty == Empty::Keep {
                kept.push(segment);
            }
        } else if dots(segment) == ".." {
            kept.pop();
        }
    }
    let mut resolved = String::with_capacity(path.len() + 1);
    for segment in kept {
        resolved.push('/');
        resolved.push_str(segment);
    }
    resolved
}

fn is_dots(segment: &str) -> bool {
    // Not longer than `%2e%2e`, without parameters.
    segment.starts_with(['.', '%']) && matches!(&*dots(segment), "." | "..")
}

/// A segment without its parameters (`..;v=1`) and with its dots unescaped.
fn dots(segment: &str) -> Cow<'_, str> {
    let word = segment.split(';').next().unwrap_or_default();
    if word.len() <= "%2e%2e".len() { percent_decode_str(word).decode_utf8_lossy() } else { Cow::Borrowed(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_some_routers_read_alike_share_a_template() {
        for target in [
            "/n/q?url=http://a.example/../b",
            "//x/n/q",
            "//x.example:80/n/q?url=//y",
            "/\\x/n/q",
            "/n\\q",
            "\\n\\q",
            "/http:/../n/q",
            "/http://../n/q",
            "/localhost/../n/q",
            "/n/cdn.example.com/../q",
            "/n/localhost/%2e%2E/q",
            "/n/localhost/..;v=1/q",
            "/n/localhost\\..\\q",
            "/n/./10.20.0.5/.%2e/q",
        ] {
            assert!(templates(target).iter().any(|template| template == "/n/q"), "{target}: {:?}", templates(target));
        }
        let long = format!("/n{}{}/q", "/a".repeat(40), "/..".repeat(40));
        assert!(templates(&long).iter().any(|template| template == "/n/q"), "{:?}", templates(&long));
    }

    #[test]
    fn plain_targets_have_one() {
        for target in
            ["/", "", "/v1/hooks", "/proxy/http://a.example/x", "/n/.well-known/x%2e", "/a//b", "/v1?x=\\..//"]
        {
            assert_eq!(templates(target).to_vec(), [template(target)], "{target}");
        }
    }

    proptest::proptest! {
        #[test]
        fn are_few_and_distinct(target in "([/\\\\.;:a-z%@é]|%2[eEfF]|%5[cC]|http:){0,80}") {
            let all = templates(&target);
            proptest::prop_assert_eq!(&all[0], &template(&target));
            proptest::prop_assert!(all.len() <= 6 && all.iter().all(|template| template.starts_with('/')));
            proptest::prop_assert!((1..all.len()).all(|n| !all[..n].contains(&all[n])));
        }
    }
}
