//! Which bare text is a host.
//!
//! Inside a URL every host counts. Without a scheme most dotted texts of an API are something else:
//! file names, versions, decimals, event types, class names. So a bare text is a host by its shape,
//! and the less its parameter's name says, the more the shape has to say.

use std::net::Ipv6Addr;

use sortie_model::address::is_local_name;

use super::words::{CODE_ENDINGS, COMMON_ENDINGS, FILE_ENDINGS, NOT_HOSTS};

/// Bytes of the longest label.
const LABEL_LENGTH: usize = 63;

/// What the surroundings of a bare text say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// Nothing: only what hardly can be anything else.
    Strict,
    /// It is the whole value of a parameter whose name says nothing.
    Value,
    /// The parameter speaks of destinations.
    Destination,
    /// The parameter speaks of hosts: single labels and numbers too.
    Host,
}

/// Whether `text` (no scheme, port or path) is a host, given what surrounds it.
pub(super) fn is_host(text: &str, trust: Trust) -> bool {
    let text = text.trim_end_matches('.');
    let Some(&first) = text.as_bytes().first() else { return false };
    if first == b'[' || text.contains(':') {
        return is_v6(text, trust);
    }
    if !text.is_ascii() {
        // Full-width and enclosed letters: a client's IDNA makes ASCII of them.
        return trust >= Trust::Destination
            && text.len() <= 512
            && idna(text).is_some_and(|ascii| is_host(&ascii, trust));
    }
    if text.len() > 253 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
        return false;
    }
    if first.is_ascii_digit() && sortie_model::address::inet_aton(text).is_some() {
        return is_v4(text, trust);
    }
    is_name(text, trust)
}

fn idna(text: &str) -> Option<String> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) => Some(name),
        Ok(url::Host::Ipv4(address)) => Some(address.to_string()),
        _ => None,
    }
}

/// Any of `inet_aton`'s notations. `10.1.2` is a version and `2130706433` a number unless the
/// parameter says otherwise; hexadecimal parts are no version.
fn is_v4(text: &str, trust: Trust) -> bool {
    let dots = text.bytes().filter(|&b| b == b'.').count();
    let has_hex = text.bytes().any(|b| b | 0x20 == b'x');
    match dots {
        3 => true,
        // Below 2^24 a number is an address nobody writes; only `0`, this host, is.
        0 => trust >= Trust::Destination && (has_hex || text.len() >= 8) || trust == Trust::Host && text == "0",
        _ => trust >= Trust::Destination || has_hex,
    }
}

/// RFC 4291 text with or without brackets and zone. Unbracketed, hexadecimal groups alone may be a
/// hardware address (`00:1b:44:11:3a:b7:aa:01`) and `a::b` a path of names.
fn is_v6(text: &str, trust: Trust) -> bool {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let bare = inner.unwrap_or(text);
    let bare = bare.split_once('%').map_or(bare, |(address, _zone)| address);
    if bare.len() < 2 || bare.len() > 45 || bare.parse::<Ipv6Addr>().is_err() {
        return false;
    }
    let has_digit = bare.bytes().any(|b| b.is_ascii_digit());
    let is_mac_like = bare.split(':').all(|group| group.len() == 2);
    inner.is_some() || trust >= Trust::Destination || (has_digit && !is_mac_like && bare.len() > 2)
}

/// Whether a text is as long as a label may be (RFC 1035 §2.3.4), and begins and ends as one.
pub(super) fn has_bounds_of_label(text: &str) -> bool {
    (1..=LABEL_LENGTH).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-')
}

/// A DNS name: letters, digits, hyphens and underscores (container names have them).
fn is_name(text: &str, trust: Trust) -> bool {
    // Labels are short: a loop finds their ends sooner than what is made for long texts.
    let dots = || text.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at);
    let mut begin = 0;
    for end in dots().chain([text.len()]) {
        if !has_bounds_of_label(&text[begin..end]) {
            return false;
        }
        begin = end + 1;
    }
    if is_local_name(text) {
        return true;
    }
    let mut before_last = dots().rev();
    let Some(dot) = before_last.next() else { return trust == Trust::Host && is_single_label(text) };
    let second = before_last.next().map_or(0, |dot| dot + 1);
    is_domain(text, &text[dot + 1..], &text[second..dot], 1 + dots().count(), trust)
}

pub(super) fn is_single_label(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic()) && !NOT_HOSTS.hold(text)
}

/// A dotted name, by its last label: never where that is a number; for a file's ending only if the
/// parameter speaks of hosts; an ending that is no known top-level domain needs a third label.
fn is_domain(text: &str, last: &str, second: &str, count: usize, trust: Trust) -> bool {
    let punycode = last.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
    if last.len() < 2 || !(punycode || last.bytes().all(|b| b.is_ascii_alphabetic())) {
        return false;
    }
    let is_in = |list: &[&str]| list.iter().any(|entry| entry.eq_ignore_ascii_case(last));
    if trust == Trust::Host {
        return true;
    }
    if FILE_ENDINGS.hold(last) {
        return false;
    }
    if CODE_ENDINGS.hold(last) && trust < Trust::Destination {
        // `main.rs` is a file, `www.allegro.pl` a host.
        return count > 2 && !is_package(text, last);
    }
    let known = punycode || last.len() == 2 || COMMON_ENDINGS.hold(last);
    match trust {
        Trust::Destination => true,
        Trust::Value if known => {
            (second.bytes().any(|b| b.is_ascii_alphabetic()) || last.len() > 2)
                && !(count > 2 && is_package(text, last))
        }
        // `webhooks.on_message.method` is a path of names.
        Trust::Value => count > 2 && !text.contains('_') && !is_package(text, last),
        // In a path `users.info` and `auth.test` are methods, `www.example.test` is not.
        _ => known && !is_in(&["info"]) && !(count == 2 && is_in(&["test", "app", "page", "id", "me", "is", "to"])),
    }
}

/// `com.example.App`: a reversed domain, as packages and bundles are named.
fn is_package(text: &str, last: &str) -> bool {
    let is_root = |label: &str| {
        ["com", "org", "net", "io", "java", "javax", "android"].iter().any(|word| label.eq_ignore_ascii_case(word))
    };
    text.split('.').next().is_some_and(is_root) && !is_root(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_hosts_need_no_help() {
        for host in [
            "example.com",
            "cdn.example.test",
            "localhost",
            "10.20.0.5",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "[::1]",
            "::1",
            "fe80::1%eth0",
            "billing.internal",
            "db.svc.cluster.local",
            "www.allegro.pl",
            "intranet.corp.zzyzx",
            "EXAMPLE.com.",
            "my_service.docker",
            "xn--e1afmkfd.xn--p1ai",
            "169.254.169.254",
        ] {
            assert!(is_host(host, Trust::Value), "{host}");
        }
    }

    #[test]
    fn what_else_has_dots_and_colons_is_none() {
        for text in [
            "",
            ".",
            "..",
            "report.pdf",
            "archive.tar.gz",
            "jquery-3.6.0.min.js",
            "1.2.3",
            "12.50",
            "v1.2",
            "2.0",
            "1.2.3-beta",
            "e.g.",
            "i.e",
            "com.example.App",
            "chat.postMessage",
            "invoice.paid",
            "12:30",
            "12:30:45",
            "00:1b:44:11:3a:b7",
            "00:1b:44:11:3a:b7:aa:01",
            "::",
            "a::b",
            "main.rs",
            "a b.com",
            "-a.com",
            "a..com",
            "2130706433",
            "17",
            "true",
            "active",
            "127.1",
            "1.5kg",
            "user@example.com",
            "2026-11-24",
            "x.y",
        ] {
            assert!(!is_host(text, Trust::Value), "{text}");
        }
    }

    #[test]
    fn names_of_hosts_let_labels_and_numbers_through() {
        for text in
            ["billing", "my_db", "2130706433", "0x7f000001", "127.1", "main.rs", "redis.prod", "017700000001", "0"]
        {
            assert!(is_host(text, Trust::Host), "{text}");
        }
        for text in ["true", "null", "17", "8080", "", "1.2.3.4.5", "all"] {
            assert!(!is_host(text, Trust::Host), "{text}");
        }
        assert!(is_host("2130706433", Trust::Destination) && is_host("127.1", Trust::Destination));
        assert!(!is_host("billing", Trust::Destination) && !is_host("17", Trust::Destination));
    }

    #[test]
    fn paths_are_read_strictly() {
        for text in ["www.example.test", "example.com", "10.0.0.1", "localhost", "billing.internal"] {
            assert!(is_host(text, Trust::Strict), "{text}");
        }
        for text in
            ["users.info", "auth.test", "users.list", "conversations.history", "admin.apps.approve", "app.min.js"]
        {
            assert!(!is_host(text, Trust::Strict), "{text}");
        }
    }

    #[test]
    fn letters_of_other_widths_are_what_idna_makes_of_them() {
        assert!(is_host("ｌｏｃａｌｈｏｓｔ", Trust::Destination));
        assert!(is_host("①②⑦。⓪。⓪。①", Trust::Destination));
        assert!(!is_host("Größe", Trust::Destination));
    }
}
