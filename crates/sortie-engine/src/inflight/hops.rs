//! Where answers that were seen may lead: redirects that may be followed, and what pages name.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sortie_model::actor::ActorId;
use sortie_model::event::{Dial, HopKind, HopTarget};
use sortie_model::verdict::{Hop, Order, Source, Verdict};
use sortie_model::{Destination, Host, Micros, Mode, PathMatch, Reference, limits};

use super::HIDING_SHARE;

/// Where a dial's answer leads.
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
    /// Where it leads, and how.
    pub target: HopTarget,
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
        let paths = self.target.path.as_ref().zip(dial.request.as_ref());
        let is_equal = paths.is_some_and(|(path, request)| path.compare(&request.path) == PathMatch::Equal);
        let Destination { host, port } = &self.target.destination;
        (*host == dial.destination.host, *port == dial.destination.port, is_equal)
    }
}

/// How many are let go of at once where a table is full: what one answer may bring.
const LET_GO: usize = limits::NAMED_BY_ANSWER;

/// Names a pending hop of a kind; later ones have greater numbers.
type HopNumber = u64;

/// The pending hops. Each kind has room of its own: pages name much, and push out no redirect.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Hops {
    redirects: Pending,
    named: Pending,
}

impl Hops {
    /// Enters a hop. Returns those that had to go for it, where there is no room.
    #[must_use = "what is dropped may be followed unseen"]
    pub(super) fn insert(&mut self, hop: PendingHop) -> Vec<PendingHop> {
        self.of_kind(hop.target.kind).insert(hop)
    }

    /// A hop was followed by a dial. One answer may name several targets, or one in several readings, and
    /// the dial may show the address alone: of those of its kind the one that fits best was it.
    pub(super) fn followed(&mut self, hop: &Hop, dial: &Dial, share: f64) {
        self.of_kind(hop.kind).followed(hop.parent, dial, share);
    }

    /// The hops to a host that are weighed. Half of the web's pages name the same few hosts: of those some
    /// of the newest count, the ones that proven sinks ordered apart from others.
    pub(super) fn to(&self, host: &Host) -> impl Iterator<Item = &PendingHop> {
        let of_proven = |hop: &&PendingHop| hop.q_parent >= HIDING_SHARE;
        let proven = self.named.to(host).rev().filter(of_proven).take(limits::WEIGHED_NAMED);
        let others = self.named.to(host).rev().filter(move |hop| !of_proven(hop)).take(limits::WEIGHED_NAMED);
        self.redirects.to(host).chain(proven).chain(others)
    }

    pub(super) fn expire(&mut self, now: Micros) {
        self.redirects.expire(now);
        self.named.expire(now);
    }

    fn of_kind(&mut self, kind: HopKind) -> &mut Pending {
        match kind {
            HopKind::Redirect => &mut self.redirects,
            HopKind::Content => &mut self.named,
        }
    }
}

/// Pending hops of one kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Pending {
    hops: BTreeMap<HopNumber, PendingHop>,
    by_host: BTreeMap<Host, BTreeSet<HopNumber>>,
    by_parent: BTreeMap<Reference, BTreeSet<HopNumber>>,
    by_actor: BTreeMap<Option<ActorId>, BTreeSet<HopNumber>>,
    next: HopNumber,
}

impl Pending {
    fn insert(&mut self, hop: PendingHop) -> Vec<PendingHop> {
        let number = self.next;
        self.next += 1;
        self.by_host.entry(hop.target.destination.host.clone()).or_default().insert(number);
        self.by_parent.entry(hop.parent).or_default().insert(number);
        self.by_actor.entry(hop.actor()).or_default().insert(number);
        self.hops.insert(number, hop);
        if self.hops.len() <= limits::HOPS {
            return Vec::new();
        }
        self.worth_least().into_iter().filter_map(|number| self.remove(number)).collect()
    }

    /// Of the actor with the most hops: those that were followed, then the oldest. So that a flood of them
    /// pushes out its own.
    fn worth_least(&self) -> BTreeSet<HopNumber> {
        let Some(of_actor) = self.by_actor.values().max_by_key(|numbers| numbers.len()) else { return BTreeSet::new() };
        let is_followed = |number: &&HopNumber| self.hops.get(*number).is_some_and(|hop| hop.used >= 1.0);
        let mut least: BTreeSet<_> = of_actor.iter().filter(is_followed).take(LET_GO).copied().collect();
        for number in of_actor {
            if least.len() >= LET_GO {
                break;
            }
            least.insert(*number);
        }
        least
    }

    fn remove(&mut self, number: HopNumber) -> Option<PendingHop> {
        let hop = self.hops.remove(&number)?;
        leave(&mut self.by_host, &hop.target.destination.host, number);
        leave(&mut self.by_parent, &hop.parent, number);
        leave(&mut self.by_actor, &hop.actor(), number);
        Some(hop)
    }

    fn followed(&mut self, parent: Reference, dial: &Dial, share: f64) {
        let numbers = self.by_parent.get(&parent).into_iter().flatten();
        let best = numbers.max_by_key(|number| self.hops.get(*number).map(|hop| hop.fit(dial))).copied();
        if let Some(hop) = best.and_then(|number| self.hops.get_mut(&number)) {
            hop.used = (hop.used + share).min(1.0);
        }
    }

    /// Those to a host, the oldest first.
    fn to(&self, host: &Host) -> impl DoubleEndedIterator<Item = &PendingHop> {
        self.by_host.get(host).into_iter().flatten().filter_map(|number| self.hops.get(number))
    }

    fn expire(&mut self, now: Micros) {
        while let Some((&number, hop)) = self.hops.first_key_value()
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

/// The hop that follows where a judged dial's answer leads: as probable as its parent was ordered.
pub(super) fn hop_after(at: Micros, dial: Reference, verdict: &Verdict, target: HopTarget) -> PendingHop {
    let leading = verdict.leading_order();
    let depth = leading.map_or(0, |(explanation, _)| match &explanation.source {
        Source::Hop(hop) => hop.depth,
        Source::Order(_) | Source::Label(_) | Source::OwnCall { .. } | Source::Background => 0,
    });
    PendingHop {
        at,
        parent: dial,
        p_parent: verdict.p_ordered,
        q_parent: verdict.obeyed_share(),
        order: leading.map(|(_, order)| Box::new(order.clone())),
        depth: depth.saturating_add(1),
        target,
        mode: verdict.mode,
        used: 0.0,
    }
}
