//! Attribution: every explanation of a dial is a rate per second at this moment, and its posterior
//! is its share of all of them.
//!
//! Requests compete with each other, with the own calls of every request in flight, and with the
//! background, so the answer is *who*, as a set, not only *whether*.

mod cause;
mod first;
mod late;
mod listing;
mod order;
mod own;

use std::sync::Arc;

use smallvec::SmallVec;
use sortie_model::event::{Dial, HopKind};
use sortie_model::verdict::{Explanation, Order};
use sortie_model::{Host, Micros, Policy};

use crate::inflight::{InFlight, LiveCandidate};
use crate::learned::Learned;

pub use cause::{Cause, OrderRef, Weighted};
pub(crate) use order::is_exact_and_cold;

/// What a dial is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// What is learned of the service.
    pub learned: &'a Learned,
    /// What may explain a dial now.
    pub inflight: &'a InFlight,
    /// The service's policy.
    pub policy: &'a Policy,
    /// The moment of the dial.
    pub now: Micros,
}

/// The explanations of a dial and their shares.
#[derive(Clone, Debug, Default)]
pub struct Posterior<'a> {
    /// Share of all candidates and ordered hops.
    pub ordered: f64,
    /// Share of those that no `allow` entry covers.
    pub ordered_unallowed: f64,
    /// Rates by what a decision tells apart.
    pub masses: Masses,
    /// All explanations, the largest share first.
    pub ranked: Vec<Weighted<'a>>,
}

/// Rates per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Masses {
    /// Orders from proven sinks and seen hops that no `allow` entry covers.
    pub proven: f64,
    /// Other orders that no `allow` entry covers.
    pub unproven: f64,
    /// Allowed orders.
    pub allowed: f64,
    /// Labels that the service completes.
    pub labels: f64,
    /// Own calls and the background.
    pub own: f64,
}

impl Masses {
    /// All of them.
    pub fn total(&self) -> f64 {
        self.proven + self.unproven + self.allowed + self.labels + self.own
    }

    /// Share of proven unallowed orders against allowed orders and own calls. Unproven orders and labels are
    /// left out on both sides: what is sent to a place that is no sink can neither cause nor
    /// prevent a block.
    pub fn q(&self) -> f64 {
        let weighed = self.proven + self.allowed + self.own;
        if weighed > 0.0 { self.proven / weighed } else { 0.0 }
    }
}

impl Posterior<'_> {
    /// The explanations that a verdict lists of a dial at `now`.
    pub fn explanations(&self, now: Micros) -> SmallVec<[Explanation; 2]> {
        listing::list(&self.ranked, self.masses.total(), now)
    }
}

/// Whether the place of a candidate is a proven sink for a host it names, in any reading: the question that
/// [`InFlight::expire`] asks.
pub fn proven_by<'a>(learned: &'a Learned, policy: &'a Policy) -> impl Fn(&LiveCandidate) -> bool + 'a {
    |live| live.candidate.hosts().any(|host| order::is_proven(live, host, learned, policy))
}

/// Weighs every explanation of a dial.
pub fn attribute<'a>(dial: &Dial, circumstances: &Circumstances<'a>) -> Posterior<'a> {
    let mut ranked = Vec::new();
    let hosts = hosts_of(dial, circumstances.learned);
    order::weigh_candidates(dial, &hosts, circumstances, &mut ranked);
    weigh_hops(dial, &hosts, circumstances, &mut ranked);
    own::weigh(dial, circumstances, &mut ranked);
    ranked.retain(|weighted| weighted.rate > 0.0);

    let mut masses = Masses::default();
    for weighted in &ranked {
        let sum = match (weighted.order().is_some(), weighted.allowed, weighted.proven) {
            (false, _, _) if weighted.is_label() => &mut masses.labels,
            (false, _, _) => &mut masses.own,
            (true, true, _) => &mut masses.allowed,
            (true, false, true) => &mut masses.proven,
            (true, false, false) => &mut masses.unproven,
        };
        *sum += weighted.mass();
    }
    // Equal rates stay in the order in which they were weighed, which is the same everywhere.
    ranked.sort_by(|a, b| b.rate.total_cmp(&a.rate));
    let total = masses.total();
    let share = |rate: f64| if total > 0.0 { rate / total } else { 0.0 };
    Posterior {
        ordered: share(masses.proven + masses.unproven + masses.allowed),
        ordered_unallowed: share(masses.proven + masses.unproven),
        masses,
        ranked,
    }
}

/// Rate at which a seen redirect is followed, per second, and for how long that rate holds.
const HOP_RATE: f64 = 8.0;
/// How much less surely than a redirect is followed what an answer names: few readers fetch it, and those
/// who do fetch some of it.
const NAMED: f64 = 1.0 / 20.0;
/// Clients follow at once: t seconds after the answer the rate is `HOP_AT_ONCE / t`, where that is
/// more, counted from a millisecond on.
const HOP_AT_ONCE: f64 = 1.0;
const HOP_FIRST_MICROS: u64 = 1_000;
const HOP_PROMPT_MICROS: u64 = 2_000_000;

fn weigh_hops<'a>(dial: &Dial, hosts: &[Host], circumstances: &Circumstances<'a>, ranked: &mut Vec<Weighted<'a>>) {
    let Circumstances { inflight, policy, now, .. } = *circumstances;
    for hop in hosts.iter().flat_map(|host| inflight.hops_to(host, now)) {
        let port_fits = if hop.target.destination.port == dial.destination.port { 1.0 } else { order::PORT_DIFFERS };
        let path = order::compare_paths(hop.target.path.as_ref(), dial);
        let rate = follow_rate(hop.target.kind, now.0.saturating_sub(hop.at.0))
            * (1.0 - hop.used).max(order::USED_UP)
            * port_fits
            * order::path_fit(path);
        let mut push = |share: f64, order: Option<&'a Order>, proven: bool| {
            let allowed = order.is_some_and(|order| OrderRef::of(order).is_allowed(dial, policy, now));
            let cause = Cause::Hop { hop, order, path };
            ranked.push(Weighted { rate: rate * share, stands_for: 1.0, cause, proven, allowed });
        };
        match &hop.order {
            Some(order) => {
                // The seen hop passes on what its parent was: proven, unproven, or own. An order that
                // the rule of cold starts would trust counts as proven for its hops too.
                let is_trusted = order::is_exact_and_cold(OrderRef::of(order), circumstances);
                let trusted = if is_trusted { hop.p_parent } else { hop.q_parent };
                push(trusted.min(hop.p_parent), Some(order), true);
                push((hop.p_parent - trusted).max(0.0), Some(order), false);
                push(1.0 - hop.p_parent, None, false);
            }
            None => push(1.0, None, false),
        }
    }
}

/// How soon a hop is followed: the rate per second, so many microseconds after it was seen.
fn follow_rate(kind: HopKind, age: u64) -> f64 {
    let prompt = HOP_RATE * HOP_PROMPT_MICROS as f64 / age.max(HOP_PROMPT_MICROS) as f64;
    let of_redirect = prompt.max(HOP_AT_ONCE * 1e6 / age.max(HOP_FIRST_MICROS) as f64);
    match kind {
        HopKind::Redirect => of_redirect,
        HopKind::Content => NAMED * of_redirect,
    }
}

/// The hosts that a dial may be meant for: as asked, further ones, and where it shows nothing but an
/// address, the names that the service resolved to it.
fn hosts_of(dial: &Dial, learned: &Learned) -> SmallVec<[Host; 2]> {
    let asked = &dial.destination.host;
    let names = asked.as_ip().into_iter().flat_map(|address| learned.names.of_address(address));
    let named = std::iter::once(asked).chain(&dial.further_hosts).cloned();
    named.chain(names.map(|name| Host::Name(Arc::clone(name)))).collect()
}

/// A number from 0 to 1 that differs from dial to dial (Fibonacci hashing: Knuth, TAOCP 3, 6.4).
fn fraction(now: Micros) -> f64 {
    (now.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64
}
