//! What the engine's thread tells the rest of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sortie_model::Micros;
use sortie_store::journal::Counters;
use tokio::sync::{broadcast, watch};

use super::trouble::{Part, Troubles};
use crate::admin::wire::TailLine;

/// Lines that a slow listener may be behind.
const BEHIND: usize = 1024;

/// Shared between the engine's thread and the admin side.
#[derive(Debug)]
pub struct Told {
    lines: broadcast::Sender<Arc<TailLine>>,
    stop: AtomicBool,
    failed: watch::Sender<bool>,
    /// Events of the journal that are still to be read; `None` where all are.
    behind: watch::Sender<Option<u64>>,
    unreadable: AtomicU64,
    passed_over: AtomicU64,
    let_go: AtomicU64,
    events: AtomicU64,
    lost_events: AtomicU64,
    unwritten: AtomicU64,
    journal_bytes: AtomicU64,
    last_round: AtomicU64,
    troubles: Troubles,
}

/// How the engine and the store are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Events taken in since the start.
    pub events: u64,
    /// Events of the journal that are still to be read after the start; `None` where all are.
    pub behind: Option<u64>,
    /// Records of the journal that could not be read at the start.
    pub unreadable: u64,
    /// Events since the start that were more than the engine can take.
    pub passed_over: u64,
    /// Findings since the start that were let go because the index could not take them.
    pub let_go: u64,
    /// Events that the journal lost because the disk was full for too long.
    pub lost_events: u64,
    /// Events that are not on the disk yet.
    pub unwritten: u64,
    /// Bytes that the journal wrote since the start.
    pub journal_bytes: u64,
    /// When the engine's thread last finished a round.
    pub last_round: Micros,
    /// What of the store does not work now, and why.
    pub troubles: Vec<(Part, String)>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            lines: broadcast::Sender::new(BEHIND),
            stop: AtomicBool::new(false),
            failed: watch::Sender::new(false),
            behind: watch::Sender::new(Some(0)),
            unreadable: AtomicU64::new(0),
            passed_over: AtomicU64::new(0),
            let_go: AtomicU64::new(0),
            events: AtomicU64::new(0),
            lost_events: AtomicU64::new(0),
            unwritten: AtomicU64::new(0),
            journal_bytes: AtomicU64::new(0),
            last_round: AtomicU64::new(0),
            troubles: Troubles::default(),
        }
    }
}

impl Told {
    /// Lines for whoever follows, from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<TailLine>> {
        self.lines.subscribe()
    }

    /// How things are.
    pub fn health(&self) -> Health {
        Health {
            events: self.events.load(Ordering::Relaxed),
            behind: *self.behind.borrow(),
            unreadable: self.unreadable.load(Ordering::Relaxed),
            passed_over: self.passed_over.load(Ordering::Relaxed),
            let_go: self.let_go.load(Ordering::Relaxed),
            lost_events: self.lost_events.load(Ordering::Relaxed),
            unwritten: self.unwritten.load(Ordering::Relaxed),
            journal_bytes: self.journal_bytes.load(Ordering::Relaxed),
            last_round: Micros(self.last_round.load(Ordering::Relaxed)),
            troubles: self.troubles.now(),
        }
    }

    pub(super) fn fail(&self) {
        self.failed.send_replace(true);
    }

    /// Returns when the engine's thread has ended by a panic.
    pub(super) async fn failed(&self) {
        // It cannot be closed: the sender is here.
        let _ = self.failed.subscribe().wait_for(|failed| *failed).await;
    }

    /// How many events of the journal are still to be read.
    pub(super) fn catch_up(&self, behind: Option<u64>) {
        self.behind.send_replace(behind);
    }

    /// Returns when the journal is read to its end.
    pub(super) async fn caught_up(&self) {
        // It cannot be closed: the sender is here.
        let _ = self.behind.subscribe().wait_for(Option::is_none).await;
    }

    /// A record of the journal could not be read.
    pub(super) fn unreadable(&self) {
        self.unreadable.fetch_add(1, Ordering::Relaxed);
    }

    /// An event was more than the engine can take.
    pub(super) fn passed_over(&self) {
        self.passed_over.fetch_add(1, Ordering::Relaxed);
    }

    /// Findings were let go that waited for the index.
    pub(super) fn let_go(&self, findings: u64) {
        self.let_go.fetch_add(findings, Ordering::Relaxed);
    }

    pub(super) fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub(super) fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Whether anybody follows, so that lines are worth making.
    pub(super) fn is_followed(&self) -> bool {
        self.lines.receiver_count() > 0
    }

    pub(super) fn tell(&self, line: TailLine) {
        // Nobody listening is no error.
        let _ = self.lines.send(Arc::new(line));
    }

    pub(super) fn round(&self, events: usize, journal: Counters, now: Micros) {
        self.events.fetch_add(events as u64, Ordering::Relaxed);
        self.lost_events.store(journal.dropped, Ordering::Relaxed);
        self.unwritten.store(journal.pending, Ordering::Relaxed);
        self.journal_bytes.store(journal.bytes, Ordering::Relaxed);
        self.last_round.store(now.0, Ordering::Relaxed);
    }

    pub(super) fn troubles(&self) -> &Troubles {
        &self.troubles
    }
}
