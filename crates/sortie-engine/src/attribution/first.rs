//! First calls: what the service dials of its own accord for the first time, while a client happened to
//! mention it.
//!
//! Nothing is known of such a destination, so a mention alone would explain the dial, however weak it is: a
//! share of one explanation is all. But a service that is new to Sortie shows one destination after the
//! other, and clients mention what exists. So where nothing but mentions explains a first dial, the service
//! itself is a second explanation. A *mention* is an order at a place that does not speak of destinations,
//! is no proven sink, and whose exchange is over: orders that are obeyed at once, and those at places that
//! ask for a URL, are weighed as ever. What comes with a request whatever it is for (`Referer`, `Origin`) is
//! a mention from the first: it may well be a page of the very service that is called.

use sortie_model::event::Dial;
use sortie_model::{AddressClass, Endpoint, Micros, Nature, PathMatch, limits};

use super::{Cause, Circumstances, Weighted};
use crate::inflight::Progress;
use crate::kernel::prior_kernel;
use crate::learned::{Learned, NOVEL_PATH};

/// First calls to a mentioned destination, per e-fold of the time that the service was watched.
const BACKGROUND: f64 = 0.05;
/// Age of the service at which they become rarer, in seconds: what it calls by itself has shown by then.
const WATCHED: f64 = 60.0;
/// Probability that a request of a new endpoint makes such a call.
const BY_REQUEST: f64 = 0.02;
/// What is left of both where the path that is mentioned could not be guessed.
const SECRET: f64 = 0.005;
/// Seconds added to the time that the service was watched.
const HEAD_START: f64 = 10.0;

/// Weighs the first calls that a dial may be, if mentions alone explain it so far.
pub(super) fn weigh<'a>(dial: &Dial, circumstances: &Circumstances<'a>, ranked: &mut Vec<Weighted<'a>>) {
    // Few services call these at all, and nobody mentions them in passing.
    let is_mentioned_by_none = matches!(dial.class, AddressClass::Metadata | AddressClass::LinkLocal);
    if is_mentioned_by_none || !explained_by_mentions(ranked) {
        return;
    }
    let fit = path_fit(dial, ranked);
    let background = background_rate(circumstances.learned, circumstances.now) * fit;
    let request = likeliest_request(circumstances, ranked).map(|(cause, rate)| (cause, rate * fit));
    ranked.push(own(Cause::Background, background));
    // The likeliest stands for all: their number is in the hands of clients.
    ranked.extend(request.map(|(cause, rate)| own(cause, rate)));
}

fn own(cause: Cause<'_>, rate: f64) -> Weighted<'_> {
    Weighted { rate, stands_for: 1.0, cause, proven: false, allowed: false }
}

fn explained_by_mentions(ranked: &[Weighted<'_>]) -> bool {
    let is_mention = |weighted: &Weighted<'_>| match weighted.cause {
        Cause::Candidate { live, .. } if !weighted.proven => match live.candidate.nature {
            Nature::Ambient => true,
            Nature::Value | Nature::Prose => live.progress != Progress::Open,
            Nature::Named => false,
        },
        Cause::Candidate { .. } | Cause::Hop { .. } => false,
        Cause::OwnCall { .. } | Cause::Background => true,
    };
    ranked.iter().any(|weighted| weighted.order().is_some()) && ranked.iter().all(is_mention)
}

/// How well the path fits: that it is mentioned says that it exists, unless it is a secret.
fn path_fit(dial: &Dial, ranked: &[Weighted<'_>]) -> f64 {
    let mut mentioned = None;
    for weighted in ranked {
        if let Cause::Candidate { live, path: PathMatch::Equal, .. } = weighted.cause {
            let is_secret = live.candidate.path_bits >= limits::UNIQUE_BITS;
            mentioned = Some(mentioned.unwrap_or(false) || is_secret);
        }
    }
    match (mentioned, &dial.request) {
        (Some(true), _) => SECRET,
        (Some(false), _) | (None, None) => 1.0,
        (None, Some(_)) => NOVEL_PATH,
    }
}

fn background_rate(learned: &Learned, now: Micros) -> f64 {
    let age = learned.age(now);
    BACKGROUND / (age + HEAD_START) / (1.0 + age / WATCHED)
}

/// The request in flight, of a new endpoint, that explains an own call best, and its rate. Those that name
/// the destination are orders, not explanations, but for those that do so in passing.
fn likeliest_request<'a>(circumstances: &Circumstances<'a>, ranked: &[Weighted<'_>]) -> Option<(Cause<'a>, f64)> {
    let Circumstances { learned, inflight, now, .. } = *circumstances;
    let orders_it = |weighted: &Weighted<'_>, request| {
        weighted.order().is_some_and(|order| order.request == request && order.nature != Nature::Ambient)
    };
    let names_it = |request| ranked.iter().any(|weighted| orders_it(weighted, request));
    let is_new = |endpoint: &Endpoint| learned.endpoints.get(endpoint).is_none_or(|stats| stats.is_new());
    let endpoints = inflight.endpoints().take(super::own::NEW_ENDPOINTS).filter(|endpoint| is_new(endpoint));
    let requests = endpoints.flat_map(|endpoint| {
        let (_, requests) = inflight.requests_of(endpoint);
        requests.take(limits::OWN_SAMPLES).map(move |(request, live)| (endpoint, request, live.at))
    });
    let rates = requests.filter(|&(_, request, _)| !names_it(request)).map(|(endpoint, request, at)| {
        let density = prior_kernel().density(now.0.saturating_sub(at.0));
        (Cause::OwnCall { request, endpoint }, BY_REQUEST * density)
    });
    rates.max_by(|(_, one), (_, other)| one.total_cmp(other))
}
