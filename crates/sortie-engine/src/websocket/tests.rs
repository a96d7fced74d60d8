//! However the bytes are cut, a client's messages are the same.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::*;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const PING: u8 = 9;
const LAST: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const DEFLATE: &str = "permessage-deflate";

/// A frame as a client sends it. `first`: its first byte.
fn frame(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(0xfe);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0xff);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn text(payload: &[u8]) -> Vec<u8> {
    frame(LAST | TEXT, [1, 2, 3, 4], payload)
}

fn whole(bytes: impl Into<Vec<u8>>) -> Message {
    Message { bytes: bytes.into(), is_whole: true }
}

fn part(bytes: impl Into<Vec<u8>>) -> Message {
    Message { bytes: bytes.into(), is_whole: false }
}

/// Compresses messages one after the other, each referring to those before.
struct Deflater(Compress);

impl Deflater {
    fn new() -> Self {
        Self(Compress::new(Compression::best(), false))
    }

    fn message(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 1024);
        self.0.compress_vec(bytes, &mut out, FlushCompress::Sync).unwrap();
        assert_eq!(out.split_off(out.len() - 4), [0, 0, 0xff, 0xff]);
        out
    }
}

fn compressed(payload: &[u8]) -> Vec<u8> {
    frame(LAST | COMPRESSED | TEXT, [9, 8, 7, 6], payload)
}

/// A message as a client may send it: its bytes, where it is fragmented, and which mask it has.
type Sent = (Vec<u8>, Vec<usize>, [u8; 4]);

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    let bytes =
        prop_oneof![4 => prop::collection::vec(any::<u8>(), 1..40), 1 => prop::collection::vec(any::<u8>(), 120..400)];
    prop::collection::vec((bytes, prop::collection::vec(any::<usize>(), 0..3), any::<[u8; 4]>()), 1..5)
}

/// The frames of a message, with a ping behind each.
fn frames((bytes, cuts, mask): &Sent) -> Vec<u8> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]).collect();
    ends.sort_unstable();
    let (mut all, mut start) = (Vec::new(), 0);
    for (number, &end) in ends.iter().enumerate() {
        let kind = if number == 0 { BINARY } else { 0 };
        let last = if number + 1 == ends.len() { LAST } else { 0 };
        all.extend(frame(kind | last, *mask, &bytes[start..end]));
        all.extend(frame(LAST | PING, *mask, b"still there?"));
        start = end;
    }
    all
}

/// Reads bytes in pieces that end where `cuts` say.
fn read_in_pieces(messages: &mut Messages, bytes: &[u8], cuts: &[usize]) -> Vec<Message> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([0, bytes.len()]).collect();
    ends.sort_unstable();
    ends.windows(2).flat_map(|ends| messages.read(&bytes[ends[0]..ends[1]])).collect()
}

proptest! {
    #[test]
    fn frames_are_read_alike_wherever_they_are_cut(sent in sent(), cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        let bytes: Vec<u8> = sent.iter().flat_map(frames).collect();
        let expected: Vec<Message> = sent.iter().map(|(bytes, ..)| whole(bytes.clone())).collect();
        let mut messages = Messages::new(bytes.len(), "");
        prop_assert_eq!(read_in_pieces(&mut messages, &bytes, &cuts), expected);
        prop_assert!(!messages.is_over());
    }

    #[test]
    fn whatever_is_sent_is_read_alike_wherever_it_is_cut(
        bytes in prop::collection::vec(prop_oneof![Just(0x81_u8), Just(0xc1), Just(0x80), Just(0x01), 0_u8..8, any::<u8>()], 0..200),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
        limit in 0_usize..220,
    ) {
        let (mut one, mut other) = (Messages::new(limit, DEFLATE), Messages::new(limit, DEFLATE));
        prop_assert_eq!(one.read(&bytes), read_in_pieces(&mut other, &bytes, &cuts));
        prop_assert_eq!(one.is_over(), other.is_over());
    }

    #[test]
    fn compressed_messages_are_undone(sent in prop::collection::vec("[a-z]{1,80}", 1..6), is_fresh_each in any::<bool>()) {
        let granted = format!("{DEFLATE}; client_max_window_bits=15{}", if is_fresh_each { "; client_no_context_takeover" } else { "" });
        let (mut messages, mut deflater) = (Messages::new(1 << 16, &granted), Deflater::new());
        for text in sent {
            if is_fresh_each {
                deflater = Deflater::new();
            }
            prop_assert_eq!(messages.read(&compressed(&deflater.message(text.as_bytes()))), [whole(text)]);
        }
        prop_assert!(!messages.is_over());
    }
}

#[test]
fn lengths_are_read_in_all_three_forms() {
    let mut messages = Messages::new(1 << 20, "");
    for length in [1, 125, 126, 0xffff, 0x1_0000] {
        let sent = vec![b'a'; length];
        assert_eq!(messages.read(&text(&sent)), [whole(sent)], "{length}");
    }
    assert_eq!(messages.read(&[LAST | TEXT, 2, b'h', b'i']), [whole(*b"hi")], "without a mask");
    assert!(messages.read(&text(b"")).is_empty(), "it says nothing");
}

#[test]
fn what_is_no_frame_ends_the_reading() {
    let mask = [0; 4];
    for bytes in [
        frame(LAST | 0x20 | TEXT, mask, b"x"),
        frame(LAST | 3, mask, b"x"),
        frame(LAST | 0xb, mask, b"x"),
        frame(LAST, mask, b"x"),
        frame(PING, mask, b"x"),
        frame(LAST | PING, mask, &[b'x'; 126]),
        frame(LAST | COMPRESSED | PING, mask, b"x"),
        frame(LAST | COMPRESSED | TEXT, mask, b"x"),
        [frame(TEXT, mask, b""), frame(LAST | TEXT, mask, b"x")].concat(),
        [frame(TEXT, mask, b""), frame(LAST | COMPRESSED, mask, b"x")].concat(),
    ] {
        let mut messages = Messages::new(1 << 16, "");
        assert_eq!(messages.read(&[text(b"first"), bytes.clone()].concat()), [whole(*b"first")], "{bytes:?}");
        assert!(messages.is_over(), "{bytes:?}");
        assert!(messages.read(&text(b"second")).is_empty());
    }
}

#[test]
fn the_first_bytes_are_read_and_of_the_last_message_what_there_is() {
    let bytes = [text(b"first"), text(b"second")].concat();
    let head = text(b"").len();
    let limit = text(b"first").len() + head + 3;
    let mut messages = Messages::new(limit, "");
    assert_eq!(messages.read(&bytes), [whole(*b"first"), part(*b"sec")]);
    assert!(messages.is_over());
    let mut messages = Messages::new(bytes.len(), "");
    assert_eq!(messages.read(&bytes).len(), 2);
    assert!(!messages.is_over(), "nothing was left out");
    assert!(messages.read(b"\x81").is_empty() && messages.is_over());
    let huge = [&[LAST | BINARY, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4], b"abc"].concat();
    let mut messages = Messages::new(huge.len(), "");
    assert!(messages.read(&huge).is_empty());
    assert_eq!(messages.read(b"d"), [part(*b"abc")]);
}

#[test]
fn a_bomb_is_cut() {
    let mut deflater = Deflater::new();
    let bomb = deflater.message(&vec![b'a'; 3 * limits::DECODED_BYTES / 4]);
    let mut messages = Messages::new(1 << 16, DEFLATE);
    let first = messages.read(&compressed(&bomb));
    assert_eq!((first.len(), first[0].is_whole), (1, true));
    let second = messages.read(&compressed(&deflater.message(&vec![b'b'; 3 * limits::DECODED_BYTES / 4])));
    assert_eq!(second[0], part(vec![b'b'; limits::DECODED_BYTES / 4]), "all messages have one bound");
    assert!(messages.is_over());
}

#[test]
fn what_is_not_undone_ends_the_reading() {
    let good = Deflater::new().message(b"http://h.example/");
    let mut last = DeflateEncoder::new(Vec::new(), Compression::best());
    last.write_all(b"final").unwrap();
    for (data, bytes) in [(vec![0xff; 9], &b""[..]), (last.finish().unwrap(), b"final")] {
        let mut messages = Messages::new(1 << 16, DEFLATE);
        let expected: Vec<Message> =
            Some(part(bytes)).filter(|message| !message.bytes.is_empty()).into_iter().collect();
        assert_eq!(messages.read(&compressed(&data)), expected);
        assert!(messages.is_over());
    }
    let mut messages = Messages::new(compressed(&good).len() - 1, DEFLATE);
    let found = messages.read(&compressed(&good));
    assert!(!found[0].is_whole && b"http://h.example/".starts_with(&found[0].bytes));
}

#[test]
fn other_extensions_are_not_known() {
    let message = compressed(&Deflater::new().message(b"x"));
    for (granted, is_known) in [
        (DEFLATE, true),
        ("Permessage-Deflate; server_no_context_takeover; server_max_window_bits=\"10\"", true),
        ("", false),
        ("permessage-deflate, x-other", false),
        ("x-webkit-deflate-frame", false),
        ("permessage-deflate; x=1", false),
        ("permessage-deflate; client_no_context_takeover=1", false),
    ] {
        let mut messages = Messages::new(1 << 16, granted);
        assert_eq!(
            (messages.read(&message).len(), messages.is_over()),
            (usize::from(is_known), !is_known),
            "{granted}"
        );
    }
}
