//! The last words of names that say something about a value. They are found by their last two letters: most
//! names end in others and need no further look.

use Sense::{Destination, Host, Label, Part};

use super::names::Role;

/// What a last word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Destination,
    Host,
    Label,
    Part(Role),
}

/// Words in the singular and in lower case.
///
/// From the names of URL-typed parameters in public OpenAPI files, and the parameters that
/// published SSRF reports name. Only behind the words for hosts a single label (`billing`) or a bare
/// number (`2130706433`) is a host. Behind those for labels stands what programs complete to hosts:
/// `https://{tenant}.example`.
#[rustfmt::skip]
const WORDS: &[(&str, Sense)] = &[
    ("avatar", Destination), ("callback", Destination), ("cdn", Destination), ("dest", Destination),
    ("destination", Destination), ("enclosure", Destination), ("feed", Destination), ("fetch", Destination),
    ("forward", Destination), ("homepage", Destination), ("hook", Destination), ("href", Destination),
    ("iframe", Destination), ("image", Destination), ("img", Destination), ("import", Destination),
    ("link", Destination), ("location", Destination), ("logo", Destination), ("mirror", Destination),
    ("next", Destination), ("origin", Destination), ("photo", Destination), ("picture", Destination),
    ("ping", Destination), ("poster", Destination), ("preview", Destination), ("redirect", Destination),
    ("registry", Destination), ("remote", Destination), ("repository", Destination), ("rss", Destination),
    ("screenshot", Destination), ("site", Destination), ("sitemap", Destination), ("source", Destination),
    ("src", Destination), ("thumbnail", Destination), ("uri", Destination), ("url", Destination),
    ("webhook", Destination), ("webpage", Destination), ("website", Destination), ("wsdl", Destination),
    ("addr", Host), ("backend", Host), ("broker", Host), ("domain", Host), ("endpoint", Host), ("fqdn", Host),
    ("gateway", Host), ("host", Host), ("hostname", Host), ("ip", Host), ("nameserver", Host), ("node", Host),
    ("peer", Host), ("proxy", Host), ("server", Host), ("target", Host), ("upstream", Host),
    ("account", Label), ("bucket", Label), ("cluster", Label), ("company", Label), ("customer", Label),
    ("datacenter", Label), ("env", Label), ("environment", Label), ("instance", Label), ("namespace", Label),
    ("org", Label), ("organisation", Label), ("organization", Label), ("realm", Label), ("region", Label),
    ("shard", Label), ("shop", Label), ("stage", Label), ("store", Label), ("subdomain", Label), ("team", Label),
    ("tenant", Label), ("workspace", Label), ("zone", Label),
    ("port", Part(Role::Port)), ("proto", Part(Role::Scheme)), ("protocol", Part(Role::Scheme)),
    ("scheme", Part(Role::Scheme)), ("path", Part(Role::Path)), ("pathname", Part(Role::Path)),
];

/// Letters of the alphabet.
const LETTERS: usize = 26;

/// The words by their endings: lists that are linked by their places in [`WORDS`], counted from 1.
struct Index {
    /// The first word of each ending, 0 for none.
    first: [u8; LETTERS * LETTERS],
    /// The next word of the same ending.
    next: [u8; WORDS.len()],
}

const INDEX: Index = index();

const fn index() -> Index {
    let mut index = Index { first: [0; LETTERS * LETTERS], next: [0; WORDS.len()] };
    let mut number = WORDS.len();
    while number > 0 {
        let Some(ending) = ending(WORDS[number - 1].0.as_bytes()) else { panic!("a word ends in two letters") };
        index.next[number - 1] = index.first[ending];
        index.first[ending] = number as u8;
        number -= 1;
    }
    index
}

/// The two letters at the end, in any case, as a number.
const fn ending(text: &[u8]) -> Option<usize> {
    let [.., one, two] = *text else { return None };
    let (one, two) = (letter(one), letter(two));
    if one < LETTERS && two < LETTERS { Some(one * LETTERS + two) } else { None }
}

/// The number of an ASCII letter; [`LETTERS`] or more for what is none.
const fn letter(byte: u8) -> usize {
    (byte | 0x20).wrapping_sub(b'a') as usize
}

/// The words that end in the two letters in which a text ends.
#[inline]
fn of_ending(text: &[u8]) -> impl Iterator<Item = (&'static str, Sense)> {
    let mut number = ending(text).map_or(0, |ending| INDEX.first[ending]);
    std::iter::from_fn(move || {
        let place = usize::from(number).checked_sub(1)?;
        number = INDEX.next[place];
        Some(WORDS[place])
    })
}

/// What a word says, whatever its case.
pub(super) fn of(word: &str) -> Option<Sense> {
    of_ending(word.as_bytes()).find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, sense)| sense)
}

/// Whether a name ends in the letters of a word or of its plural. `true` for a name that ends in no letter: there
/// the end has to be cut off first.
#[inline]
pub(super) fn may_end(name: &str) -> bool {
    let name = name.as_bytes();
    let Some((&last, singular)) = name.split_last() else { return false };
    if !last.is_ascii_alphabetic() {
        return true;
    }
    let is_plural = last | 0x20 == b's';
    let may_be_word = ending(name).is_some_and(|ending| INDEX.first[ending] != 0);
    may_be_word && ends_in_word(name) || is_plural && ends_in_word(singular)
}

#[inline(never)]
fn ends_in_word(name: &[u8]) -> bool {
    let is_end = |word: &str| {
        let end = name.len().checked_sub(word.len()).map(|start| &name[start..]);
        end.is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
    };
    of_ending(name).any(|(word, _)| is_end(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found() {
        for &(word, sense) in WORDS {
            assert_eq!(of(word), Some(sense), "{word}");
            assert_eq!(of(&word.to_ascii_uppercase()), Some(sense), "{word}");
            assert!(may_end(word) && may_end(&format!("x_{word}S")), "{word}");
        }
    }

    #[test]
    fn others_are_not() {
        for word in ["", "s", "l", "rl", "name", "xurl", "urls", "é", "{|"] {
            assert_eq!(of(word), None, "{word}");
        }
        for name in ["", "s", "id", "quantity", "created_at", "x_p", "é_s", "name", "prices"] {
            assert!(!may_end(name), "{name}");
        }
    }
}
