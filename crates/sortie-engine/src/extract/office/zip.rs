//! Members of a zip archive (APPNOTE 6.3.10), as far as there is of it.
//!
//! The directory stands at an archive's end, which is seldom within the inspected prefix, and a client may write into
//! it what he likes. So every local header is taken for a member, wherever it stands: each member that some program
//! finds by the directory begins with one. Sizes are not trusted, but for how far what is stored reaches at least.
//! Crates for zip files ask for the directory, or step over members by these sizes and stop at one whose size follows
//! it, as LibreOffice and Java write them.

use std::borrow::Cow;

use memchr::memmem;

/// What a local header begins with.
const SIGNATURE: &[u8] = b"PK\x03\x04";
/// Bytes of a local header before the member's name.
const HEADER: usize = 30;
/// Longest name of a member that is kept, in bytes.
const NAME: usize = 96;

/// A member.
#[derive(Debug)]
pub(super) struct Member<'b> {
    /// Its name as it was written.
    pub(super) name: Cow<'b, str>,
    pub(super) content: Content<'b>,
}

/// How a member's bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content<'b> {
    /// As they are.
    Stored(&'b [u8]),
    /// What begins with them in deflate (RFC 1951), which says itself where it ends.
    Deflated(&'b [u8]),
    /// Encrypted, or packed in a way that is not read.
    Other,
}

/// Whether bytes begin as an archive does.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The members, in the order in which they stand.
pub(super) fn members(bytes: &[u8]) -> impl Iterator<Item = Member<'_>> {
    memmem::find_iter(bytes, SIGNATURE).filter_map(|at| member(&bytes[at..]))
}

/// The member whose header begins these bytes; `None` where they end within it.
fn member(bytes: &[u8]) -> Option<Member<'_>> {
    let header = bytes.first_chunk::<HEADER>()?;
    let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (flags, method) = (short(6), short(8));
    let size = u32::from_le_bytes([header[18], header[19], header[20], header[21]]) as usize;
    let name_end = HEADER + usize::from(short(26));
    let data = bytes.get(name_end + usize::from(short(28))..)?;
    let name = bytes.get(HEADER..name_end)?;
    let is_encrypted = flags & 1 != 0;
    let content = match method {
        _ if is_encrypted => Content::Other,
        0 => Content::Stored(&data[..stored(data, size)]),
        8 => Content::Deflated(data),
        _ => Content::Other,
    };
    Some(Member { name: String::from_utf8_lossy(&name[..name.len().min(NAME)]), content })
}

/// How far stored data reach: as far as the header says, and where that may be less, to what follows a member: another
/// one, its sizes, or the directory.
fn stored(data: &[u8], size: usize) -> usize {
    let follows = |at: &usize| matches!(data[*at + 2..], [3, 4, ..] | [7, 8, ..] | [1, 2, ..]);
    let next = memmem::find_iter(data, b"PK").find(follows).unwrap_or(data.len());
    next.max(size.min(data.len()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Packing, archive};
    use super::*;

    fn names(bytes: &[u8]) -> Vec<String> {
        members(bytes).map(|member| member.name.into_owned()).collect()
    }

    #[test]
    fn members_are_found_by_their_headers() {
        for packing in [Packing::Stored, Packing::Deflated, Packing::Streamed] {
            let bytes = archive(packing, &[("a.xml", "<a/>"), ("b/c.xml", "<c/>")]);
            assert_eq!(names(&bytes), ["a.xml", "b/c.xml"], "{packing:?}");
            // Without the directory, and in the middle of a header.
            assert_eq!(names(&bytes[..memmem::rfind(&bytes, SIGNATURE).unwrap() + 20]), ["a.xml"]);
        }
        assert!(names(b"").is_empty() && names(b"PK").is_empty() && names(b"PK\x03\x04").is_empty());
    }

    #[test]
    fn stored_members_reach_to_the_next_or_as_far_as_they_say() {
        let bytes = archive(Packing::Stored, &[("a", "<a>PK\x03\x04</a>"), ("b", "<b/>")]);
        let Content::Stored(data) = members(&bytes).next().unwrap().content else { panic!("it is stored") };
        assert_eq!(data, b"<a>PK\x03\x04</a>");
        let mut small = archive(Packing::Stored, &[("a", "<a></a>")]);
        small[18] = 1;
        let Content::Stored(data) = members(&small).next().unwrap().content else { panic!("it is stored") };
        assert_eq!(data, b"<a></a>");
        small[18..22].fill(0xff);
        assert!(members(&small).next().is_some());
    }

    #[test]
    fn what_is_encrypted_or_packed_otherwise_is_told() {
        let mut bytes = archive(Packing::Deflated, &[("a", "<a/>")]);
        bytes[6] |= 1;
        assert_eq!(members(&bytes).next().unwrap().content, Content::Other);
        bytes[6] &= !1;
        bytes[8] = 12;
        assert_eq!(members(&bytes).next().unwrap().content, Content::Other);
    }
}
