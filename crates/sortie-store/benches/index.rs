//! What keeping findings costs, with each commit on the disk when it returns. Run with
//! `cargo bench -p sortie-store --bench index`; the folder is made under `TMPDIR`, so that names the
//! disk.

#[path = "../tests/it/sample.rs"]
mod sample;

use std::io::{self, Write};
use std::time::Instant;

use sample::{alert, event, finding, id, large_event};
use sortie_store::journal::{Settings, Writer};
use sortie_store::{Folder, Index, StoreError};

const COMMITS: u64 = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "mean of {COMMITS} commits, time on the wall")?;
    for batch in [1, 10, 100] {
        let dir = tempfile::tempdir()?;
        let folder = Folder::open(dir.path())?;
        let mut index = Index::open(&folder)?;
        let begun = Instant::now();
        for commit in 0..COMMITS {
            put(&mut index, commit * batch..(commit + 1) * batch)?;
        }
        let each = begun.elapsed().as_secs_f64() * 1e6 / COMMITS as f64;
        writeln!(out, "{batch:3} new findings, each with an alert: {each:.0} µs a commit")?;
        let begun = Instant::now();
        for number in 0..COMMITS {
            assert!(index.reader().finding(&id(number))?.is_some());
        }
        let each = begun.elapsed().as_secs_f64() * 1e6 / COMMITS as f64;
        writeln!(out, "    and read back by name: {each:.0} µs")?;
    }
    let dir = tempfile::tempdir()?;
    let (mut journal, _) = Writer::open(&Folder::open(dir.path())?, Settings::default())?;
    let begun = Instant::now();
    for number in 0..COMMITS {
        journal.append(&[event(2 * number), large_event(2 * number + 1, 10_000)])?;
        journal.sync()?;
    }
    let each = begun.elapsed().as_secs_f64() * 1e6 / COMMITS as f64;
    writeln!(out, "for comparison, 10 KB of journal made durable: {each:.0} µs")?;
    Ok(())
}

fn put(index: &mut Index, numbers: std::ops::Range<u64>) -> Result<(), StoreError> {
    let mut batch = index.begin()?;
    for number in numbers {
        batch.put(&finding(number))?;
        batch.enqueue(&alert(number))?;
    }
    batch.commit()
}
