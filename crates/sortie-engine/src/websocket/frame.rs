//! The head of a frame (RFC 6455 §5.2).

use super::Malformed;

/// Bytes of the longest head: two, a length of eight, a mask of four.
pub(super) const HEAD_BYTES: usize = 14;
/// Bytes that the payload of a control frame may have.
const CONTROL_BYTES: u64 = 125;

const LAST: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;

/// A frame without its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Whether its message ends with it.
    pub(super) is_last: bool,
    /// Bytes of its payload.
    pub(super) length: u64,
    mask: [u8; 4],
}

/// What a frame is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first of a message, text or binary: which of them a program asks for is not told by what it obeys.
    Data {
        /// Whether the message is compressed.
        is_compressed: bool,
    },
    /// A further one of a message.
    Continuation,
    /// It speaks of the connection.
    Control,
}

impl Frame {
    /// Reads a head; `None` where it goes on behind these bytes.
    ///
    /// A length may be written longer than need be, and a mask may be missing: servers let that pass.
    pub(super) fn read(head: &[u8]) -> Result<Option<Self>, Malformed> {
        let &[first, second, ref rest @ ..] = head else { return Ok(None) };
        let kind = kind(first)?;
        let is_last = first & LAST != 0;
        let (length, rest) = match second & !MASKED {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            length => (u64::from(length), rest),
        };
        let mask = match rest.first_chunk() {
            Some(mask) if second & MASKED != 0 => *mask,
            None if second & MASKED != 0 => return Ok(None),
            _ => [0; 4],
        };
        if kind == Kind::Control && (!is_last || length > CONTROL_BYTES) {
            return Err(Malformed);
        }
        Ok(Some(Self { kind, is_last, length, mask }))
    }

    /// The mask of the payload from that byte on.
    pub(super) fn mask_from(&self, read: u64) -> impl Iterator<Item = u8> {
        self.mask.into_iter().cycle().skip((read % 4) as usize)
    }
}

fn kind(first: u8) -> Result<Kind, Malformed> {
    let is_compressed = first & COMPRESSED != 0;
    match (first & 0x0f, is_compressed) {
        _ if first & RESERVED != 0 => Err(Malformed),
        (1 | 2, _) => Ok(Kind::Data { is_compressed }),
        (0, false) => Ok(Kind::Continuation),
        (8..=10, false) => Ok(Kind::Control),
        _ => Err(Malformed),
    }
}
