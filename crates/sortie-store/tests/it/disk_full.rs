//! A full disk: it is said, nothing that was kept is lost, and everything works again afterwards.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use sortie_store::journal::{Counters, Reader, Settings, Writer};
use sortie_store::{Checkpoints, Folder, Index, StoreError};

use crate::child;
use crate::sample::{finding, id, large_event};

const BALLAST: usize = 1024 * 1024;
const BACKLOG: usize = 200_000;
const EVENT: usize = 20_000;

#[test]
fn a_full_disk_is_reported_and_outlived() {
    if !Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success()) {
        let why = "a disk of one's own needs the right to mount (run it as root)";
        // See `CONTRIBUTING.md`.
        assert!(std::env::var_os("SORTIE_NO_SKIP").is_none(), "{why}");
        writeln!(std::io::stderr(), "skipped: {why}").unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // The mount belongs to the child's own namespace, so it goes with it.
    let mount = "mount -t tmpfs -o size=4m sortie-test \"$SORTIE_TEST_FOLDER\" && exec \"$0\" \"$@\"";
    let before = ["unshare", "--mount", "sh", "-c", mount];
    let output = child::command("disk_full::on_a_small_disk", dir.path(), &before).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "it wrote past the small disk");
}

/// Runs in the child.
#[test]
#[ignore = "a_full_disk_is_reported_and_outlived runs it on a small disk"]
fn on_a_small_disk() {
    let Some(root) = child::folder() else { return };
    let ballast = root.join("ballast");
    fs::write(&ballast, vec![1; BALLAST]).unwrap();
    let folder = Folder::open(root.join("data")).unwrap();
    let mut index = Index::open(&folder).unwrap();
    put(&mut index, 1).unwrap();
    let (mut checkpoints, _) = Checkpoints::open(&folder, 1).unwrap();
    checkpoints.save(1, b"state").unwrap();

    let (counters, last) = fill(&folder);
    fill_rest(&root);
    assert_full(&checkpoints.save(2, &noise()).unwrap_err());
    assert_full(&put_until_full(&mut index));
    assert_eq!(Checkpoints::open(&folder, 1).unwrap().1.checkpoint.unwrap().event, 1);
    assert_eq!(index.reader().finding(&id(1)).unwrap(), Some(finding(1)));

    fs::remove_file(&ballast).unwrap();
    fs::remove_file(root.join("rest")).unwrap();
    put(&mut index, 2).unwrap();
    checkpoints.save(3, b"state").unwrap();
    assert!(counters.dropped > 0 && last > 0);
}

/// Fills the disk with events, goes on for a while, makes space, and writes again.
fn fill(folder: &Folder) -> (Counters, u64) {
    let settings = Settings { segment_bytes: 500_000, backlog_bytes: BACKLOG, ..Settings::default() };
    let (mut journal, _) = Writer::open(folder, settings).unwrap();
    let mut number = 0;
    let mut append = |journal: &mut Writer| {
        number += 1;
        journal.append(&[large_event(number, EVENT)]).and_then(|()| journal.flush()).map(|()| number)
    };
    let mut flushed = 0;
    let refused = loop {
        match append(&mut journal) {
            Ok(number) => flushed = number,
            Err(error) => break error,
        }
    };
    assert_full(&refused);
    // What was flushed is whole, though the disk is full to the last byte.
    assert_eq!(read(folder), (1..=flushed).collect::<Vec<_>>());
    for _ in 0..BACKLOG / EVENT * 3 {
        assert_full(&append(&mut journal).unwrap_err());
    }
    let waiting = journal.counters();
    assert!(waiting.pending > 0 && waiting.dropped > 0, "{waiting:?}");

    // Somebody makes space: the oldest segment's worth.
    let oldest = fs::read_dir(folder.layout().journal()).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    fs::remove_file(oldest).unwrap();
    let last = append(&mut journal).unwrap();
    let counters = journal.counters();
    assert_eq!((counters.pending, counters.events + counters.dropped), (0, last));
    let kept = read(folder);
    assert!(kept.contains(&flushed) && kept.contains(&last));
    let lost = (kept[0]..=last).filter(|number| !kept.contains(number)).count() as u64;
    assert_eq!(lost, counters.dropped);
    (counters, last)
}

/// Numbers of all events; damage would be an error here.
fn read(folder: &Folder) -> Vec<u64> {
    let events = Reader::new(folder.layout()).events_from(0).unwrap();
    events.map(|event| event.unwrap().number).collect()
}

/// Takes the last free byte.
fn fill_rest(root: &Path) {
    let mut rest = fs::File::create(root.join("rest")).unwrap();
    while rest.write_all(&[1; 4096]).is_ok() {}
}

fn put_until_full(index: &mut Index) -> StoreError {
    (10..100_000).find_map(|number| put(index, number).err()).expect("the disk is full")
}

fn put(index: &mut Index, number: u64) -> Result<(), StoreError> {
    let mut batch = index.begin()?;
    batch.put(&finding(number))?;
    batch.commit()
}

fn noise() -> Vec<u8> {
    format!("{:?}", large_event(1, EVENT)).into_bytes()
}

fn assert_full(error: &StoreError) {
    assert!(error.is_disk_full(), "{error:?}");
}
