//! What the journal costs: CPU per event to encode, compress and write, bytes per event, and how
//! fast events are read and found. Run with `cargo bench -p sortie-store`.
//!
//! CPU time is the process's own, from `/proc/self/schedstat`; it is steadier on a busy machine
//! than the clock on the wall.

#[path = "../tests/it/exchange.rs"]
mod exchange;

use std::io::{self, Write};

use exchange::{EVENTS, exchange};
use sortie_model::Event;
use sortie_store::Folder;
use sortie_store::journal::{Reader, Settings, Writer};

const EXCHANGES: u64 = 40_000;
const ROUNDS: usize = 5;
const FOUND: u64 = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let events: Vec<Event> = (0..EXCHANGES).flat_map(|i| exchange(1 + i * EVENTS)).collect();
    let count = events.len() as f64;
    let mut out = io::stdout().lock();
    writeln!(out, "{count} events of {EXCHANGES} exchanges, the best of {ROUNDS} rounds, CPU time")?;
    // 64 KB blocks, and blocks of what a flush every 50 ms finds at 10,000 and at 1,000 events/s.
    for batch in [events.len(), 500, 50] {
        let (cpu, bytes) = best(|| write(&events, batch))?;
        let size = bytes as f64 / count;
        writeln!(out, "write, flushed every {batch:6} events: {:.2} µs/event, {size:.0} bytes/event", cpu / count)?;
    }
    let (dir, folder) = temporary_folder()?;
    write_to(&folder, &events, events.len())?;
    let (cpu, read) = best(|| read_all(&folder))?;
    writeln!(out, "read in order: {:.2} µs/event", cpu / read as f64)?;
    let (cpu, ()) = best(|| find_some(&folder))?;
    writeln!(out, "find by number: {:.0} µs", cpu / FOUND as f64)?;
    drop(dir);
    Ok(())
}

/// Microseconds of CPU of the cheapest round, and what it returned.
fn best<T>(mut work: impl FnMut() -> io::Result<(f64, T)>) -> io::Result<(f64, T)> {
    let mut rounds = (0..ROUNDS).map(|_| work()).collect::<io::Result<Vec<_>>>()?;
    rounds.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(rounds.swap_remove(0))
}

fn write(events: &[Event], batch: usize) -> io::Result<(f64, u64)> {
    let (_dir, folder) = temporary_folder()?;
    write_to(&folder, events, batch)
}

fn write_to(folder: &Folder, events: &[Event], batch: usize) -> io::Result<(f64, u64)> {
    let (mut writer, _) = Writer::open(folder, Settings::default()).map_err(io::Error::other)?;
    let before = cpu_micros()?;
    for some in events.chunks(batch) {
        writer.append(some).and_then(|()| writer.flush()).map_err(io::Error::other)?;
    }
    Ok((cpu_micros()? - before, writer.counters().bytes))
}

fn read_all(folder: &Folder) -> io::Result<(f64, u64)> {
    let before = cpu_micros()?;
    let mut read = 0;
    for event in Reader::new(folder.layout()).events_from(0).map_err(io::Error::other)? {
        read += u64::from(event.map_err(io::Error::other)?.number > 0);
    }
    Ok((cpu_micros()? - before, read))
}

fn find_some(folder: &Folder) -> io::Result<(f64, ())> {
    let mut reader = Reader::new(folder.layout());
    let before = cpu_micros()?;
    for step in 0..FOUND {
        let number = 1 + step * 7919 % (EXCHANGES * EVENTS);
        let found = reader.find(number).map_err(io::Error::other)?;
        assert!(found.is_some_and(|event| event.number == number));
    }
    Ok((cpu_micros()? - before, ()))
}

fn temporary_folder() -> io::Result<(tempfile::TempDir, Folder)> {
    let dir = tempfile::tempdir()?;
    let folder = Folder::open(dir.path()).map_err(io::Error::other)?;
    Ok((dir, folder))
}

fn cpu_micros() -> io::Result<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos: Option<u64> = text.split(' ').next().and_then(|first| first.parse().ok());
    nanos.map(|nanos| nanos as f64 / 1000.0).ok_or_else(|| io::Error::other("/proc/self/schedstat holds no number"))
}
