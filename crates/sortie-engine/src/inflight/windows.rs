//! Windows: moments in which an order may hide.
//!
//! A window stands open while its owner, a request or a dial, goes on, and for a while after. Those of
//! one kind at one endpoint are one: how many requests hold it open changes nothing about what it
//! forbids, so a flood of them costs a judgement nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::verdict::Window;
use sortie_model::{Endpoint, Micros, Reference};

/// Endpoints whose windows are kept apart; those of further ones are of no endpoint in particular.
const SUBJECTS: usize = 4_096;
/// Owners that are awaited. More are not in flight at once: the end of the oldest was lost.
const OWNERS: usize = 65_536;

/// An open window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenWindow {
    /// What may hide an order.
    pub kind: Window,
    /// The endpoint that it is about, whose mode is in force in it; `None` means any.
    pub endpoint: Option<Arc<Endpoint>>,
}

/// How long a window stays open.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Openness {
    /// Owners that go on.
    owners: usize,
    /// When it closes, once there are none.
    until: Micros,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Windows {
    windows: BTreeMap<OpenWindow, Openness>,
    owners: BTreeMap<Reference, SmallVec<[OpenWindow; 1]>>,
}

impl Windows {
    /// Opens a window for as long as its owner goes on.
    pub(super) fn open(&mut self, kind: Window, owner: Reference, endpoint: Option<Arc<Endpoint>>, at: Micros) {
        let window = self.bounded(OpenWindow { kind, endpoint });
        let of_owner = self.owners.entry(owner).or_default();
        if of_owner.contains(&window) {
            return;
        }
        of_owner.push(window.clone());
        self.windows.entry(window).or_default().owners += 1;
        if self.owners.len() > OWNERS
            && let Some(&oldest) = self.owners.keys().next()
        {
            self.close(oldest, at);
        }
    }

    /// Opens a window until a moment.
    pub(super) fn open_until(&mut self, kind: Window, endpoint: Option<Arc<Endpoint>>, until: Micros) {
        let window = self.bounded(OpenWindow { kind, endpoint });
        let openness = self.windows.entry(window).or_default();
        openness.until = openness.until.max(until);
    }

    /// An owner is over: what it holds open closes at `until`.
    pub(super) fn close(&mut self, owner: Reference, until: Micros) {
        for window in self.owners.remove(&owner).unwrap_or_default() {
            if let Some(openness) = self.windows.get_mut(&window) {
                openness.owners -= 1;
                openness.until = openness.until.max(until);
            }
        }
    }

    /// All owners are over.
    pub(super) fn close_all(&mut self, until: Micros) {
        while let Some(&owner) = self.owners.keys().next() {
            self.close(owner, until);
        }
    }

    pub(super) fn expire(&mut self, now: Micros) {
        self.windows.retain(|_, openness| openness.is_open(now));
    }

    pub(super) fn open_at(&self, now: Micros) -> impl Iterator<Item = &OpenWindow> {
        self.windows.iter().filter(move |(_, openness)| openness.is_open(now)).map(|(window, _)| window)
    }

    fn bounded(&self, window: OpenWindow) -> OpenWindow {
        let has_room = self.windows.len() < SUBJECTS || self.windows.contains_key(&window);
        if has_room { window } else { OpenWindow { endpoint: None, ..window } }
    }
}

impl Openness {
    fn is_open(self, now: Micros) -> bool {
        self.owners > 0 || self.until > now
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::Method;

    use super::*;

    fn endpoint(n: usize) -> Arc<Endpoint> {
        let template = Arc::from(format!("/{n}"));
        Arc::new(Endpoint { method: Method::parse("GET"), host: None, template })
    }

    fn is_open(windows: &Windows, n: usize, now: u64) -> bool {
        windows.open_at(Micros(now)).any(|window| window.endpoint == Some(endpoint(n)))
    }

    #[test]
    fn a_window_outlives_every_owner_by_its_tail() {
        let mut windows = Windows::default();
        let (first, second) = (Reference::local(1), Reference::local(2));
        windows.open(Window::Wildcard, first, Some(endpoint(1)), Micros(0));
        windows.open(Window::Wildcard, first, Some(endpoint(1)), Micros(0));
        windows.open(Window::Wildcard, second, Some(endpoint(1)), Micros(0));
        windows.close(first, Micros(10));
        windows.expire(Micros(1_000));
        assert!(is_open(&windows, 1, u64::MAX), "the second goes on");
        windows.close(second, Micros(2_000));
        assert!(is_open(&windows, 1, 1_999) && !is_open(&windows, 1, 2_000));
        windows.expire(Micros(2_000));
        assert!(windows.windows.is_empty() && windows.owners.is_empty());
    }

    #[test]
    fn a_flood_of_windows_closes_none() {
        let mut windows = Windows::default();
        windows.open(Window::Hop, Reference::local(0), Some(endpoint(0)), Micros(0));
        for n in 1..2 * SUBJECTS {
            windows.open(Window::Wildcard, Reference::local(n as u64), Some(endpoint(n)), Micros(0));
        }
        assert!(is_open(&windows, 0, 1) && is_open(&windows, SUBJECTS - 1, 1));
        assert!(windows.open_at(Micros(1)).any(|window| window.endpoint.is_none()));
        assert!(windows.windows.len() <= SUBJECTS + 2);
    }
}
