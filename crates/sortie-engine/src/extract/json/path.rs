//! Where in a document the walk is: written out only for what is searched there.

use std::borrow::Cow;
use std::fmt::Write;

use smallvec::SmallVec;

use super::super::names::Meaning;
use super::key::Key;

/// Bytes of one key that the path keeps.
const KEY_LENGTH: usize = 64;
/// Arrays and objects one inside another for which nothing is allocated.
const USUAL_DEPTH: usize = 8;

/// An array or object that is open.
#[derive(Debug)]
struct Open<'t> {
    step: Step<'t>,
    /// Length of the written path above it.
    above: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step<'t> {
    Key(Key<'t>),
    Index {
        index: usize,
        /// Which of those that are open gives the values their name; `None` is the base.
        named_by: Option<usize>,
        /// What that name says, once it was asked for: it is the same for all values.
        meaning: Option<Meaning>,
    },
}

/// The path to a value: `hooks[3].url`.
#[derive(Debug)]
pub(super) struct Path<'t> {
    open: SmallVec<[Open<'t>; USUAL_DEPTH]>,
    /// How deep the top object lies: the outermost that is open, or one right in an outermost array.
    top: Option<usize>,
    /// The path so far as it was needed: the base's name and the steps of the first `written`.
    text: String,
    written: usize,
    /// What the base's name says.
    base: Meaning,
    /// What every value means, whatever its name.
    overruled: Option<Meaning>,
}

impl<'t> Path<'t> {
    /// A path below a name. `overruled` is what every value means, whatever its name.
    pub(super) fn new(base: &str, overruled: Option<Meaning>) -> Self {
        let open = SmallVec::new();
        Self { open, top: None, text: base.to_owned(), written: 0, base: Meaning::of(base), overruled }
    }

    /// Whether every value means the same, whatever its name.
    pub(super) fn is_overruled(&self) -> bool {
        self.overruled.is_some()
    }

    /// Whether the innermost that is open is an object; `None` outside of all.
    #[inline]
    pub(super) fn is_in_object(&self) -> Option<bool> {
        self.open.last().map(|open| matches!(open.step, Step::Key(_)))
    }

    /// Whether the innermost that is open is the top object.
    #[inline]
    pub(super) fn is_at_top(&self) -> bool {
        self.top == Some(self.open.len())
    }

    /// Leaves all that is open in the top object. Returns how deep that lies.
    pub(super) fn return_to_top(&mut self) -> Option<usize> {
        let top = self.top?;
        while self.open.len() > top {
            self.close();
        }
        Some(top)
    }

    /// The innermost key.
    pub(super) fn key(&self) -> Option<Cow<'t, str>> {
        self.open.iter().rev().find_map(|open| match open.step {
            Step::Key(key) => Some(key.beginning(KEY_LENGTH)),
            Step::Index { .. } => None,
        })
    }

    /// An array begins, and its first value.
    pub(super) fn open_array(&mut self) {
        let named_by = self.named_by();
        // An array of arrays asks once for all of them.
        let meaning = (self.is_in_object() == Some(false)).then(|| self.meaning());
        self.open.push(Open { step: Step::Index { index: 0, named_by, meaning }, above: 0 });
    }

    /// An object begins; a key follows.
    pub(super) fn open_object(&mut self) {
        if self.top.is_none() && self.open.len() <= 1 {
            self.top = Some(self.open.len() + 1);
        }
        self.open.push(Open { step: Step::Key(Key::NONE), above: 0 });
    }

    /// Whether the innermost that is open is an object, and an element of an array.
    #[inline]
    pub(super) fn is_in_array_of_objects(&self) -> bool {
        matches!(self.open.as_slice(), [.., Open { step: Step::Index { .. }, .. }, Open { step: Step::Key(_), .. }])
    }

    /// The innermost object ends, and the next element of its array is an object too.
    pub(super) fn next_object(&mut self) {
        self.close();
        self.next_index();
        self.open_object();
    }

    /// The innermost array or object ends.
    pub(super) fn close(&mut self) {
        self.forget_step();
        if self.is_at_top() {
            self.top = None;
        }
        self.open.pop();
    }

    /// The next value of an array.
    #[inline]
    pub(super) fn next_index(&mut self) {
        self.forget_step();
        if let Some(Open { step: Step::Index { index, .. }, .. }) = self.open.last_mut() {
            *index += 1;
        }
    }

    /// The next value of an object.
    #[inline]
    pub(super) fn next_key(&mut self, key: Key<'t>) {
        self.forget_step();
        if let Some(open) = self.open.last_mut() {
            open.step = Step::Key(key);
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

    /// Which of those that are open gives the value at hand its name.
    #[inline]
    fn named_by(&self) -> Option<usize> {
        match self.open.last()?.step {
            Step::Key(_) => Some(self.open.len() - 1),
            Step::Index { named_by, .. } => named_by,
        }
    }

    /// What the name of the value at hand says.
    #[inline]
    pub(super) fn meaning(&mut self) -> Meaning {
        if let Some(meaning) = self.overruled {
            return meaning;
        }
        if let Some(Open { step: Step::Index { meaning: Some(meaning), .. }, .. }) = self.open.last() {
            return *meaning;
        }
        let said = self.said();
        if let Some(Open { step: Step::Index { meaning, .. }, .. }) = self.open.last_mut() {
            *meaning = Some(said);
        }
        said
    }

    /// What the name of the value at hand says, by that name.
    fn said(&mut self) -> Meaning {
        let Some(named_by) = self.named_by() else { return self.base };
        match self.open[named_by].step {
            Step::Key(key)
                if let Some(name) = key.plain()
                    && is_last_word(name) =>
            {
                Meaning::of(name)
            }
            _ => Meaning::of(self.text()),
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
                    self.text.push_str(&key.beginning(KEY_LENGTH));
                }
                Step::Index { index, .. } => {
                    // Writing to a string does not fail.
                    let _ = write!(self.text, "[{index}]");
                }
            }
        }
        self.written = self.open.len();
        &self.text
    }
}

/// Whether a path means what this key says that it ends in: no earlier key has a share in its last word, and none of
/// the key is cut off.
#[inline]
pub(super) fn is_last_word(key: &str) -> bool {
    key.len() <= KEY_LENGTH && has_letter(key)
}

#[inline]
fn has_letter(key: &str) -> bool {
    key.as_bytes().last().is_some_and(u8::is_ascii_alphabetic) || key.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any walk: objects and arrays open and close, and at each value path and meaning are those
    /// of a path that is written at every step.
    #[test]
    fn a_path_is_the_same_whenever_it_is_written() {
        let keys = ["url", "ip.3", "3", "", "host", "é", "x[0]", "url2", "_", "port", "URL", "A", "s", "2x3", "ip."];
        for seed in 0_usize..200 {
            let mut path = Path::new(["", "base", "ip.3"][seed % 3], None);
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
                        path.next_key(Key::new(key, true));
                        plain.push(format!(".{key}"));
                    }
                    (6..8, false) => {
                        path.close();
                        plain.pop();
                    }
                    _ => {}
                }
                if dice % 2 == 0 {
                    let base = ["", "base", "ip.3"][seed % 3];
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
