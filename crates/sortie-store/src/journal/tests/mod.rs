mod crash;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use sortie_model::event::What;
use sortie_model::{Event, Micros, ServiceName};

use super::*;
use crate::error::StoreError;
use crate::folder::Folder;

struct Place {
    _dir: tempfile::TempDir,
    folder: Folder,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        Self { _dir: dir, folder }
    }

    fn writer(&self, settings: Settings) -> Writer {
        Writer::open(&self.folder, settings).unwrap().0
    }

    fn reader(&self) -> Reader {
        Reader::new(self.folder.layout())
    }

    fn read(&self, from: u64) -> Vec<Event> {
        self.reader().events_from(from).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn segments(&self) -> Vec<PathBuf> {
        self.files("seg")
    }

    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.layout().journal()).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|found| found == extension));
        paths.sort();
        paths
    }
}

fn event(number: u64) -> Event {
    let what = match number % 3 {
        0 => What::Tick,
        1 => What::Dropped { count: number },
        _ => What::Started { version: format!("version {number}") },
    };
    Event { number, at: Micros(1_000_000 + number * 1000), service: Some(ServiceName::from("shop")), what }
}

fn large(number: u64, bytes: usize) -> Event {
    // Text that zstd cannot shorten to nothing.
    let noise =
        std::iter::successors(Some(number + 1), |x| Some(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)));
    let version = noise.take(bytes).map(|x| char::from(b' ' + ((x >> 33) % 90) as u8)).collect();
    Event { what: What::Started { version }, ..event(number) }
}

fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<Event> {
    numbers.into_iter().map(event).collect()
}

#[test]
fn what_was_flushed_is_read_back_from_any_number_on() {
    let place = Place::new();
    let mut writer = place.writer(Settings::default());
    let all = events((1..=5000).map(|i| i * 2));
    for batch in all.chunks(700) {
        writer.append(batch).unwrap();
        writer.flush().unwrap();
    }
    assert_eq!(place.read(0), all);
    assert_eq!(place.read(5001), all[2500..]);
    assert_eq!(place.read(10_001), []);
    let mut reader = place.reader();
    assert_eq!(reader.find(5002).unwrap(), Some(event(5002)));
    for missing in [0, 1, 5001, 10_001] {
        assert_eq!(reader.find(missing).unwrap(), None, "{missing}");
    }
}

#[test]
fn what_was_not_flushed_is_not_there() {
    let place = Place::new();
    let mut writer = place.writer(Settings::default());
    writer.append(&events(1..=3)).unwrap();
    assert_eq!(writer.counters().pending, 3);
    assert_eq!(place.read(0), []);
    writer.flush().unwrap();
    assert_eq!(writer.counters().pending, 0);
    assert_eq!(place.read(0).len(), 3);
}

#[test]
fn a_full_block_is_written_without_being_asked() {
    let place = Place::new();
    let mut writer = place.writer(Settings::default());
    for number in 1..=40 {
        writer.append(&[large(number, 4000)]).unwrap();
    }
    assert!(writer.counters().blocks >= 2);
    assert_eq!(place.read(0).len() as u64, writer.counters().events);
}

#[test]
fn an_event_beyond_a_block_has_a_block_of_its_own_and_a_monster_none() {
    let place = Place::new();
    let mut writer = place.writer(Settings::default());
    let monster = large(3, crate::limits::BLOCK_RAW_MAX + 1);
    let outcome = writer.append(&[event(1), large(2, 500_000), monster, event(4)]);
    assert!(matches!(outcome, Err(StoreError::TooLarge { number: 3, .. })));
    writer.flush().unwrap();
    let numbers: Vec<u64> = place.read(0).iter().map(|event| event.number).collect();
    assert_eq!(numbers, [1, 2, 4]);
    assert_eq!(writer.counters().refused, 1);
}

#[test]
fn numbers_must_grow_also_through_a_restart() {
    let place = Place::new();
    let mut writer = place.writer(Settings::default());
    let outcome = writer.append(&[event(5), event(5), event(6)]);
    assert!(matches!(outcome, Err(StoreError::OutOfOrder { number: 5, last: 5 })));
    writer.flush().unwrap();
    let mut writer = place.writer(Settings::default());
    assert_eq!(writer.last(), Some(6));
    assert!(matches!(writer.append(&[event(6)]), Err(StoreError::OutOfOrder { .. })));
    writer.append(&[event(7)]).unwrap();
    writer.flush().unwrap();
    assert_eq!(place.read(0), events(5..=7));
}

#[test]
fn segments_end_by_size_and_by_age() {
    let place = Place::new();
    let mut writer = place.writer(Settings { segment_bytes: 40_000, ..Settings::default() });
    for number in 1..=10 {
        writer.append(&[large(number, 30_000)]).unwrap();
        writer.flush().unwrap();
    }
    assert!(place.segments().len() >= 3, "{:?}", place.segments());
    let before = place.segments().len();
    let later = Event { at: event(10).at.plus(crate::limits::SEGMENT_MICROS + 60_000_000), ..event(11) };
    writer.append(std::slice::from_ref(&later)).unwrap();
    writer.flush().unwrap();
    assert_eq!(place.segments().len(), before + 1);
    assert_eq!(place.reader().find(11).unwrap(), Some(later));
    assert_eq!(place.read(0).len(), 11);
}

#[test]
fn retention_removes_the_oldest_but_never_the_active_segment() {
    let place = Place::new();
    let settings = Settings { segment_bytes: 1, keep_bytes: 10_000_000, ..Settings::default() };
    let mut writer = place.writer(settings);
    for number in 1..=10 {
        writer.append(&[event(number)]).unwrap();
        writer.flush().unwrap();
    }
    assert_eq!(place.segments().len(), 10);
    // Everything before event 5 is older than a week then.
    let now = event(5).at.plus(settings.keep_micros + 1);
    assert_eq!(writer.retain(now).unwrap().segments, 4);
    assert_eq!(place.read(0), events(5..=10));
    assert_eq!(writer.retain(event(99).at.plus(settings.keep_micros)).unwrap().segments, 5);
    assert_eq!(place.read(0), events([10]));
    writer.append(&[event(11)]).unwrap();
    writer.flush().unwrap();
    assert_eq!(place.read(0), events(10..=11));
}

#[test]
fn retention_by_size_works_by_itself() {
    let place = Place::new();
    let mut writer = place.writer(Settings { segment_bytes: 1, keep_bytes: 500, ..Settings::default() });
    for number in 1..=50 {
        writer.append(&[event(number)]).unwrap();
        writer.flush().unwrap();
    }
    let bytes: u64 = place.segments().iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(bytes <= 500 + 200, "{bytes}");
    assert_eq!(place.read(0).last(), Some(&event(50)));
}

#[test]
fn a_time_that_leaps_removes_nothing() {
    let place = Place::new();
    let mut writer = place.writer(Settings { segment_bytes: 1, ..Settings::default() });
    let leap = Event { at: Micros(u64::MAX / 2), ..event(6) };
    for event in events(1..=5).into_iter().chain([leap, event(7)]) {
        writer.append(&[event]).unwrap();
        writer.flush().unwrap();
    }
    assert_eq!(place.read(0).len(), 7);
    assert_eq!(writer.retain(event(8).at).unwrap(), Removed::default());
}

#[test]
fn finds_where_a_time_begins() {
    let place = Place::new();
    let mut writer = place.writer(Settings { segment_bytes: 1000, ..Settings::default() });
    for number in 1..=100 {
        writer.append(&[event(number)]).unwrap();
        writer.flush().unwrap();
    }
    let mut reader = place.reader();
    assert_eq!(reader.number_at(Micros(0)).unwrap(), Some(1));
    for number in [1, 50, 100] {
        assert_eq!(reader.number_at(event(number).at).unwrap(), Some(number));
    }
    assert_eq!(reader.number_at(event(101).at).unwrap(), None);
}

#[test]
fn another_schema_is_named_with_its_file_and_the_remedy() {
    let place = Place::new();
    let mut writer = place.writer(Settings::default());
    writer.append(&events(1..=3)).unwrap();
    writer.flush().unwrap();
    let path = place.segments().remove(0);
    let header = format::SegmentHeader { schema: 77, first: 1, created: event(1).at };
    OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&header.encode(), 0).unwrap();
    let mut read = place.reader().events_from(0).unwrap();
    let error = read.next().unwrap().unwrap_err().to_string();
    assert!(read.next().is_none());
    assert!(error.contains("event schema version 77") && error.contains(path.to_str().unwrap()), "{error}");
    assert!(error.contains(&format!("move {} away", place.folder.layout().journal().display())), "{error}");
    assert!(matches!(Writer::open(&place.folder, Settings::default()), Err(StoreError::Version { found: 77, .. })));
}

#[test]
fn damage_in_the_middle_is_reported_and_the_rest_is_read() {
    let place = Place::new();
    let mut writer = place.writer(Settings { segment_bytes: 1000, ..Settings::default() });
    for number in 1..=30 {
        writer.append(&[event(number)]).unwrap();
        writer.flush().unwrap();
    }
    let segments = place.segments();
    assert!(segments.len() >= 3);
    // The payload of the first segment's first block, and the header of the second's first one.
    flip(&segments[0], (format::SegmentHeader::LENGTH + format::BlockHeader::LENGTH) as u64);
    flip(&segments[1], format::SegmentHeader::LENGTH as u64);
    let (read, failed): (Vec<_>, Vec<_>) = place.reader().events_from(0).unwrap().partition(Result::is_ok);
    assert_eq!(failed.len(), 2, "{failed:?}");
    let numbers: Vec<u64> = read.into_iter().map(|event| event.unwrap().number).collect();
    assert!(!numbers.contains(&1) && numbers.contains(&2) && numbers.contains(&30), "{numbers:?}");
}

fn flip(path: &std::path::Path, offset: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 0x55], offset).unwrap();
}

#[test]
fn the_backlog_is_bounded_and_counts_what_it_drops() {
    let place = Place::new();
    let mut writer = place.writer(Settings { backlog_bytes: 400, ..Settings::default() });
    // No segment can be made where a file stands in the folder's place.
    let journal = place.folder.layout().journal();
    fs::remove_dir(&journal).unwrap();
    fs::write(&journal, b"").unwrap();
    for number in 1..=100 {
        assert!(writer.append(&[event(number)]).and_then(|()| writer.flush()).is_err());
    }
    let counters = writer.counters();
    assert!(counters.pending > 0 && counters.dropped > 0 && counters.pending + counters.dropped == 100, "{counters:?}");
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    writer.append(&[event(101)]).unwrap();
    writer.flush().unwrap();
    let numbers: Vec<u64> = place.read(0).iter().map(|event| event.number).collect();
    assert_eq!(numbers, (101 - counters.pending..=101).collect::<Vec<_>>());
}

#[test]
fn a_reader_beside_the_writer_sees_a_growing_prefix() {
    const LAST: u64 = 3000;
    let place = Place::new();
    let mut writer = place.writer(Settings { segment_bytes: 4000, ..Settings::default() });
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for number in 1..=LAST {
                writer.append(&[event(number)]).unwrap();
                writer.flush().unwrap();
            }
        });
        let mut seen = 0;
        while seen < LAST {
            let read = place.read(1);
            assert!(read.len() as u64 >= seen, "went back from {seen} to {}", read.len());
            assert!(read.iter().map(|event| event.number).eq(1..=read.len() as u64));
            seen = read.len() as u64;
        }
    });
}
