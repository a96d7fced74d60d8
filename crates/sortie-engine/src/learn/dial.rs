//! What a dial teaches.

use std::sync::Arc;

use sortie_model::event::{Carrier, Dial, Dialled};
use sortie_model::place::canonical_template;
use sortie_model::verdict::{Explanation, Order, Source, Verdict, Window};
use sortie_model::{AddressClass, Endpoint, Host, Micros, PathMatch, Rule, limits};

use crate::decide::SURE;
use crate::inflight::{CandidateId, InFlight, LiveCandidate, Progress};
use crate::learned::{DestinationStats, Learned, SinkKey};

/// Share from which a dial counts as own evidence.
const OWN: f64 = 0.5;

/// A judged dial, with the table as it was before the dial was recorded there.
pub(crate) struct DialLesson<'a> {
    /// When it was judged.
    pub(crate) at: Micros,
    /// The dial and its verdict.
    pub(crate) dialled: &'a Dialled,
    /// The table in flight.
    pub(crate) inflight: &'a InFlight,
}

/// Learns from a dial. Returns the places that it proved.
///
/// A dial that was refused counts as obeyed for the place that ordered it, and gives neither own
/// evidence nor rates.
pub(crate) fn learn_dial(learned: &mut Learned, lesson: &DialLesson<'_>) -> Vec<SinkKey> {
    let Dialled { dial, verdict } = lesson.dialled;
    learned.since.get_or_insert(lesson.at);
    learned.last_dial = Some(lesson.at);
    learned.epoch += 1;
    let mut proven = Vec::new();
    for explanation in &verdict.explanations {
        if let Source::Order(order) | Source::Label(order) = &explanation.source
            && let Some(key) = learn_order(learned, lesson, order, explanation)
        {
            proven.push(key);
        }
    }
    if !verdict.decision.is_denied() {
        learn_own(learned, lesson);
        learn_credentials(learned, lesson.at, dial, verdict);
    }
    learn_names(learned, lesson.at, dial);
    proven
}

/// Learns that a dial connected: one that was judged own is own evidence from now on. A name that did
/// not resolve, or a port that refused, is evidence of nothing.
pub(crate) fn learn_connected(learned: &mut Learned, at: Micros, dialled: &Dialled) {
    let Dialled { dial, verdict } = dialled;
    if verdict.own_share() < OWN || !is_evidence(dial.class, verdict) {
        return;
    }
    learned.epoch += 1;
    let stats = learned.destination_mut(&dial.destination, dial.class, at);
    if stats.own_class.is_none() {
        stats.provisional = verdict.window.is_some();
    }
    stats.own_class = stats.own_class.max(Some(dial.class));
}

/// Learns what a name resolved to, for the inbound door's memory.
fn learn_names(learned: &mut Learned, at: Micros, dial: &Dial) {
    let Host::Name(name) = &dial.destination.host else { return };
    if dial.addresses.is_empty() {
        return;
    }
    learned.learn_name(name, &dial.addresses, at);
}

fn learn_order(
    learned: &mut Learned,
    lesson: &DialLesson<'_>,
    order: &Order,
    &Explanation { share, mass, .. }: &Explanation,
) -> Option<SinkKey> {
    let dial = &lesson.dialled.dial;
    let key = SinkKey { place: order.place.clone(), manner: order.manner };
    let host = &dial.destination.host;
    // A retry of what was refused is no second order.
    let live = lesson.inflight.candidate(CandidateId::of(order));
    let used = live.map_or(0.0, LiveCandidate::used_up);
    let progress = live.map_or(Progress::Ended, |live| live.progress);
    // Clients mention what exists, and internal hosts exist to be called: a dial there after the exchange
    // proves nothing. Nor does one at any time that a request may have ordered which was not read.
    let is_told_apart =
        (progress == Progress::Open || dial.class == AddressClass::Public) && !may_be_unread_order(learned, lesson);
    let counts =
        share > SURE && used < OWN && is_told_apart && !is_named_elsewhere(learned, lesson.inflight, order, host);
    // An order that the rule of cold starts refused may still be a mention of what is called anyway.
    let was_cold = lesson.dialled.verdict.decision.rule() == Some(Rule::ColdExact);
    let unique_path = if counts && !was_cold { unique_path(learned, lesson, order) } else { None };
    let sink = learned.sink_mut(&key, order.nature, lesson.at);
    sink.dialled(order.delay, mass, 1.0 - used);
    sink.learn_match(order.path, mass * (1.0 - used));
    if let Some(request) = dial.request.as_ref().filter(|_| order.path == PathMatch::Unnamed) {
        sink.learn_path(request.path.fingerprint(), mass);
    }
    // By the engine's own table: near the end of an exchange's time the door may not have let go of it yet, and
    // the vote that its offer was not obeyed is cast by the engine.
    if live.is_none_or(|live| live.remembered) {
        let gained = mass * (1.0 - used);
        match progress {
            Progress::Rejected => sink.rejected_obeyed_late(gained),
            Progress::Failed => sink.failed_obeyed_late(gained),
            Progress::Open | Progress::Ended => sink.obeyed_late(gained),
        }
    }
    // A label that several hosts have in common (`prod`) is as good as one of them.
    let label = live.map(|live| &live.candidate).filter(|candidate| candidate.label().is_some());
    let known = label.and_then(|label| sink.destinations().iter().find(|known| label.names(known)).cloned());
    let host = known.as_ref().unwrap_or(host);
    let becomes_proven = if counts { sink.obeyed(host, order.location.container, unique_path) } else { sink.prove() };
    if !becomes_proven {
        return None;
    }
    if !sink.is_refused_at_inbound() {
        return Some(key);
    }
    let template = Arc::clone(&key.place.template);
    *learned.sink_templates.entry(template).or_insert(0) += 1;
    Some(key)
}

/// Whether a request in flight was not read, at an endpoint that obeys orders. In `block` there is none; where a
/// service is only watched, whoever sends one and mentions its destination elsewhere would prove that place.
/// Windows of other endpoints do not count: some are always open.
fn may_be_unread_order(learned: &Learned, lesson: &DialLesson<'_>) -> bool {
    let mut windows = lesson.inflight.open_windows(lesson.at).filter(|window| window.kind == Window::Wildcard);
    windows.any(|window| {
        let obeys = |endpoint: &Endpoint| learned.has_proven_sink(&canonical_template(&endpoint.template));
        window.endpoint.as_deref().is_some_and(obeys)
    })
}

/// Whether the same request names the host at another place that is eligible and not ignored: then
/// it cannot be told which of them was obeyed.
fn is_named_elsewhere(learned: &Learned, inflight: &InFlight, order: &Order, host: &Host) -> bool {
    let mut others = inflight.candidates_in(order.request).filter(|live| live.candidate.names(host));
    others.any(|live| {
        live.place != order.place
            && live.candidate.nature.is_eligible()
            && !learned.sink(&live.place, live.candidate.manner).is_some_and(|sink| sink.is_ignored())
    })
}

/// The dial's path, if it is the very one that the candidate named, holds more information than can be
/// guessed, and own dials never showed it.
fn unique_path(learned: &Learned, lesson: &DialLesson<'_>, order: &Order) -> Option<u64> {
    let dial = &lesson.dialled.dial;
    let request = dial.request.as_ref().filter(|_| order.path == PathMatch::Equal)?;
    let bits = lesson.inflight.candidate(CandidateId::of(order)).map_or(0, |live| live.candidate.path_bits);
    let fingerprint = request.path.fingerprint();
    // What own dials show but for an identifier is no secret: the client may know its own.
    let is_known = learned
        .destinations
        .get(&dial.destination)
        .is_some_and(|stats| stats.has_shown(fingerprint) || stats.shows_kin_of(&request.path));
    (bits >= limits::UNIQUE_BITS && !is_known).then_some(fingerprint)
}

fn learn_own(learned: &mut Learned, lesson: &DialLesson<'_>) {
    let Dialled { dial, verdict } = lesson.dialled;
    if !is_evidence(dial.class, verdict) {
        return;
    }
    let own_share = verdict.own_share();
    // What a client's label brought about says nothing of how often the service calls there by itself.
    let unasked_share = (own_share - verdict.label_share()).max(0.0);
    learned.host_mut(&dial.destination.host).add_port(dial.destination.port);
    let is_doubtful = is_doubtful(verdict);
    if !is_doubtful {
        learned.own_dials += unasked_share;
    }
    let stats = learned.destination_mut(&dial.destination, dial.class, lesson.at);
    stats.last = lesson.at;
    stats.class = dial.class;
    stats.dials += 1.0;
    if is_doubtful {
        return;
    }
    stats.own += unasked_share;
    if dial.carrier == Carrier::TunnelTls && own_share < OWN {
        stats.tls_orders += 1;
    }
    if let Some(request) = &dial.request {
        let fingerprint = request.path.fingerprint();
        if verdict.p_ordered < SURE {
            stats.show(fingerprint);
        }
        if own_share >= 0.01 {
            stats.learn_own_path(&request.path, own_share);
        }
    }
    for Explanation { mass, source, .. } in &verdict.explanations {
        let Source::OwnCall { request, endpoint } = source else { continue };
        let live = lesson.inflight.request(*request);
        // A request that names the host itself teaches nothing about own calls.
        if live.is_some_and(|live| live.names(&dial.destination.host)) {
            continue;
        }
        if let (Some(caller), Some(live)) = (stats.caller_mut(endpoint), live) {
            caller.calls += mass;
            caller.delays.learn(lesson.at.0.saturating_sub(live.at.0), *mass);
        }
    }
    if unasked_share >= OWN && !verdict.explanations.iter().any(|e| matches!(e.source, Source::OwnCall { .. })) {
        credit_requests_in_flight(stats, lesson, unasked_share);
    }
}

/// Whether a client named the very path of a dial that may as well be an own call. Half of it learned as
/// own would make the next one look a little more so, until orders pass for calls of a timer.
fn is_doubtful(verdict: &Verdict) -> bool {
    let names_path = |e: &Explanation| e.source.order().is_some_and(|order| order.path == PathMatch::Equal);
    verdict.own_share() < SURE && verdict.explanations.iter().any(names_path)
}

/// A first own call cannot be explained by endpoints that never called: each request in flight that
/// does not name the host is credited with its part, so that the next one can be.
fn credit_requests_in_flight(stats: &mut DestinationStats, lesson: &DialLesson<'_>, own_share: f64) {
    let endpoints: Vec<_> = lesson.inflight.endpoints().cloned().collect();
    let mut live = Vec::new();
    for endpoint in endpoints.iter().take(limits::DESTINATION_CALLERS) {
        let (_, requests) = lesson.inflight.requests_of(endpoint);
        live.extend(
            requests
                .filter(|(_, request)| request.ended.is_none() && !request.names(&lesson.dialled.dial.destination.host))
                .take(limits::OWN_SAMPLES)
                .map(|(_, request)| (Arc::clone(endpoint), request.at)),
        );
    }
    // Half stays with the background: a timer is as good an explanation as any one request.
    let part = own_share * 0.5 / live.len().max(1) as f64;
    for (endpoint, at) in live {
        if let Some(caller) = stats.caller_mut(&endpoint) {
            caller.calls += part;
            caller.delays.learn(lesson.at.0.saturating_sub(at.0), part);
        }
    }
}

/// Of metadata, link-local and loopback only what is dialled outside windows teaches anything about
/// own calls: in a window an order may hide behind every one of them.
fn is_evidence(class: AddressClass, verdict: &Verdict) -> bool {
    !class.is_delicate() || verdict.window.is_none()
}

fn learn_credentials(learned: &mut Learned, at: Micros, dial: &Dial, verdict: &Verdict) {
    if verdict.own_share() < OWN {
        return;
    }
    for credential in &dial.credentials {
        let stats = learned.credential_mut(credential.digest, &credential.header, at);
        stats.learn(&dial.destination, dial.class != AddressClass::Public);
    }
}
