//! Segment and block headers as bytes. All numbers are little-endian; the layout is pinned by a
//! test, and every change of it needs a new [`FORMAT`].
//!
//! ```text
//! segment  0 magic "SORTIE-J"   8 format u16   10 event schema u16
//!         12 first event u64   20 created u64 (microseconds, the first event's time)
//!         28 CRC-32 of bytes 0..28
//! block    0 magic "sblk"       4 stored u32 (bytes of the payload)   8 raw u32 (uncompressed)
//!         12 events u32        16 first u64   24 last u64 (event numbers)
//!         32 earliest u64      40 latest u64 (event times)
//!         48 CRC-32 of the payload            52 CRC-32 of bytes 0..52
//!         56 payload: one zstd frame of postcard-encoded events, one after the other
//! ```

use sortie_model::Micros;

use crate::bytes::{HeaderFault, is_sealed, seal, u16_at, u32_at, u64_at};
use crate::limits;

/// Version of this layout.
pub(super) const FORMAT: u16 = 1;

const SEGMENT_MAGIC: [u8; 8] = *b"SORTIE-J";
const BLOCK_MAGIC: [u8; 4] = *b"sblk";

/// What a segment begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Version of the events in it, [`sortie_model::event::SCHEMA`].
    pub(super) schema: u16,
    /// Number of its first event; the file's name says the same.
    pub(super) first: u64,
    /// Time of its first event.
    pub(super) created: Micros,
}

impl SegmentHeader {
    /// Length in bytes.
    pub(super) const LENGTH: usize = 32;

    pub(super) fn encode(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0..8].copy_from_slice(&SEGMENT_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.schema.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.first.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.created.0.to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    pub(super) fn decode(bytes: &[u8; Self::LENGTH]) -> Result<Self, HeaderFault> {
        if bytes[0..8] != SEGMENT_MAGIC {
            return Err(HeaderFault::Broken);
        }
        // Before the checksum, for another format may keep it elsewhere.
        let format = u16_at(bytes, 8);
        if format != FORMAT {
            return Err(HeaderFault::Format(format));
        }
        if !is_sealed(bytes) {
            return Err(HeaderFault::Broken);
        }
        Ok(Self { schema: u16_at(bytes, 10), first: u64_at(bytes, 12), created: Micros(u64_at(bytes, 20)) })
    }
}

/// What a block begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHeader {
    /// Bytes of the payload.
    pub(super) stored: u32,
    /// Bytes of the events it decompresses to.
    pub(super) raw: u32,
    /// How many events it holds.
    pub(super) events: u32,
    /// Number of the first.
    pub(super) first: u64,
    /// Number of the last.
    pub(super) last: u64,
    /// The smallest time of an event.
    pub(super) earliest: Micros,
    /// The greatest.
    pub(super) latest: Micros,
    /// CRC-32 of the payload.
    pub(super) checksum: u32,
}

impl BlockHeader {
    /// Length in bytes.
    pub(super) const LENGTH: usize = 56;

    pub(super) fn encode(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0..4].copy_from_slice(&BLOCK_MAGIC);
        bytes[4..8].copy_from_slice(&self.stored.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.raw.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.events.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.last.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.earliest.0.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.latest.0.to_le_bytes());
        bytes[48..52].copy_from_slice(&self.checksum.to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    /// `None` where the bytes are no block header, or one that this program cannot have written.
    pub(super) fn decode(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        if bytes[0..4] != BLOCK_MAGIC || !is_sealed(bytes) {
            return None;
        }
        let header = Self {
            stored: u32_at(bytes, 4),
            raw: u32_at(bytes, 8),
            events: u32_at(bytes, 12),
            first: u64_at(bytes, 16),
            last: u64_at(bytes, 24),
            earliest: Micros(u64_at(bytes, 32)),
            latest: Micros(u64_at(bytes, 40)),
            checksum: u32_at(bytes, 48),
        };
        header.is_possible().then_some(header)
    }

    /// Length of header and payload.
    pub(super) fn length(&self) -> u64 {
        Self::LENGTH as u64 + u64::from(self.stored)
    }

    fn is_possible(&self) -> bool {
        let raw = self.raw as usize;
        (1..=limits::BLOCK_RAW_MAX).contains(&raw)
            && self.stored as usize <= zstd::zstd_safe::compress_bound(raw)
            && self.events >= 1
            && self.first <= self.last
            && self.earliest <= self.latest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn headers_read_back(schema: u16, first: u64, created: u64) {
            let header = SegmentHeader { schema, first, created: Micros(created) };
            prop_assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
        }

        #[test]
        fn a_flipped_bit_is_seen(bit in 0_usize..BlockHeader::LENGTH * 8, first: u32, count in 1_u32..1000) {
            let header = BlockHeader {
                stored: 9, raw: 20, events: count, first: u64::from(first), last: u64::from(first) + u64::from(count),
                earliest: Micros(1), latest: Micros(2), checksum: 7,
            };
            let mut bytes = header.encode();
            prop_assert_eq!(BlockHeader::decode(&bytes), Some(header));
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(BlockHeader::decode(&bytes), None);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: [u8; 32], more: [u8; 24]) {
            let _ = SegmentHeader::decode(&bytes);
            let block: Vec<u8> = bytes.into_iter().chain(more).collect();
            prop_assert_eq!(BlockHeader::decode(&block.try_into().unwrap()), None);
        }
    }

    #[test]
    fn the_layout_is_pinned() {
        let segment = SegmentHeader { schema: 0x0201, first: 3, created: Micros(4) }.encode();
        assert_eq!(&segment[..28], b"SORTIE-J\x01\x00\x01\x02\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0");
        let block = BlockHeader {
            stored: 1,
            raw: 2,
            events: 3,
            first: 4,
            last: 5,
            earliest: Micros(6),
            latest: Micros(7),
            checksum: 8,
        };
        let numbers = b"sblk\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x08\0\0\0";
        assert_eq!(&block.encode()[..52], numbers);
    }

    #[test]
    fn another_format_is_told_from_damage() {
        let mut bytes = SegmentHeader { schema: 1, first: 1, created: Micros(1) }.encode();
        bytes[8] = 9;
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Format(9)));
        bytes[0] = b'X';
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Broken));
    }
}
