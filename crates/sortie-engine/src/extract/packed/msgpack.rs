//! MessagePack, by its markers (github.com/msgpack/msgpack, spec.md; the table of markers is that of the crate `rmp`).
//! A walk of its own, for readers of whole values ask for a bound on recursion and make each of them.

use std::fmt::Write;

use rmp::Marker;

use super::super::body::Piece;
use super::super::collector::Collector;
use super::super::names::Meaning;
use super::super::spot::Spot;
use super::super::{value, work};
use super::{search_other, search_text};

/// Bytes of one key that the path keeps.
const KEY: usize = 64;

/// One item.
#[derive(Debug)]
enum Item<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    Array(u32),
    Map(u32),
    Other,
}

/// Takes the first item off the bytes. `None` where there is none, or what follows is cut off.
fn take<'b>(rest: &mut &'b [u8]) -> Option<Item<'b>> {
    let marker = Marker::from_u8(*bytes(rest, 1)?.first()?);
    Some(match marker {
        Marker::FixPos(number) => Item::Number(u64::from(number)),
        Marker::U8 => Item::Number(number(rest, 1)?),
        Marker::U16 => Item::Number(number(rest, 2)?),
        Marker::U32 => Item::Number(number(rest, 4)?),
        Marker::U64 => Item::Number(number(rest, 8)?),
        Marker::FixStr(length) => Item::Bytes(bytes(rest, usize::from(length))?),
        Marker::Str8 | Marker::Bin8 => sized(rest, 1)?,
        Marker::Str16 | Marker::Bin16 => sized(rest, 2)?,
        Marker::Str32 | Marker::Bin32 => sized(rest, 4)?,
        Marker::FixArray(count) => Item::Array(u32::from(count)),
        Marker::Array16 => Item::Array(number(rest, 2)? as u32),
        Marker::Array32 => Item::Array(number(rest, 4)? as u32),
        Marker::FixMap(count) => Item::Map(u32::from(count)),
        Marker::Map16 => Item::Map(number(rest, 2)? as u32),
        Marker::Map32 => Item::Map(number(rest, 4)? as u32),
        Marker::Null | Marker::True | Marker::False | Marker::FixNeg(_) => Item::Other,
        Marker::I8 => other(rest, 1)?,
        Marker::I32 | Marker::F32 => other(rest, 4)?,
        Marker::I64 | Marker::F64 => other(rest, 8)?,
        // Extensions have a byte of their type before their data.
        Marker::I16 | Marker::FixExt1 => other(rest, 2)?,
        Marker::FixExt2 => other(rest, 3)?,
        Marker::FixExt4 => other(rest, 5)?,
        Marker::FixExt8 => other(rest, 9)?,
        Marker::FixExt16 => other(rest, 17)?,
        Marker::Ext8 => extension(rest, 1)?,
        Marker::Ext16 => extension(rest, 2)?,
        Marker::Ext32 => extension(rest, 4)?,
        Marker::Reserved => return None,
    })
}

fn bytes<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn number(rest: &mut &[u8], width: usize) -> Option<u64> {
    Some(bytes(rest, width)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn sized<'b>(rest: &mut &'b [u8], width: usize) -> Option<Item<'b>> {
    let length = number(rest, width)? as usize;
    bytes(rest, length).map(Item::Bytes)
}

fn other<'b>(rest: &mut &'b [u8], count: usize) -> Option<Item<'b>> {
    bytes(rest, count).map(|_| Item::Other)
}

fn extension<'b>(rest: &mut &'b [u8], width: usize) -> Option<Item<'b>> {
    let length = number(rest, width)? as usize;
    other(rest, length.checked_add(1)?)
}

/// An open array or map.
struct Open {
    /// Items that are still to come: elements, or pairs.
    left: u32,
    is_map: bool,
    /// The length of its name.
    length: usize,
    index: u32,
}

/// Searches documents, one behind another. Names are paths as in JSON. Returns whether all of it was read.
pub(super) fn search(piece: Piece<&[u8]>, base: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let level = out.level();
    let mut walk = Walk { out, base: *base, rest: piece.data, path: base.name.to_owned(), open: Vec::new() };
    let is_read = walk.documents();
    walk.out.return_to(level);
    is_read || !piece.is_whole
}

struct Walk<'w, 'k> {
    out: &'w mut Collector<'k>,
    base: Spot<'w>,
    rest: &'w [u8],
    path: String,
    open: Vec<Open>,
}

impl Walk<'_, '_> {
    /// Returns whether the bytes are documents from end to end. One that is no array or map is not taken for one: what
    /// is no MessagePack at all begins with some.
    fn documents(&mut self) -> bool {
        while !self.rest.is_empty() {
            if !matches!(self.next(), Some(true)) {
                return false;
            }
            while let Some(open) = self.open.last_mut() {
                if self.out.is_done() {
                    return true;
                }
                self.path.truncate(open.length);
                if open.left == 0 {
                    self.open.pop();
                    self.out.leave();
                    continue;
                }
                open.left -= 1;
                let is_named = if open.is_map {
                    self.key()
                } else {
                    let index = open.index;
                    open.index += 1;
                    write!(self.path, "[{index}]").is_ok()
                };
                if !is_named || self.next().is_none() {
                    return false;
                }
            }
            self.path.truncate(self.base.name.len());
        }
        true
    }

    /// Takes a key, which is a text or a number in all that programs exchange.
    fn key(&mut self) -> bool {
        self.out.work(work::TOKEN);
        if !self.path.is_empty() {
            self.path.push('.');
        }
        match take(&mut self.rest) {
            Some(Item::Bytes(key)) => {
                self.path.push_str(&String::from_utf8_lossy(&key[..key.len().min(KEY)]));
                // A program may take its destinations from the keys of a map.
                if memchr::memmem::find(key, b"://").is_some() {
                    search_text(key, &self.base.named(&self.path), self.out);
                }
                true
            }
            Some(Item::Number(number)) => write!(self.path, "{number}").is_ok(),
            _ => false,
        }
    }

    /// Takes an item; says whether it holds others. `None` where there is none, or it is nested too deeply.
    fn next(&mut self) -> Option<bool> {
        self.out.work(work::TOKEN);
        let (left, is_map) = match take(&mut self.rest)? {
            Item::Array(count) => (count, false),
            Item::Map(count) => (count, true),
            Item::Bytes(bytes) => {
                let spot = self.base.named(&self.path);
                if !search_text(bytes, &spot, self.out) {
                    search_other(bytes, &spot, self.out);
                }
                return Some(false);
            }
            Item::Number(number) => {
                let digits = number.to_string();
                let spot = self.base.named(&self.path);
                if value::is_telling_number(&digits, Meaning::of(&self.path), self.out) {
                    value::search(&digits, &spot, self.out);
                }
                return Some(false);
            }
            Item::Other => return Some(false),
        };
        if !self.out.enter() {
            return None;
        }
        self.open.push(Open { left, is_map, length: self.path.len(), index: 0 });
        Some(true)
    }
}
