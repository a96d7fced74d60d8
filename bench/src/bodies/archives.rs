//! Archives that were made to cost the reader of documents as much as possible.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Bytes of a member's header, with a name of one letter.
const HEADER: usize = 31;

/// Archives of at most so many bytes.
pub(super) fn archives(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let bomb = format!("<a>{}", "<b c='d:e/f'>".repeat(size));
    vec![
        ("an archive of small members", of(size, |_| [&member(0, 0)[..], b"<a/>"].concat())),
        ("an archive of bombs", of(size, |_| [&member(8, 0)[..], &deflate(bomb.as_bytes())].concat())),
        ("an archive of members with one content", shared(size)),
    ]
}

/// A document of as many members as fit.
fn of(size: usize, member: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = document();
    for number in 0.. {
        let member = member(number);
        // What is cut off in its middle costs as well.
        let room = size - bytes.len();
        bytes.extend(&member[..member.len().min(room)]);
        if bytes.len() == size {
            break;
        }
    }
    bytes
}

/// Members whose data are the same bytes, far behind them, which come to nothing: empty blocks of deflate.
fn shared(size: usize) -> Vec<u8> {
    let mut bytes = document();
    let count = (size / HEADER / 8).min(255);
    for number in 0..count {
        bytes.extend(member(8, (count - 1 - number) * HEADER));
    }
    while bytes.len() + 5 <= size {
        bytes.extend([0, 0, 0, 0xff, 0xff]);
    }
    bytes
}

/// The member that tells a document.
fn document() -> Vec<u8> {
    let mut header = member(0, 0);
    header[26] = 8;
    header.pop();
    header.extend(b"mimetype");
    header
}

/// The header of a member that is packed by this method, and has so many bytes before its data.
fn member(method: u8, extra: usize) -> Vec<u8> {
    let mut header = vec![0; HEADER];
    header[..4].copy_from_slice(b"PK\x03\x04");
    header[8] = method;
    header[26] = 1;
    header[28..30].copy_from_slice(&(extra as u16).to_le_bytes());
    header[30] = b'a';
    header
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; what is there counts in any case.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
