//! Protocol Buffers by their wire format (protobuf.dev/programming-guides/encoding). Crates that read it ask for the
//! schema of a message; the format itself is a list of numbered fields, four kinds of them.
//!
//! Without a schema a field of bytes is text, a message, or neither: it is read as each that it may be. A field is
//! named by its number (`f1.f2`), for names are only in the schema.

use sortie_model::event::Cut;

use super::super::body::Piece;
use super::super::collector::Collector;
use super::super::spot::Spot;
use super::super::work;
use super::{search_other, search_text};

/// Messages in messages that are followed.
const DEPTH: usize = 32;

/// One field's value, as far as it matters here.
#[derive(Debug, PartialEq)]
enum Value<'b> {
    /// A number, or the begin or end of a group.
    Other,
    Bytes(&'b [u8]),
}

/// Takes the first field off a message: its number and value. `None` where there is none.
fn take<'b>(rest: &mut &'b [u8]) -> Option<(u64, Value<'b>)> {
    let tag = varint(rest)?;
    let number = tag >> 3;
    // Numbers have 29 bits.
    if number == 0 || number >> 29 != 0 {
        return None;
    }
    let value = match tag & 7 {
        0 => varint(rest).map(|_| Value::Other)?,
        1 => bytes(rest, 8).map(|_| Value::Other)?,
        2 => {
            let length = varint(rest)?;
            Value::Bytes(bytes(rest, usize::try_from(length).ok()?)?)
        }
        3 | 4 => Value::Other,
        5 => bytes(rest, 4).map(|_| Value::Other)?,
        _ => return None,
    };
    Some((number, value))
}

fn bytes<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let length = rest.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let value = rest[..length].iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f));
    *rest = &rest[length..];
    Some(value)
}

/// Whether bytes are fields from end to end. What stands in them is not looked at, so all levels together cost as
/// much as there are fields.
fn is_message(mut rest: &[u8], out: &mut Collector<'_>) -> bool {
    let is_any = !rest.is_empty();
    while !rest.is_empty() {
        out.work(work::TOKEN);
        if take(&mut rest).is_none() {
            return false;
        }
    }
    is_any
}

/// Searches a message. Returns whether it is one, as far as it goes.
pub(super) fn search(piece: Piece<&[u8]>, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let mut path = String::from(spot.name);
    // What is left of each open message, and the length of its name.
    let mut open = vec![(piece.data, path.len())];
    while let Some((rest, length)) = open.last_mut() {
        if out.is_done() {
            return true;
        }
        path.truncate(*length);
        if rest.is_empty() {
            open.pop();
            continue;
        }
        out.work(work::TOKEN);
        let Some((number, value)) = take(rest) else {
            // Messages within were tried before they were opened: this is the outermost. One that is cut off ends in
            // a field that is.
            return !piece.is_whole;
        };
        let Value::Bytes(bytes) = value else { continue };
        if !path.is_empty() {
            path.push('.');
        }
        path.push('f');
        path.push_str(&number.to_string());
        let spot = spot.named(&path);
        let is_text = search_text(bytes, &spot, out);
        if !is_message(bytes, out) {
            if !is_text {
                search_other(bytes, &spot, out);
            }
        } else if open.len() < DEPTH {
            open.push((bytes, path.len()));
        } else {
            out.cut(Cut::Depth);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_by_their_wire_types() {
        let mut rest = &b"\x08\x96\x01\x12\x02hi\x19\0\0\0\0\0\0\0\0\x25\0\0\0\0\x2b\x2c\x06"[..];
        let mut taken = Vec::new();
        while let Some((number, value)) = take(&mut rest) {
            taken.push((number, matches!(value, Value::Bytes(b"hi"))));
        }
        assert_eq!(taken, [(1, false), (2, true), (3, false), (4, false), (5, false), (5, false)]);
        for broken in [
            &b"\x00"[..],
            b"\x0a",
            b"\x0a\x05hi",
            b"\x0f",
            b"\x08\xff",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            assert_eq!(take(&mut &*broken), None, "{broken:?}");
        }
    }
}
