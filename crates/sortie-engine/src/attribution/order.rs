//! Rates of candidates.
//!
//! λ = [(1−u)·ρ/(1−ρ·G(Δ)) + u·κ] · g(Δ) · π_port · π_path, where u is how far the candidate is
//! obeyed already. The hazard form (1−ρG) and u are the explaining away: what has fired is used up,
//! and what has not fired for long probably never will. Of orders whose time is over see `late`.

use std::collections::{BTreeMap, BTreeSet};

use sortie_model::event::Dial;
use sortie_model::policy::ColdStart;
use sortie_model::{Candidate, CandidateKind, Host, Manner, Nature, PathDigest, PathMatch, Place, Policy};

use super::late::Due;
use super::{Cause, Circumstances, OrderRef, Weighted, fraction};
use crate::inflight::{LiveCandidate, Pick, Progress};
use crate::kernel::prior_kernel;
use crate::learned::{Learned, NOVEL_PATH, Sink};

/// π_port where the candidate names no port, or another one.
const PORT_UNNAMED: f64 = 0.9;
pub(super) const PORT_DIFFERS: f64 = 0.01;
/// How much less a label says than a host. Of all the names that a service calls many have such a label, and what
/// stands behind it nobody named. Nor may it hide an order: from a tenth of the order's weight on it would.
const LABEL: f64 = 0.02;
/// What remains of a rate when its source is used up, so that a repeated hop still has a name.
pub(super) const USED_UP: f64 = 0.05;

pub(super) fn weigh_candidates<'a>(
    dial: &Dial,
    hosts: &[Host],
    circumstances: &Circumstances<'a>,
    ranked: &mut Vec<Weighted<'a>>,
) {
    let first = ranked.len();
    let path = dial.request.as_ref().map(|request| request.path.fingerprint());
    let pick = Pick { path, start: fraction(circumstances.now) };
    let naming = hosts.iter().flat_map(|host| circumstances.inflight.candidates_of(host, pick));
    // A candidate with several readings is found under each of its hosts.
    let mut seen = BTreeSet::new();
    let each_once = naming.filter(|(live, _)| seen.insert(live.id));
    let mut places = BTreeMap::new();
    ranked.extend(each_once.filter_map(|(live, stands_for)| {
        Some(Weighted { stands_for, ..weigh(live, dial, hosts, circumstances, &mut places)? })
    }));
    best_of_each_unproven_place(&mut ranked[first..]);
}

/// What is learned of a place, looked up once for all candidates of one manner and nature there.
struct AtPlace<'a> {
    sink: Option<&'a Sink>,
    /// What proves it for the host that is dialled, by its traffic.
    proof: Option<&'a Sink>,
}

type Places<'a> = BTreeMap<(&'a Place, Manner, Nature), AtPlace<'a>>;

fn weigh<'a>(
    live: &'a LiveCandidate,
    dial: &Dial,
    hosts: &[Host],
    circumstances: &Circumstances<'a>,
    places: &mut Places<'a>,
) -> Option<Weighted<'a>> {
    let Circumstances { learned, policy, now, .. } = *circumstances;
    let candidate = &live.candidate;
    let delay = now.0.checked_sub(live.at.0)?;
    let (manner, nature) = (candidate.manner, candidate.nature);
    let at_place = places.entry((&live.place, manner, nature)).or_insert_with(|| AtPlace {
        sink: learned.sink(&live.place, manner).map(|sink| &**sink),
        proof: learned.proving_sink(&live.place, manner, nature, &dial.destination.host).map(|sink| &**sink),
    });
    let sink = at_place.sink;
    let due = Due::of(live, sink.filter(|sink| sink.delays.is_known()).or(at_place.proof), delay);
    let rho = due.rho(sink.map_or_else(|| nature.prior(), Sink::rho_so_far), sink);
    let kappa = sink.map_or(0.03, Sink::kappa);
    let of_place = sink.map_or(prior_kernel(), |sink| &sink.delays);
    // An order whose time is over no longer has the delays that its place is known for.
    let kernel = if due == Due::InTime { of_place } else { prior_kernel() };
    let (port, path) = port_and_path(candidate, dial, hosts);
    let is_label = candidate.label().is_some();
    let fit = port_fit(port, dial) * order_path_fit(path, dial, sink) * if is_label { LABEL } else { 1.0 };
    let used = live.used_up();
    let first = (1.0 - used) * rho / (1.0 - rho * kernel.cumulative(delay)) * kernel.density(delay);
    let rate = (first + used * kappa * of_place.density(delay)) * fit;
    let echo = due.echo(candidate, path, delay) * fit;
    let is_proven = !is_label && (at_place.proof.is_some() || policy.proves(&live.endpoint, &live.place));
    Some(Weighted {
        rate,
        stands_for: 1.0,
        cause: Cause::Candidate { live, path, delay, rho, echo },
        proven: is_proven && due.keeps_proof(candidate, path, sink),
        allowed: !is_label && OrderRef::of_candidate(live, path).is_allowed(dial, policy, now),
    })
}

/// Whether the place of a candidate is a proven sink for a host: by its traffic, or by the operator. Where
/// the back end rejected the request, only if it is known to obey such ones.
pub(super) fn is_proven(live: &LiveCandidate, host: &Host, learned: &Learned, policy: &Policy) -> bool {
    let LiveCandidate { place, endpoint, candidate, .. } = live;
    let obeys_rejected = || learned.sink(place, candidate.manner).is_some_and(|sink| sink.obeys_rejected());
    if live.progress == Progress::Rejected && !obeys_rejected() {
        return false;
    }
    learned.proving_sink(place, candidate.manner, candidate.nature, host).is_some() || policy.proves(endpoint, place)
}

/// Whether an order is one that `cold_start: exact` trusts before its place is proven: the path that
/// was dialled, named in a place whose name or type speaks of URLs and which is not ignored, at an
/// endpoint that is still new.
pub(crate) fn is_exact_and_cold(order: OrderRef<'_>, circumstances: &Circumstances<'_>) -> bool {
    let Circumstances { learned, policy, now, .. } = *circumstances;
    policy.cold_start == ColdStart::Exact
        && order.nature == Nature::Named
        && order.path == PathMatch::Equal
        && learned.endpoints.get(order.endpoint).is_none_or(|stats| stats.is_cold(now))
        && learned.sink(order.place, order.manner).is_none_or(|sink| !sink.is_ignored())
}

/// The port that a candidate names, and how the dial's path stands to its path. Where the dial follows
/// another reading than the first, the port is unknown, and the path is what that reading leaves over:
/// the end of the path of the first, or nothing known.
fn port_and_path(candidate: &Candidate, dial: &Dial, hosts: &[Host]) -> (Option<u16>, PathMatch) {
    let follows_another = candidate.other_hosts.iter().any(|other| hosts.contains(other));
    let path = candidate.path.as_ref();
    if !follows_another {
        return (candidate.port, compare_paths(path, dial));
    }
    let path = match (path, &dial.request) {
        (_, None) => PathMatch::Hidden,
        (Some(first), Some(request)) => match request.path.compare(first) {
            PathMatch::Equal | PathMatch::Suffix => PathMatch::Equal,
            _ => PathMatch::Unnamed,
        },
        (None, Some(_)) => PathMatch::Unnamed,
    };
    (None, path)
}

/// How the dial's path stands to a path that a candidate or an answer named.
pub(super) fn compare_paths(named: Option<&PathDigest>, dial: &Dial) -> PathMatch {
    match (named, &dial.request) {
        (_, None) => PathMatch::Hidden,
        (None, Some(_)) => PathMatch::Unnamed,
        (Some(named), Some(request)) => named.compare(&request.path),
    }
}

/// π_path of a candidate: what its place dials as a rule.
fn order_path_fit(path: PathMatch, dial: &Dial, sink: Option<&Sink>) -> f64 {
    match (path, &dial.request, sink) {
        (PathMatch::Unnamed, Some(request), Some(sink)) => sink.path_probability(request.path.fingerprint()),
        (_, _, Some(sink)) => sink.path_fit(path, path_fit(path)),
        (_, _, None) => path_fit(path),
    }
}

/// π_path.
pub(super) fn path_fit(path: PathMatch) -> f64 {
    match path {
        PathMatch::Hidden => 1.0,
        PathMatch::Equal => 0.9,
        PathMatch::PathOnly => 0.2,
        // A bare host says nothing of the path: any one new path is as likely as for an own call.
        PathMatch::Unnamed => NOVEL_PATH,
        PathMatch::Prefix | PathMatch::Suffix => 0.05,
        PathMatch::Contained => 0.01,
        PathMatch::Different => 1e-4,
    }
}

fn port_fit(named: Option<u16>, dial: &Dial) -> f64 {
    match named {
        Some(port) if port == dial.destination.port => 1.0,
        Some(_) => PORT_DIFFERS,
        None => PORT_UNNAMED,
    }
}

/// Of the candidates at one place that is no proven sink only the best one's rate counts, shared
/// among them: the place is a sink or it is not, and a thousand mentions do not make it one.
fn best_of_each_unproven_place(orders: &mut [Weighted<'_>]) {
    let mut sum_and_best: BTreeMap<(&Place, CandidateKind), (f64, f64)> = BTreeMap::new();
    for weighted in orders.iter() {
        if let Some(key) = unproven_place(weighted) {
            let (sum, best) = sum_and_best.entry(key).or_default();
            *sum += weighted.rate;
            *best = best.max(weighted.rate);
        }
    }
    for weighted in orders {
        if let Some((sum, best)) = unproven_place(weighted).and_then(|key| sum_and_best.get(&key))
            && *sum > 0.0
        {
            weighted.rate *= best / sum;
        }
    }
}

fn unproven_place<'a>(weighted: &Weighted<'a>) -> Option<(&'a Place, CandidateKind)> {
    match weighted.cause {
        Cause::Candidate { live, .. } if !weighted.proven => Some((&live.place, live.candidate.manner.kind)),
        _ => None,
    }
}
