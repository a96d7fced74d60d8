//! How deliveries go.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Shared between the thread that delivers and the admin side.
#[derive(Debug, Default)]
pub struct AlertsHealth {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    troubles: BTreeMap<String, String>,
    delivered: u64,
    given_up: u64,
    waiting: u64,
}

/// How deliveries are at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// What does not take alerts, and why.
    pub troubles: BTreeMap<String, String>,
    /// How many were made since the start.
    pub delivered: u64,
    /// How many were given up since the start, after more than a day of trying.
    pub given_up: u64,
    /// How many wait.
    pub waiting: u64,
}

impl AlertsHealth {
    /// How it goes.
    pub fn now(&self) -> Deliveries {
        let state = self.state.lock();
        Deliveries {
            troubles: state.troubles.clone(),
            delivered: state.delivered,
            given_up: state.given_up,
            waiting: state.waiting,
        }
    }

    /// Nothing is known of any target: they are others now.
    pub(super) fn begin(&self) {
        self.state.lock().troubles.clear();
    }

    pub(super) fn delivered(&self) {
        self.state.lock().delivered += 1;
    }

    pub(super) fn given_up(&self, number: u64) {
        self.state.lock().given_up += number;
    }

    pub(super) fn waiting(&self, number: u64) {
        self.state.lock().waiting = number;
    }

    /// Notes that something does not work; said once on the log when it begins.
    pub(super) fn fails(&self, whose: &str, why: &str) {
        let before = self.state.lock().troubles.insert(whose.to_owned(), why.to_owned());
        if before.is_none() {
            tracing::warn!("alerts are held up, {whose}, which is tried again: {why}");
        }
    }

    /// Notes that it works; said once on the log where it did not before.
    pub(super) fn works(&self, whose: &str) {
        if self.state.lock().troubles.remove(whose).is_some() {
            tracing::info!("alerts are no longer held up, {whose}");
        }
    }
}
