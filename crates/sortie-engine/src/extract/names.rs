//! What a parameter's name says about its value.
//!
//! Only the last word counts: `callbackUrl`, `image_url`, `hook[url]`, `X-Webhook` and `urls[0]`
//! speak of destinations, `url_count` does not. Words end at a change from lower to upper case and
//! at every character that is neither letter nor digit; a plural `s` and trailing digits are no
//! part of them.

use super::senses::{self, Sense};

/// What part of a composed destination a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Host,
    Port,
    Scheme,
    Path,
}

impl Role {
    /// Whether a value for this part brings others with it, where a program puts it among them:
    /// `80@10.0.0.1` for a port.
    pub(super) fn is_exceeded_by(self, text: &str) -> bool {
        matches!(self, Self::Port | Self::Scheme) && (text.contains(['@', '#', '?', '\\']) || text.contains("://"))
    }
}

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// It speaks of destinations.
    pub(super) destination: bool,
    /// It speaks of hosts or addresses.
    pub(super) host: bool,
    /// It speaks of what programs complete to hosts by a label.
    pub(super) label: bool,
    /// It may be a part of a destination that stands in several parameters.
    pub(super) role: Option<Role>,
}

impl Meaning {
    /// A name that says nothing.
    pub(super) const NONE: Self = Self { destination: false, host: false, label: false, role: None };

    /// Reads a name.
    #[inline]
    pub(super) fn of(name: &str) -> Self {
        if senses::may_end(name) { Self::of_last(last_word(name).1) } else { Self::NONE }
    }

    /// Reads the last word of a name.
    fn of_last(word: &str) -> Self {
        // Senses are of the singular.
        match senses::of(word).or_else(|| senses::of(word.strip_suffix(['s', 'S'])?)) {
            Some(Sense::Host) => Self { destination: true, host: true, role: Some(Role::Host), ..Self::NONE },
            Some(Sense::Label) => Self { label: true, ..Self::NONE },
            Some(Sense::Part(role)) => Self { role: Some(role), ..Self::NONE },
            Some(Sense::Destination) => Self { destination: true, ..Self::NONE },
            None => Self { destination: ends_in_url(word), ..Self::NONE },
        }
    }
}

/// What stands before a name's last word, without separators: parameters whose stems are equal
/// belong together (`smtp_host` and `smtpPort`, `target[host]` and `target[port]`).
pub(super) fn stem(name: &str) -> &str {
    last_word(name).0.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ']')
}

/// A name without those ASCII characters at its end.
fn without_end(name: &str, is_cut: impl Fn(u8) -> bool) -> &str {
    let end = name.bytes().rposition(|byte| !is_cut(byte)).map_or(0, |last| last + 1);
    &name[..end]
}

/// A name without indices at its end: `urls[0]`, `url[]` and `hooks.3` end in a word.
fn without_index(name: &str) -> &str {
    let mut rest = name;
    loop {
        let bare = without_end(rest, |byte| byte.is_ascii_digit() || matches!(byte, b'[' | b']'));
        let tail = &rest[bare.len()..];
        // Digits alone are part of a word (`url2`) unless a dot stands before them (`hooks.2`).
        if let Some(bracket) = tail.find(['[', ']']) {
            rest = &rest[..bare.len() + bracket];
        } else if let Some(head) = bare.strip_suffix('.').filter(|_| !tail.is_empty()) {
            rest = head;
        } else {
            return rest;
        }
    }
}

/// Splits a name before its last word, and cuts trailing digits and underscores off that word.
fn last_word(name: &str) -> (&str, &str) {
    let name = without_index(name);
    let word_end = without_end(name, |byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    let bytes = word_end.as_bytes();
    let Some(&last) = bytes.last() else { return ("", "") };
    let mut start = bytes.len();
    if last.is_ascii_uppercase() {
        // `callbackURL`: the whole run of capitals.
        while start > 0 && bytes[start - 1].is_ascii_uppercase() {
            start -= 1;
        }
    } else {
        while start > 0 && (bytes[start - 1].is_ascii_lowercase() || bytes[start - 1].is_ascii_digit()) {
            start -= 1;
        }
        if start > 0 && bytes[start - 1].is_ascii_uppercase() {
            start -= 1;
            // `imageURLs`: the plural of a run of capitals.
            if bytes.len() - start <= 2 && last == b's' {
                while start > 0 && bytes[start - 1].is_ascii_uppercase() {
                    start -= 1;
                }
            }
        }
    }
    (&word_end[..start], &word_end[start..])
}

/// `returnurl`, `imageuris`: run together, they still end so.
fn ends_in_url(word: &str) -> bool {
    let singular = word.strip_suffix(['s', 'S']).unwrap_or(word).as_bytes();
    let tail = &singular[singular.len().saturating_sub(3)..];
    tail.eq_ignore_ascii_case(b"url") || tail.eq_ignore_ascii_case(b"uri")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_named_by_the_last_word() {
        for name in [
            "url",
            "callbackUrl",
            "image_url",
            "webhook",
            "hook[url]",
            "hooks[0].url",
            "urls[0]",
            "url[]",
            "X-Webhook",
            "x-callback-url",
            "StatusCallback",
            "callbackURL",
            "imageURLs",
            "returnurl",
            "redirect_uri",
            "url2",
            "url_1",
            "hooks.3",
            "hooks.3[0]",
            "Configuration.Url",
            "moCallBackUrl",
            "avatar",
            "img@src",
            "feeds",
            "VoiceFallbackUrl",
        ] {
            assert!(Meaning::of(name).destination, "{name}");
        }
        for name in ["", "name", "url_count", "hostess", "callbackData", "[0]", "7", "title", "curly", "ghostwriter"] {
            assert!(!Meaning::of(name).destination, "{name}");
        }
    }

    #[test]
    fn hosts_are_told_from_urls() {
        for name in ["host", "Hostname", "server", "db_host", "dbHost", "ip", "targets[]", "x-upstream", "endpoint"] {
            assert!(Meaning::of(name).host, "{name}");
        }
        for name in ["url", "image", "webhook", "zip", "id"] {
            assert!(!Meaning::of(name).host, "{name}");
        }
    }

    #[test]
    fn parts_belong_together_by_their_stem() {
        assert_eq!(stem("host"), stem("port"));
        assert_eq!(stem("smtp_host"), stem("smtp-port"));
        assert_eq!(stem("smtpHost"), "smtp");
        assert_eq!(stem("servers[0].host"), stem("servers[0].port"));
        assert_ne!(stem("servers[0].host"), stem("servers[1].port"));
        assert_eq!(stem("target[host]"), stem("target[port]"));
        assert_eq!(Meaning::of("smtpPort").role, Some(Role::Port));
        assert_eq!(Meaning::of("protocol").role, Some(Role::Scheme));
        assert_eq!(Meaning::of("remotePath").role, Some(Role::Path));
        assert_eq!(Meaning::of("passport").role, None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(name in ".{0,60}") {
            let _ = (Meaning::of(&name), stem(&name));
        }

        #[test]
        fn a_name_that_ends_as_no_word_does_says_nothing(
            name in "([a-zA-Z0-9_.\\[\\]-]|é|url|uri|host|ip|port|node|s|S|x){0,8}",
        ) {
            proptest::prop_assert_eq!(Meaning::of(&name), Meaning::of_last(last_word(&name).1));
        }
    }
}
