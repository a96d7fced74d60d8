//! Frames of gRPC-Web (and of gRPC and Connect): a byte of flags, four of the length, and a message.

use super::super::body::Piece;
use super::super::collector::Collector;
use super::super::decode;
use super::super::spot::Spot;
use super::{protobuf, search_other};

/// Bytes before a message.
const HEADER: usize = 5;
/// Flags of a message that is packed, in a way that a header field names.
const PACKED: u8 = 1;
/// Flags of what follows the last message: fields as in HTTP/1.
const TRAILERS: u8 = 0x80;

/// Searches frames. Returns whether all of it was read.
pub(super) fn search(piece: Piece<&[u8]>, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let mut rest = piece.data;
    let mut is_sure = true;
    while let Some((header, data)) = rest.split_first_chunk::<HEADER>() {
        if out.is_done() {
            return is_sure;
        }
        let [flags, length @ ..] = *header;
        let length = u32::from_be_bytes(length) as usize;
        let is_whole = length <= data.len();
        let (message, after) = data.split_at(length.min(data.len()));
        match flags {
            0 => is_sure &= protobuf::search(Piece { data: message, is_whole }, spot, out),
            TRAILERS if is_whole => search_other(message, spot, out),
            TRAILERS => {}
            PACKED => is_sure = false,
            _ => return false,
        }
        is_sure &= is_whole || !piece.is_whole;
        rest = after;
    }
    is_sure && (rest.is_empty() || !piece.is_whole)
}

/// The same in base64.
pub(super) fn search_text(piece: Piece<&[u8]>, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    // Padding may stand in the middle, behind each piece that was sent at once.
    let mut bytes = Vec::new();
    for part in piece.data.split(|&byte| byte == b'=').filter(|part| !part.is_empty()) {
        bytes.extend(decode::base64_of_digits(part.iter().copied().filter_map(decode::base64_digit).collect()));
    }
    out.spend(bytes.len()) && search(Piece { data: &bytes, ..piece }, spot, out)
}
