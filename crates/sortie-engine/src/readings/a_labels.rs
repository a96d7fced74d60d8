//! Labels of internationalised names as their clients look them up: A-labels.

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::decimal;

/// Length of the longest label in bytes (RFC 1035 §2.3.4).
const LABEL: usize = 63;

/// A name by UTS 46 without restrictions on letters, hyphens and lengths, as browsers and Node have
/// it. Nothing where a label is wrong.
pub(super) fn uts46(name: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(name.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
    ascii.ok().map(Cow::into_owned)
}

/// A label by IDNA 2008 (RFC 5891), which maps nothing: a label that is not yet as it should be is
/// refused.
///
/// Not followed: the letters that RFC 5892 allows in some contexts only (middle dot, geresh,
/// katakana dot) are refused in all, and so are digits beyond Unicode's basic plane.
pub(super) fn idna2008(label: &str) -> Option<String> {
    // An A-label has at least a letter for each one here.
    if label.chars().count() > LABEL || !label.chars().all(is_letter) {
        return None;
    }
    let bytes = label.as_bytes();
    let ascii = Uts46::new().to_ascii(bytes, AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify).ok()?;
    let (mapped, is_right) = Uts46::new().to_unicode(bytes, AsciiDenyList::STD3, Hyphens::Check);
    (is_right.is_ok() && mapped == label).then(|| ascii.into_owned())
}

/// Letters, decimal digits, hyphens, marks and joiners, but no symbols and no other numbers, which
/// IDNA 2008 leaves out, nor the parts of Hangul syllables (RFC 5892 §2.9).
fn is_letter(c: char) -> bool {
    match c {
        '-' | '\u{200c}' | '\u{200d}' | '〇' => true,
        '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}' => false,
        _ if c.is_numeric() => decimal::digit(c).is_some(),
        _ => c.is_alphabetic() || (!c.is_ascii() && is_mark(c)),
    }
}

/// A mark is what no label begins with (UTS 46 §4.1) and what is right behind a letter.
fn is_mark(c: char) -> bool {
    uts46(&format!("a{c}")).is_some() && uts46(&String::from(c)).is_none()
}
