//! Windows: moments in which an order may hide.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::event::{Carrier, Dial};
use sortie_model::verdict::{Verdict, Window};
use sortie_model::{Endpoint, Micros, Reference};

/// Windows that are kept apart; with more of them one is open anyway.
const WINDOWS: usize = 4096;
/// A window whose owner never ends closes after this long.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// An open window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenWindow {
    /// What may hide an order.
    pub kind: Window,
    /// The request or dial that opened it.
    pub owner: Reference,
    /// The endpoint that it is about, whose mode is in force in it.
    pub endpoint: Option<Arc<Endpoint>>,
    /// When it closes.
    pub until: Micros,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Windows(Vec<OpenWindow>);

impl Windows {
    pub(super) fn open(&mut self, kind: Window, owner: Reference, endpoint: Option<Arc<Endpoint>>, at: Micros) {
        if self.0.len() == WINDOWS {
            self.0.remove(0);
        }
        self.0.push(OpenWindow { kind, owner, endpoint, until: at.plus(LONGEST_MICROS) });
    }

    pub(super) fn close(&mut self, owner: Reference, until: Micros) {
        for window in self.0.iter_mut().filter(|window| window.owner == owner) {
            window.until = until;
        }
    }

    pub(super) fn close_now(&mut self, owner: Reference) {
        self.0.retain(|window| window.owner != owner);
    }

    pub(super) fn close_all(&mut self, until: Micros) {
        for window in &mut self.0 {
            window.until = window.until.min(until);
        }
    }

    pub(super) fn expire(&mut self, now: Micros) {
        self.0.retain(|window| window.until > now);
    }

    pub(super) fn open_at(&self, now: Micros) -> impl Iterator<Item = &OpenWindow> {
        self.0.iter().filter(move |window| window.until > now)
    }
}

/// Whether a dial may be redirected unseen: its answer is inside TLS (or an opaque tunnel), and a
/// proven sink ordered it.
pub(super) fn may_hide_a_redirect(dial: &Dial, verdict: &Verdict) -> bool {
    let is_opaque = matches!(dial.carrier, Carrier::TunnelTls | Carrier::TunnelOpaque);
    is_opaque && verdict.leading_order().is_some_and(|(explanation, order)| order.proven && explanation.share >= 0.5)
}
