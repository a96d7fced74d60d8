//! Where in a document the walk is: written out only for what is searched there.

use std::borrow::Cow;
use std::fmt::Write;

use super::super::names::Meaning;

/// Bytes of one key that the path keeps.
const KEY_LENGTH: usize = 64;

/// What the name of a value says.
#[derive(Clone, Copy, Debug)]
enum Said {
    /// This, for the name ends in a letter, and what stands before its last word says nothing.
    Known(Meaning),
    /// What the whole path says.
    ByPath,
}

/// An array or object that is open.
#[derive(Debug)]
struct Open<'t> {
    step: Step<'t>,
    said: Said,
    /// Length of the written path above it.
    above: usize,
}

#[derive(Debug)]
enum Step<'t> {
    Key(Cow<'t, str>),
    Index(usize),
}

/// The path to a value: `hooks[3].url`.
#[derive(Debug)]
pub(super) struct Path<'t> {
    open: Vec<Open<'t>>,
    /// The path so far as it was needed: the base's name and the steps of the first `written`.
    text: String,
    written: usize,
    /// What the base's name says.
    base: Said,
    known: Known<'t>,
}

impl<'t> Path<'t> {
    /// A path below a name. `overruled` is what every value means, whatever its name.
    pub(super) fn new(base: &str, overruled: Option<Meaning>) -> Self {
        let said = match overruled {
            Some(meaning) => Said::Known(meaning),
            None if base.is_empty() || ends_in_letter(base) => Said::Known(Meaning::of(base)),
            None => Said::ByPath,
        };
        let known = Known { slots: [("", Meaning::NONE); 1 << SLOT_BITS], overruled };
        Self { open: Vec::with_capacity(8), text: base.to_owned(), written: 0, base: said, known }
    }

    /// Whether the innermost that is open is an object; `None` outside of all.
    #[inline]
    pub(super) fn is_in_object(&self) -> Option<bool> {
        self.open.last().map(|open| matches!(open.step, Step::Key(_)))
    }

    /// The innermost key.
    pub(super) fn key(&self) -> Option<&str> {
        self.open.iter().rev().find_map(|open| match &open.step {
            Step::Key(key) => Some(&**key),
            Step::Index(_) => None,
        })
    }

    /// An array begins, and its first value.
    pub(super) fn open_array(&mut self) {
        let said = self.said();
        self.open.push(Open { step: Step::Index(0), said, above: 0 });
    }

    /// An object begins; a key follows.
    pub(super) fn open_object(&mut self) {
        self.open.push(Open { step: Step::Key(Cow::Borrowed("")), said: Said::ByPath, above: 0 });
    }

    /// The innermost array or object ends.
    pub(super) fn close(&mut self) {
        self.forget_step();
        self.open.pop();
    }

    /// The next value of an array.
    pub(super) fn next_index(&mut self) {
        self.forget_step();
        if let Some(Open { step: Step::Index(index), .. }) = self.open.last_mut() {
            *index += 1;
        }
    }

    /// The next value of an object, whose key stands in the text as it is.
    #[inline]
    pub(super) fn next_key(&mut self, key: &'t str) {
        let key = kept(key);
        let said = if ends_in_letter(key) { Said::Known(self.known.meaning(key)) } else { Said::ByPath };
        self.set_key(Cow::Borrowed(key), said);
    }

    /// The next value of an object, whose key was written with escapes.
    pub(super) fn next_unescaped_key(&mut self, key: &str) {
        self.set_key(Cow::Owned(kept(key).to_owned()), Said::ByPath);
    }

    #[inline]
    fn set_key(&mut self, key: Cow<'t, str>, said: Said) {
        self.forget_step();
        if let Some(open) = self.open.last_mut() {
            (open.step, open.said) = (Step::Key(key), said);
        }
    }

    /// The innermost step changes.
    #[inline]
    fn forget_step(&mut self) {
        if self.written == self.open.len()
            && let Some(open) = self.open.last()
        {
            self.text.truncate(open.above);
            self.written -= 1;
        }
    }

    #[inline]
    fn said(&self) -> Said {
        self.open.last().map_or(self.base, |open| open.said)
    }

    /// What the name of the value at hand says.
    #[inline]
    pub(super) fn meaning(&mut self) -> Meaning {
        match (self.said(), self.known.overruled) {
            (Said::Known(meaning), _) | (Said::ByPath, Some(meaning)) => meaning,
            (Said::ByPath, None) => Meaning::of(self.text()),
        }
    }

    /// The path as text.
    pub(super) fn text(&mut self) -> &str {
        for open in &mut self.open[self.written..] {
            open.above = self.text.len();
            match &open.step {
                Step::Key(key) => {
                    if !self.text.is_empty() {
                        self.text.push('.');
                    }
                    self.text.push_str(key);
                }
                Step::Index(index) => {
                    // Writing to a string does not fail.
                    let _ = write!(self.text, "[{index}]");
                }
            }
        }
        self.written = self.open.len();
        &self.text
    }
}

/// What the path keeps of a key.
#[inline]
fn kept(key: &str) -> &str {
    if key.len() <= KEY_LENGTH { key } else { &key[..key.floor_char_boundary(KEY_LENGTH)] }
}

/// Then no earlier part of a path has a share in its last word.
fn ends_in_letter(name: &str) -> bool {
    name.as_bytes().last().is_some_and(u8::is_ascii_alphabetic)
}

const SLOT_BITS: u32 = 6;
/// 2^32 by the golden ratio (Knuth's multiplicative hashing): similar keys do not meet in one slot.
const MIX: u32 = 0x9e37_79b1;

/// Keys that were met lately, for arrays of objects have the same again and again.
#[derive(Debug)]
struct Known<'t> {
    slots: [(&'t str, Meaning); 1 << SLOT_BITS],
    overruled: Option<Meaning>,
}

impl<'t> Known<'t> {
    #[inline]
    fn meaning(&mut self, key: &'t str) -> Meaning {
        if let Some(meaning) = self.overruled {
            return meaning;
        }
        let bytes = key.as_bytes();
        let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
        let mixed = byte(0) << 24 | byte(bytes.len() / 2) << 16 | byte(bytes.len() - 1) << 8 | bytes.len() as u32;
        let slot = &mut self.slots[(mixed.wrapping_mul(MIX) >> (u32::BITS - SLOT_BITS)) as usize];
        if slot.0 != key {
            *slot = (key, Meaning::of(key));
        }
        slot.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any walk: objects and arrays open and close, and at each value path and meaning are those
    /// of a path that is written at every step.
    #[test]
    fn a_path_is_the_same_whenever_it_is_written() {
        let keys = ["url", "a.3", "3", "", "host", "é", "x[0]", "url2", "_", "port"];
        for seed in 0_usize..200 {
            let mut path = Path::new(["", "base", "b.3"][seed % 3], None);
            let mut plain: Vec<String> = Vec::new();
            for step in 0..40 {
                let dice = (seed * 7919 + step * 104_729) / 7 % 11;
                match (dice, plain.is_empty()) {
                    (0..3, _) => {
                        path.open_array();
                        plain.push("[0]".into());
                    }
                    (3..6, _) => {
                        let key = keys[(seed + step) % keys.len()];
                        path.open_object();
                        path.next_key(key);
                        plain.push(format!(".{key}"));
                    }
                    (6..8, false) => {
                        path.close();
                        plain.pop();
                    }
                    _ => {}
                }
                if dice % 2 == 0 {
                    let base = ["", "base", "b.3"][seed % 3];
                    let expected = plain.iter().fold(base.to_owned(), |path, step| {
                        if path.is_empty() { step.trim_start_matches('.').to_owned() } else { path + step }
                    });
                    assert_eq!(path.meaning(), Meaning::of(&expected), "{expected}");
                    assert_eq!(path.text(), expected);
                }
            }
        }
    }
}
