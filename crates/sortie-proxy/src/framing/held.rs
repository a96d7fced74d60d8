//! The bytes of an incomplete element: the slow path of the guard.

/// Bytes that were read but not handed on yet: first those that may go on, then those that are
/// still incomplete.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    given: usize,
    passed: usize,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.given == self.bytes.len()
    }

    /// Appends bytes that may not go on yet.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.compact();
        self.bytes.extend_from_slice(bytes);
    }

    /// What may not go on yet.
    pub(super) fn incomplete(&self) -> &[u8] {
        &self.bytes[self.passed..]
    }

    /// Lets `count` more bytes go on.
    pub(super) fn pass(&mut self, count: usize) {
        self.passed = (self.passed + count).min(self.bytes.len());
    }

    /// Hands over up to `room` bytes of those that may go on.
    pub(super) fn give(&mut self, room: usize) -> &[u8] {
        let from = self.given;
        self.given = self.passed.min(from + room);
        &self.bytes[from..self.given]
    }

    /// Drops what may not go on.
    pub(super) fn refuse_rest(&mut self) {
        self.bytes.truncate(self.passed);
    }

    /// Gives the memory back once everything went on: split heads are rare.
    pub(super) fn compact(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        } else if self.given > 0 {
            self.bytes.drain(..self.given);
            self.passed -= self.given;
            self.given = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_passed_and_keeps_the_rest() {
        let mut held = Held::default();
        held.keep(b"abcdef");
        assert_eq!(held.give(10), b"");
        held.pass(4);
        assert_eq!(held.give(3), b"abc");
        assert_eq!(held.incomplete(), b"ef");
        held.keep(b"gh");
        assert_eq!(held.incomplete(), b"efgh");
        assert_eq!(held.give(10), b"d");
        held.pass(4);
        assert_eq!(held.give(10), b"efgh");
        assert!(held.is_empty());
    }

    #[test]
    fn what_is_refused_is_gone() {
        let mut held = Held::default();
        held.keep(b"abcd");
        held.pass(1);
        held.refuse_rest();
        assert_eq!(held.give(10), b"a");
        assert!(held.is_empty());
    }
}
