//! Which values can hold no destination: told by the characters that were seen in them, for most
//! values are such, and to try every reading of each costs more than all else that is done to a body.
//!
//! This is no judgement of its own. It says only of what [`value::search`](super::value::search) would
//! find nothing in if it tried, and a property test holds the two against each other.

use super::host::{Trust, is_host};
use super::label::is_label;
use super::marks::Marks;
use super::names::Meaning;
use super::reading::split_scheme;
use super::spot::Spot;
use super::{decode, jwt};

/// Whether nothing is to be found in a value, or to be remembered of it. `meaning` is what its name
/// says.
#[inline]
pub(super) fn is_inert(text: &str, marks: Marks, spot: &Spot<'_>, meaning: Meaning) -> bool {
    text.is_empty()
        || meaning.role.is_none()
            && !(meaning.label && is_label(text))
            && spot.trust(meaning) < Trust::Destination
            && (is_of_words(text, marks) || is_inert_text(text, marks, spot.trust(meaning)))
}

/// Words, as most values are, and as nothing is written that is a destination or holds one.
#[inline]
fn is_of_words(text: &str, marks: Marks) -> bool {
    marks.is_of_words()
        && marks.is_trimmed()
        && (text.len() < LOCAL_NAME.len() || marks.has_other_than_base64() && !may_be_local_name(text))
}

/// The same for all others.
fn is_inert_text(text: &str, marks: Marks, trust: Trust) -> bool {
    marks.is_trimmed()
        && !marks.may_be_encoded()
        && !marks.may_be_markdown()
        && !marks.may_hold_url()
        && !may_be_host(text, marks, trust)
        && (!marks.has_colon() || split_scheme(text).is_none())
        && (!marks.is_base64() || !decode::may_be_base64_or_hex(text, marks.is_hex()))
}

/// Whether a value without a scheme, whose name says nothing, may be a host, perhaps with port and
/// path: see [`reading::whole`](super::reading::whole).
#[inline]
fn may_be_host(text: &str, marks: Marks, trust: Trust) -> bool {
    if marks.begins_suffix() || marks.begins_slash() || may_be_local_name(text) {
        return true;
    }
    // What has a blank in it is a sentence.
    if marks.has_blank() || !marks.has_host_punctuation() {
        return false;
    }
    if marks.has_tail_or_bracket() {
        return true;
    }
    match (marks.has_dot(), marks.has_colon(), marks.has_slash()) {
        // Names have letters, and addresses four parts. A user without a password is a mailbox.
        (true, false, false) => {
            !marks.has_other_than_host()
                && (marks.has_letter() || is_of_four(text))
                // What is longer may be a token.
                && (text.len() >= jwt::SHORTEST || is_host(text, trust))
        }
        // A time of day: nor name nor IPv6.
        (false, true, false) => !marks.has_other_than_v6() || marks.has_at(),
        // A path, or a media type.
        (false, false, true) => marks.has_at(),
        _ => true,
    }
}

/// The shortest name that stands for this machine, and what is shorter is no base64 of a URL either.
const LOCAL_NAME: &str = "localhost";

/// `localhost`, `ip6-loopback` and the like, perhaps with a port.
#[inline]
fn may_be_local_name(text: &str) -> bool {
    let begin = text.as_bytes().first_chunk::<2>().map(|begin| begin.map(|b| b | 0x20));
    matches!(begin.as_ref(), Some(b"lo" | b"ip")) && text.len() >= LOCAL_NAME.len()
}

fn is_of_four(decimal: &str) -> bool {
    decimal.len() >= "0.0.0.0".len() && decimal.bytes().filter(|&b| b == b'.').count() >= 3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sortie_model::{Container, Key};

    use super::super::collector::Collector;
    use super::super::spot::Setting;
    use super::super::value;
    use super::*;

    fn inert(text: &str) -> bool {
        let spot = Spot::new(Container::Json, "x");
        is_inert(text, Marks::of(text), &spot, spot.meaning())
    }

    #[test]
    fn ordinary_values_are_inert() {
        for text in [
            "",
            "word",
            "Fountain pen, 0.7 mm",
            "12.50",
            "-0.5",
            "1.2.3",
            "ada@mail.example",
            "2026-11-24T03:07:41Z",
            "image/svg",
            "Europe/Berlin",
            "9b2f61d2-1d7f-4f1e-8a3e-2f5f1f0f9c11",
            "notification_type",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ] {
            assert!(inert(text), "{text}");
        }
    }

    #[test]
    fn others_are_looked_at() {
        for text in
            ["h.example", "10.0.0.5", "::1", "localhost", "//h/", "@h:80", "a=b", "aHR0cDovL2EuYi8", "%41", "a://b"]
        {
            assert!(!inert(text), "{text}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9.:/@_?#\\[\\]-]{0,14}",
            "([a-zA-Z0-9]|[.:/\\\\@?#!%&=<\\[\\]_ +-]|\u{1}|\u{7f}|\u{a0}|é|ｌ){0,12}",
            "(a:b|localhost|ip6-loopback|10|127\\.1|0x7f|\\.|:|//|/|@|xn--|::1|[a-f0-9]){1,6}",
            "[A-Za-z0-9+/_-]{10,40}",
            "[a-z]{1,9}://[a-z]{0,4}"
                .prop_map(|url| base64::Engine::encode(&base64::prelude::BASE64_STANDARD_NO_PAD, url)),
            "http[:/a-z.]{8,20}".prop_map(|text| text.bytes().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))),
        ]
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(4096))]

        #[test]
        fn nothing_is_found_in_what_is_inert(text in text(), name in "[a-z]{0,3}|host|url|port", is_url_place: bool) {
            let key = Key::new(&[1; Key::LENGTH]);
            let mut spot = Spot::new(Container::Json, &name);
            if is_url_place {
                spot = spot.set(Setting::Urls);
            }
            let (marks, meaning) = (Marks::of(&text), spot.meaning());
            if is_inert(&text, marks, &spot, meaning) {
                let mut out = Collector::new(&key);
                value::every_way(&text, marks, meaning, &spot, &mut out);
                prop_assert_eq!(out.offers(), 0, "{:?}", text);
                let found = out.finish();
                prop_assert!(found.candidates.is_empty() && found.cut.is_none());
            }
        }
    }
}
