//! What a crash leaves behind, at every byte.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use proptest::prelude::*;

use super::*;

/// What a crash leaves: the file cut at `length`, with `garbage` behind.
fn crash(path: &std::path::Path, length: u64, garbage: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
    file.write_all_at(garbage, length).unwrap();
}

/// Writes one block per batch; returns where each ends and the last event in it.
fn write_blocks(place: &Place, batches: &[u64]) -> Vec<(u64, u64)> {
    let mut writer = place.writer(Settings::default());
    let mut ends = vec![(format::SegmentHeader::LENGTH as u64, 0)];
    let mut next = 1;
    for &size in batches {
        writer.append(&events(next..next + size)).unwrap();
        writer.flush().unwrap();
        next += size;
        ends.push((fs::metadata(&place.segments()[0]).unwrap().len(), next - 1));
    }
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Cut anywhere in the last three blocks, with or without garbage behind the cut: the reader
    /// sees just the whole blocks before it, and the writer goes on.
    #[test]
    fn a_crash_costs_only_what_was_not_flushed(
        batches in prop::collection::vec(1_u64..20, 1..6),
        cut in any::<prop::sample::Index>(),
        garbage in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let place = Place::new();
        let ends = write_blocks(&place, &batches);
        let (whole, _) = *ends.last().unwrap();
        let from = ends[ends.len().saturating_sub(4)].0;
        let length = from + cut.index((whole - from + 1) as usize) as u64;
        crash(&place.segments()[0], length, &garbage);

        let (end, last) = *ends.iter().rev().find(|(end, _)| *end <= length).unwrap();
        prop_assert_eq!(place.read(0), events(1..=last));
        let (mut writer, torn) = Writer::open(&place.folder, Settings::default()).unwrap();
        let left = length + garbage.len() as u64 - end;
        if last > 0 {
            prop_assert_eq!(writer.last(), Some(last));
            prop_assert_eq!(torn.iter().map(|tail| tail.bytes).sum::<u64>(), left);
            prop_assert_eq!(place.files("torn").len(), usize::from(left > 0));
        }
        writer.append(&events(last + 1..=last + 3)).unwrap();
        writer.flush().unwrap();
        prop_assert_eq!(place.read(0), events(1..=last + 3));
        prop_assert_eq!(place.reader().find(last + 2).unwrap(), Some(event(last + 2)));
    }
}

#[test]
fn every_byte_of_the_last_block_is_a_crash_point() {
    let place = Place::new();
    let ends = write_blocks(&place, &[3, 2, 4]);
    let path = place.segments().remove(0);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() as u64 {
        fs::write(&path, &whole[..length as usize]).unwrap();
        let last = ends.iter().rev().find(|(end, _)| *end <= length).map_or(0, |(_, last)| *last);
        assert_eq!(place.read(0), events(1..=last), "cut at {length}");
        let (mut writer, _) = Writer::open(&place.folder, Settings::default()).unwrap();
        writer.append(&events(last + 1..=9)).unwrap();
        writer.sync().unwrap();
        assert_eq!(place.read(0), events(1..=9), "cut at {length}");
        for path in place.files("seg").into_iter().chain(place.files("torn")) {
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_header_without_its_payload_is_no_block() {
    let place = Place::new();
    let ends = write_blocks(&place, &[3, 2]);
    // As after a loss of power: the length is right, the last pages are zeros.
    let (start, last) = ends[1];
    let path = place.segments().remove(0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[start as usize + format::BlockHeader::LENGTH..].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(place.read(0), events(1..=last));
    let (writer, torn) = Writer::open(&place.folder, Settings::default()).unwrap();
    assert_eq!((writer.last(), torn[0].offset), (Some(last), start));
}
