//! `kill -9` at any moment: what was acknowledged is there, and it goes on.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use sortie_store::index::{Enqueued, Lookup};
use sortie_store::journal::{Reader, Settings, Writer};
use sortie_store::{Checkpoints, Folder, Index, IndexReader, Layout};

use crate::child;
use crate::sample::{alert, event, finding, id};

const STATE_VERSION: u16 = 1;
const ACKNOWLEDGED: &str = "acknowledged ";

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    let mut last = 0;
    // The same folder each time, so that a start meets what an earlier kill left behind.
    for acknowledgements in [1, 2, 60, 3, 17, 150] {
        last = run_and_kill(&folder, last, acknowledgements);
        check(&folder, last);
    }
}

/// Runs the writer until it has acknowledged so many, kills it, and returns its last word.
fn run_and_kill(folder: &Path, before: u64, acknowledgements: usize) -> u64 {
    let mut writer =
        child::command("kill::writer", folder, &[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let words = BufReader::new(writer.stdout.take().unwrap());
    let mut last = before;
    let mut heard = 0;
    for line in words.lines() {
        let line = line.unwrap();
        let Some((_, number)) = line.split_once(ACKNOWLEDGED) else { continue };
        last = number.parse().unwrap();
        heard += 1;
        if heard == 1 {
            check(folder, last); // while it is being written
        }
        if heard == acknowledgements {
            writer.kill().unwrap();
        }
    }
    let status = writer.wait().unwrap();
    assert!(heard >= acknowledgements && !status.success(), "the writer ended by itself: {status}");
    last
}

/// Every event, finding and alert up to `last` is there.
fn check(folder: &Path, last: u64) {
    let layout = Layout::new(folder);
    let events: Vec<_> = Reader::new(&layout).events_from(1).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(events.iter().zip(1..).all(|(read, number)| *read == event(number)));
    assert!(events.len() as u64 >= last, "{} events, {last} acknowledged", events.len());
    let index = IndexReader::open(&layout).unwrap();
    for number in 1..=last {
        assert_eq!(index.lookup(id(number).as_str()).unwrap(), Lookup::Found(Box::new(finding(number))), "{number}");
    }
    assert!(index.waiting().unwrap() >= last);
    assert!(index.last_event().unwrap() >= Some(last));
}

/// Runs in the child: writes and acknowledges until it is killed.
#[test]
#[ignore = "what_was_acknowledged_survives_kill_9 runs it in a process of its own"]
fn writer() {
    let Some(root) = child::folder() else { return };
    let folder = Folder::open(root).unwrap();
    let (mut checkpoints, loaded) = Checkpoints::open(&folder, STATE_VERSION).unwrap();
    let (mut journal, _) = Writer::open(&folder, Settings { segment_bytes: 2000, ..Settings::default() }).unwrap();
    let mut index = Index::open(&folder).unwrap();
    assert!(loaded.passed_over.is_empty(), "{:?}", loaded.passed_over);
    assert!(loaded.checkpoint.as_ref().map(|checkpoint| checkpoint.event) <= journal.last());
    // What an earlier process journaled and did not get to conclude.
    let concluded = index.reader().last_event().unwrap().unwrap_or(0);
    let waiting = journal.last().unwrap_or(0);
    for number in concluded + 1..=waiting {
        conclude(&mut index, number);
    }
    for number in waiting + 1.. {
        journal.append(&[event(number)]).unwrap();
        journal.flush().unwrap();
        conclude(&mut index, number);
        if number % 16 == 0 {
            checkpoints.save(number, &number.to_le_bytes()).unwrap();
        }
        writeln!(std::io::stdout(), "{ACKNOWLEDGED}{number}").unwrap();
    }
}

fn conclude(index: &mut Index, number: u64) {
    let mut batch = index.begin().unwrap();
    batch.put(&finding(number)).unwrap();
    assert_eq!(batch.enqueue(&alert(number)).unwrap(), Enqueued::Waiting);
    batch.set_last_event(number).unwrap();
    batch.commit().unwrap();
}
