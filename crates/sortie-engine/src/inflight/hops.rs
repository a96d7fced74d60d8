//! Redirects that were seen and may be followed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sortie_model::event::{Dial, RedirectTarget};
use sortie_model::verdict::{Order, Source, Verdict};
use sortie_model::{Host, Micros, Mode, Reference, limits};

/// A `Location` that a dial's answer held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingHop {
    /// When it was seen.
    pub at: Micros,
    /// The dial whose answer held it.
    pub parent: Reference,
    /// Probability that the parent was ordered.
    pub p_parent: f64,
    /// The part of it that came from proven sinks.
    pub q_parent: f64,
    /// The order at the beginning of the chain.
    pub order: Option<Box<Order>>,
    /// Hops from that order to the dial that follows this one.
    pub depth: u8,
    /// Where it points.
    pub target: RedirectTarget,
    /// The mode that its order had; hops inherit it.
    pub mode: Mode,
    /// How far it was followed already, from 0 to 1.
    pub used: f64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Hops {
    by_host: BTreeMap<Host, Vec<PendingHop>>,
    count: usize,
}

impl Hops {
    pub(super) fn insert(&mut self, hop: PendingHop) {
        // A chain without end is cut; the table is small, so that a flood of redirects costs little.
        if usize::from(hop.depth) > limits::HOP_CHAIN || self.count >= limits::HOPS {
            return;
        }
        self.count += 1;
        self.by_host.entry(hop.target.destination.host.clone()).or_default().push(hop);
    }

    pub(super) fn followed(&mut self, parent: Reference, host: &Host, share: f64) {
        if let Some(hop) = self.by_host.get_mut(host).and_then(|hops| hops.iter_mut().find(|hop| hop.parent == parent))
        {
            hop.used = (hop.used + share).min(1.0);
        }
    }

    pub(super) fn to(&self, host: &Host) -> impl Iterator<Item = &PendingHop> {
        self.by_host.get(host).into_iter().flatten()
    }

    pub(super) fn expire(&mut self, now: Micros) {
        if self.count == 0 {
            return;
        }
        self.by_host.retain(|_, hops| {
            hops.retain(|hop| hop.at.plus(limits::HOP_MICROS) > now);
            !hops.is_empty()
        });
        self.count = self.by_host.values().map(Vec::len).sum();
    }
}

/// The hop that follows when a judged dial's answer redirects: as probable as its parent was ordered.
pub fn hop_after(at: Micros, dial: &Dial, verdict: &Verdict, target: RedirectTarget) -> PendingHop {
    let leading = verdict.leading_order();
    let depth = leading.map_or(0, |(explanation, _)| match &explanation.source {
        Source::Hop(hop) => hop.depth,
        Source::Order(_) | Source::OwnCall { .. } | Source::Background => 0,
    });
    PendingHop {
        at,
        parent: dial.dial,
        p_parent: verdict.p_ordered,
        q_parent: verdict.proven_share(),
        order: leading.map(|(_, order)| Box::new(order.clone())),
        depth: depth.saturating_add(1),
        target,
        mode: verdict.mode,
        used: 0.0,
    }
}
