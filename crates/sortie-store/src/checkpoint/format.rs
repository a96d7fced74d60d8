//! The header of a checkpoint as bytes. All numbers are little-endian; the layout is pinned by a
//! test, and every change of it needs a new [`FORMAT`].
//!
//! ```text
//!  0 magic "SORTIE-C"   8 format u16   10 event schema u16   12 version of the state u16   14 zero
//! 16 event u64         24 raw u64     32 stored u64         40 CRC-32 of the payload
//! 44 CRC-32 of bytes 0..44
//! 48 payload: one zstd frame
//! ```

use crate::bytes::{HeaderFault, is_sealed, seal, u16_at, u32_at, u64_at};

/// Version of this layout.
pub(super) const FORMAT: u16 = 1;

const MAGIC: [u8; 8] = *b"SORTIE-C";

/// What a checkpoint begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Version of the events it covers.
    pub(super) schema: u16,
    /// Version of the state's form.
    pub(super) version: u16,
    /// Number of the last event it covers.
    pub(super) event: u64,
    /// Bytes of the state.
    pub(super) raw: u64,
    /// Bytes of the payload.
    pub(super) stored: u64,
    /// CRC-32 of the payload.
    pub(super) checksum: u32,
}

impl Header {
    /// Length in bytes.
    pub(super) const LENGTH: usize = 48;

    pub(super) fn encode(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.schema.to_le_bytes());
        bytes[12..14].copy_from_slice(&self.version.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.event.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.raw.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.stored.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.checksum.to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    pub(super) fn decode(bytes: &[u8; Self::LENGTH]) -> Result<Self, HeaderFault> {
        if bytes[0..8] != MAGIC {
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
        Ok(Self {
            schema: u16_at(bytes, 10),
            version: u16_at(bytes, 12),
            event: u64_at(bytes, 16),
            raw: u64_at(bytes, 24),
            stored: u64_at(bytes, 32),
            checksum: u32_at(bytes, 40),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_back(schema: u16, version: u16, event: u64, raw: u64, stored: u64, checksum: u32) {
            let header = Header { schema, version, event, raw, stored, checksum };
            prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
        }
    }

    #[test]
    fn the_layout_is_pinned() {
        let header = Header { schema: 2, version: 3, event: 4, raw: 5, stored: 6, checksum: 7 };
        let numbers = b"SORTIE-C\x01\0\x02\0\x03\0\0\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07\0\0\0";
        assert_eq!(&header.encode()[..44], numbers);
    }
}
