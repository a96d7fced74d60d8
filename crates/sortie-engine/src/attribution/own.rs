//! Rates of own calls: of the requests in flight, and of the background.
//!
//! λ_r = [ν(1−u)/(1−ν·G(Δ)) + 0.02·u] · g(Δ) · P(path | own, h) for each request of an endpoint that
//! calls h; μ(h) · P(path | own, h) for what nothing in flight explains, and no less than the echo of an
//! order whose time is over.

use std::collections::BTreeSet;

use sortie_model::event::Dial;
use sortie_model::{Destination, Endpoint, Micros, PathMatch, Reference, limits};

use super::{Cause, Circumstances, Weighted, first};
use crate::inflight::InFlight;
use crate::kernel::{Kernel, prior_kernel};
use crate::learned::{DestinationStats, Learned, NOVEL_PATH};

/// Further calls of a request to a destination that it called already.
const REPEAT: f64 = 0.02;
/// P(path | own) of a path that own dials never showed, which cannot be guessed, and which somebody names:
/// for those who do not name it themselves it would be a coincidence.
const SECRET_PATH: f64 = 0.1 * NOVEL_PATH;
/// ε: what the background counts for before anything is known.
const EPSILON: f64 = 0.002;
/// Seconds added to every observation time.
const HEAD_START: f64 = 10.0;
/// Longest observation time of a destination that counts, in seconds.
const LONGEST_OBSERVATION: f64 = 86_400.0;
/// Weight of the service's share in an endpoint's rate.
const PRIOR_WEIGHT: f64 = 2.0;
/// Endpoints in flight that are searched for new ones without a count of their own.
pub(super) const NEW_ENDPOINTS: usize = 64;

pub(super) fn weigh<'a>(dial: &Dial, circumstances: &Circumstances<'a>, ranked: &mut Vec<Weighted<'a>>) {
    let Circumstances { learned, now, .. } = *circumstances;
    let stats = learned.destinations.get(&dial.destination).map(|stats| &**stats);
    let path = dial.request.as_ref().map(|request| &request.path);
    let naming = naming(ranked);
    let path_fit = |named: bool| match stats {
        _ if naming.is_secret && !named && !is_known(stats, dial) => SECRET_PATH,
        Some(stats) => stats.own_path_probability(path, named),
        None => path.map_or(1.0, |_| NOVEL_PATH),
    };
    if let Some(stats) = stats {
        let requests = Requests {
            dial,
            inflight: circumstances.inflight,
            now,
            path_fit: path_fit(false),
            named_path_fit: path_fit(true),
            naming: &naming.requests,
        };
        let share = service_share(learned, stats);
        for caller in &stats.callers {
            let nu = call_rate(learned, &caller.endpoint, caller.calls, caller.skipped, share);
            requests.weigh(&caller.endpoint, nu, &caller.delays, ranked);
        }
        if share > 0.0 {
            weigh_new_endpoints(&requests, learned, stats, share, ranked);
        }
    }
    let echo = ranked.iter().map(Weighted::echo).fold(0.0, f64::max);
    let background = (background_rate(learned, &dial.destination, stats, now) * path_fit(false)).max(echo);
    ranked.push(plain(background, Cause::Background));
    if stats.is_none() {
        first::weigh(dial, circumstances, ranked);
    }
}

/// The requests whose candidates name the very path that is dialled.
struct Naming {
    requests: BTreeSet<Reference>,
    /// Whether what they name could not be guessed.
    is_secret: bool,
}

fn naming(ranked: &[Weighted<'_>]) -> Naming {
    let mut naming = Naming { requests: BTreeSet::new(), is_secret: false };
    for weighted in ranked {
        if let Cause::Candidate { live, path: PathMatch::Equal, .. } = weighted.cause {
            naming.requests.insert(live.id.request);
            naming.is_secret |= live.candidate.path_bits >= limits::UNIQUE_BITS;
        }
    }
    naming
}

/// Whether own dials showed the dial's path.
fn is_known(stats: Option<&DestinationStats>, dial: &Dial) -> bool {
    let shown = dial.request.as_ref().zip(stats);
    shown.is_some_and(|(request, stats)| stats.has_shown(request.path.fingerprint()))
}

/// The requests that may make an own call now.
struct Requests<'a, 'd> {
    dial: &'d Dial,
    inflight: &'a InFlight,
    now: Micros,
    /// P(path | own), for requests that do not name the path, and for those that do.
    path_fit: f64,
    named_path_fit: f64,
    naming: &'d BTreeSet<Reference>,
}

impl<'a> Requests<'a, '_> {
    /// Weighs the own calls of an endpoint's requests; `nu` is ν(e,h).
    fn weigh(&self, endpoint: &'a Endpoint, nu: f64, delays: &Kernel, ranked: &mut Vec<Weighted<'a>>) {
        let (count, requests) = self.inflight.requests_of(endpoint);
        // Of many requests a few stand for all: sampling is harmless at hundreds in flight.
        let each_stands_for = count as f64 / count.clamp(1, limits::OWN_SAMPLES) as f64;
        for (request, live) in requests.take(limits::OWN_SAMPLES) {
            let delay = self.now.0.saturating_sub(live.at.0);
            let used = live.own_used(&self.dial.destination);
            let first = nu * (1.0 - used) / (1.0 - nu * delays.cumulative(delay));
            let path_fit = if self.naming.contains(&request) { self.named_path_fit } else { self.path_fit };
            let rate = (first + REPEAT * used) * delays.density(delay) * path_fit * each_stands_for;
            ranked.push(plain(rate, Cause::OwnCall { request, endpoint }));
        }
    }
}

/// Endpoints too new to have a rate of their own borrow the service's.
fn weigh_new_endpoints<'a>(
    requests: &Requests<'a, '_>,
    learned: &Learned,
    stats: &DestinationStats,
    share: f64,
    ranked: &mut Vec<Weighted<'a>>,
) {
    for endpoint in requests.inflight.endpoints().take(NEW_ENDPOINTS) {
        let is_known = stats.callers.iter().any(|caller| caller.endpoint == **endpoint);
        let is_new = learned.endpoints.get(&**endpoint).is_none_or(|stats| stats.is_new());
        if !is_known && is_new {
            let nu = call_rate(learned, endpoint, 0.0, 0.0, share);
            requests.weigh(endpoint, nu, prior_kernel(), ranked);
        }
    }
}

/// π_h: the destination's share of all own dials of the service, as if two others had been seen: a
/// share of next to nothing must not pass for certainty.
fn service_share(learned: &Learned, stats: &DestinationStats) -> f64 {
    (stats.own / (learned.own_dials + PRIOR_WEIGHT)).min(1.0)
}

/// ν(e,h) = (c + 2π)/(n + 2), over the requests that did not name the host themselves.
fn call_rate(learned: &Learned, endpoint: &Endpoint, calls: f64, skipped: f64, share: f64) -> f64 {
    let stats = learned.endpoints.get(endpoint);
    let closed = stats.map_or(0.0, |stats| stats.closed as f64);
    let prior = if stats.is_none_or(|stats| stats.is_new()) { share } else { 0.0 };
    let n = (closed - skipped).max(calls);
    ((calls + PRIOR_WEIGHT * prior) / (n + PRIOR_WEIGHT)).min(0.999)
}

/// μ(h) = max((n_own − ½)⁺ + ε, residual) / (T + 10 s), where T is the time since the destination
/// was first dialled (never dialled: since the service was first seen).
fn background_rate(learned: &Learned, destination: &Destination, stats: Option<&DestinationStats>, now: Micros) -> f64 {
    let Some(stats) = stats else {
        return EPSILON / (learned.age(now).min(LONGEST_OBSERVATION) + HEAD_START);
    };
    let observed = now.seconds_since(stats.first).min(LONGEST_OBSERVATION) + HEAD_START;
    let by_callers: f64 = stats.callers.iter().map(|caller| caller.calls).sum();
    let counted = (stats.own - by_callers - 0.5).max(0.0) + EPSILON;
    counted.max(residual(learned, destination, stats, by_callers)) / observed
}

/// The natural experiment: dials beyond what the host's proven sinks can explain,
/// y − X − 3·√(Var + ½) − Σ c(e,h). It keeps a destination that was first dialled while a candidate
/// named it from being called ordered for ever.
fn residual(learned: &Learned, destination: &Destination, stats: &DestinationStats, by_callers: f64) -> f64 {
    let offers = learned.hosts.get(&destination.host).map_or(&[][..], |host| &host.offers);
    let (mut expected, mut variance) = (0.0, 0.5);
    for (key, offered) in offers {
        let Some(sink) = learned.sinks.get(key).filter(|sink| sink.is_proven()) else { continue };
        let per_offer = 1.0 + sink.kappa();
        let mean = f64::from(*offered) * sink.rho() * per_offer;
        expected += mean;
        variance += mean * (2.0 * per_offer - 1.0);
    }
    stats.dials - expected - 3.0 * f64::sqrt(variance) - by_callers
}

fn plain(rate: f64, cause: Cause<'_>) -> Weighted<'_> {
    Weighted { rate, stands_for: 1.0, cause, proven: false, allowed: false }
}
