//! What the engine's thread tells the rest of the process.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use sortie_model::{Finding, Micros};
use tokio::sync::broadcast;

/// Findings that a slow listener may be behind.
const BEHIND: usize = 256;

/// Shared between the engine's thread and the admin side.
#[derive(Debug)]
pub struct Told {
    findings: broadcast::Sender<Finding>,
    stop: AtomicBool,
    events: AtomicU64,
    lost_events: AtomicU64,
    last_round: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// How the engine and the store are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Events taken in since the start.
    pub events: u64,
    /// Events that the journal lost because the disk was full for too long.
    pub lost_events: u64,
    /// When the engine's thread last finished a round.
    pub last_round: Micros,
    /// What is wrong with the store now, in words.
    pub trouble: Option<String>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            findings: broadcast::Sender::new(BEHIND),
            stop: AtomicBool::new(false),
            events: AtomicU64::new(0),
            lost_events: AtomicU64::new(0),
            last_round: AtomicU64::new(0),
            trouble: Mutex::new(None),
        }
    }
}

impl Told {
    /// Findings as they are made or change, from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Finding> {
        self.findings.subscribe()
    }

    /// How things are.
    pub fn health(&self) -> Health {
        Health {
            events: self.events.load(Ordering::Relaxed),
            lost_events: self.lost_events.load(Ordering::Relaxed),
            last_round: Micros(self.last_round.load(Ordering::Relaxed)),
            trouble: self.trouble.lock().clone(),
        }
    }

    pub(super) fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub(super) fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(super) fn tell(&self, finding: &Finding) {
        // Nobody listening is no error.
        let _ = self.findings.send(finding.clone());
    }

    pub(super) fn round(&self, events: usize, lost: u64, now: Micros) {
        self.events.fetch_add(events as u64, Ordering::Relaxed);
        self.lost_events.store(lost, Ordering::Relaxed);
        self.last_round.store(now.0, Ordering::Relaxed);
    }

    /// Notes what is wrong with the store; said once on the log when it begins and when it is over.
    pub(super) fn trouble(&self, trouble: Option<String>) {
        let mut known = self.trouble.lock();
        match (&*known, &trouble) {
            (None, Some(text)) => tracing::error!("the store is in trouble, the doors go on: {text}"),
            (Some(_), None) => tracing::info!("the store works again"),
            _ => {}
        }
        *known = trouble;
    }
}
