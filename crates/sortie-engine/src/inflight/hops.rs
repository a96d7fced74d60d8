//! Redirects that were seen and may be followed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sortie_model::actor::ActorId;
use sortie_model::event::{Dial, RedirectTarget};
use sortie_model::verdict::{Order, Source, Verdict};
use sortie_model::{Destination, Host, Micros, Mode, PathMatch, Reference, limits};

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

impl PendingHop {
    /// When it can be followed no more.
    pub fn until(&self) -> Micros {
        self.at.plus(limits::HOP_MICROS)
    }

    fn actor(&self) -> Option<ActorId> {
        self.order.as_ref().map(|order| order.actor.id())
    }

    /// How well a dial fits: by host, by port, then by path.
    fn fit(&self, dial: &Dial) -> (bool, bool, bool) {
        let path = dial.request.as_ref().map(|request| self.target.path.compare(&request.path));
        let Destination { host, port } = &self.target.destination;
        (*host == dial.destination.host, *port == dial.destination.port, path == Some(PathMatch::Equal))
    }
}

/// Names a pending hop; later ones have greater numbers.
type HopNumber = u64;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Hops {
    pending: BTreeMap<HopNumber, PendingHop>,
    by_host: BTreeMap<Host, BTreeSet<HopNumber>>,
    by_parent: BTreeMap<Reference, BTreeSet<HopNumber>>,
    by_actor: BTreeMap<Option<ActorId>, BTreeSet<HopNumber>>,
    next: HopNumber,
}

impl Hops {
    /// Enters a hop. Returns the one that had to go for it, where the table is full.
    #[must_use = "what is dropped may be followed unseen"]
    pub(super) fn insert(&mut self, hop: PendingHop) -> Option<PendingHop> {
        let number = self.next;
        self.next += 1;
        self.by_host.entry(hop.target.destination.host.clone()).or_default().insert(number);
        self.by_parent.entry(hop.parent).or_default().insert(number);
        self.by_actor.entry(hop.actor()).or_default().insert(number);
        self.pending.insert(number, hop);
        if self.pending.len() > limits::HOPS { self.worth_least().and_then(|number| self.remove(number)) } else { None }
    }

    /// Of the actor with the most hops: the oldest that was followed, else the oldest. So that a flood
    /// of redirects pushes out its own.
    fn worth_least(&self) -> Option<HopNumber> {
        let of_actor = self.by_actor.values().max_by_key(|numbers| numbers.len())?;
        let is_followed = |number: &&HopNumber| self.pending.get(*number).is_some_and(|hop| hop.used >= 1.0);
        of_actor.iter().find(is_followed).or_else(|| of_actor.first()).copied()
    }

    fn remove(&mut self, number: HopNumber) -> Option<PendingHop> {
        let hop = self.pending.remove(&number)?;
        leave(&mut self.by_host, &hop.target.destination.host, number);
        leave(&mut self.by_parent, &hop.parent, number);
        leave(&mut self.by_actor, &hop.actor(), number);
        Some(hop)
    }

    /// A hop of `parent` was followed by a dial. One answer may name several targets, or one in several
    /// readings, and the dial may show the address alone: the one that fits best was it.
    pub(super) fn followed(&mut self, parent: Reference, dial: &Dial, share: f64) {
        let numbers = self.by_parent.get(&parent).into_iter().flatten();
        let best = numbers.max_by_key(|number| self.pending.get(*number).map(|hop| hop.fit(dial))).copied();
        if let Some(hop) = best.and_then(|number| self.pending.get_mut(&number)) {
            hop.used = (hop.used + share).min(1.0);
        }
    }

    pub(super) fn to(&self, host: &Host) -> impl Iterator<Item = &PendingHop> {
        self.by_host.get(host).into_iter().flatten().filter_map(|number| self.pending.get(number))
    }

    pub(super) fn expire(&mut self, now: Micros) {
        while let Some((&number, hop)) = self.pending.first_key_value()
            && hop.until() <= now
        {
            self.remove(number);
        }
    }
}

fn leave<K: Ord>(index: &mut BTreeMap<K, BTreeSet<HopNumber>>, key: &K, number: HopNumber) {
    if let Some(numbers) = index.get_mut(key) {
        numbers.remove(&number);
        if numbers.is_empty() {
            index.remove(key);
        }
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
        q_parent: verdict.obeyed_share(),
        order: leading.map(|(_, order)| Box::new(order.clone())),
        depth: depth.saturating_add(1),
        target,
        mode: verdict.mode,
        used: 0.0,
    }
}
