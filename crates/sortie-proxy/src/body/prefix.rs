//! The first bytes of a body.

use bytes::Bytes;

/// The first bytes of a body, up to a limit. A body that came in one piece is not copied.
#[derive(Debug)]
pub struct Prefix {
    limit: usize,
    first: Bytes,
    /// All of it, once there was more than one piece.
    joined: Vec<u8>,
    /// Whether bytes came that were not kept.
    is_cut: bool,
}

impl Prefix {
    /// An empty prefix that will hold at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, first: Bytes::new(), joined: Vec::new(), is_cut: false }
    }

    /// Keeps what of the body's next piece is within the limit.
    pub fn push(&mut self, piece: &Bytes) {
        let room = self.limit - self.as_slice().len();
        let kept = piece.len().min(room);
        self.is_cut |= kept < piece.len();
        if kept == 0 {
            return;
        }
        if self.first.is_empty() && self.joined.is_empty() {
            self.first = piece.slice(..kept);
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(self.first.len() + kept);
            self.joined.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.joined.extend_from_slice(&piece[..kept]);
    }

    /// The bytes kept so far.
    pub fn as_slice(&self) -> &[u8] {
        if self.joined.is_empty() { &self.first } else { &self.joined }
    }

    /// Whether bytes came that were not kept.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether nothing more can be kept.
    pub fn is_full(&self) -> bool {
        self.as_slice().len() == self.limit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_piece_is_not_copied() {
        let piece = Bytes::from_static(b"abc");
        let mut prefix = Prefix::new(3);
        prefix.push(&piece);
        assert_eq!(prefix.as_slice().as_ptr(), piece.as_ptr());
        assert!(prefix.is_full() && !prefix.is_cut());
        prefix.push(&Bytes::from_static(b"d"));
        assert!(prefix.is_cut());
    }

    proptest! {
        #[test]
        fn holds_the_first_bytes(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 0..8), limit in 0_usize..20) {
            let mut prefix = Prefix::new(limit);
            for piece in &pieces {
                prefix.push(&Bytes::copy_from_slice(piece));
            }
            let whole = pieces.concat();
            prop_assert_eq!(prefix.as_slice(), &whole[..whole.len().min(limit)]);
            prop_assert_eq!(prefix.is_cut(), whole.len() > limit);
        }
    }
}
