//! Whether a dial or a request is a story, and which.
//!
//! Clients mention what exists: a name in a note, an `Origin`, a `website`. So a story needs more
//! than a coincidence of hosts: a proven place, or the very path that was named, in a place that
//! speaks of destinations.

use std::sync::Arc;

use sortie_model::event::Dialled;
use sortie_model::verdict::{Order, Source, Window};
use sortie_model::{AddressClass, Candidate, Mode, Nature, PathMatch, Place};

use super::held::HeldDial;
use super::{Scene, StoryKey};
use crate::decide::SURE;
use crate::inflight::{Closed, Offer};

/// Probability from which an order is told.
const LIKELY: f64 = 0.5;

/// The story that a dial belongs to; `None` where it is the service's own affair.
pub(super) fn story_of(scene: &Scene<'_>, dialled: &Dialled) -> Option<StoryKey> {
    let (dial, verdict) = (&dialled.dial, &dialled.verdict);
    let is_denied_class = scene.policy.denies(dial.class) && verdict.p_denied >= LIKELY;
    if let Some((_, order)) = verdict.leading_order()
        && verdict.p_ordered >= LIKELY
        && verdict.names_somebody()
        && (verdict.decision.is_denied() || stands_up(scene, dialled, order))
    {
        // An allowed order is no accusation, wherever it goes.
        let class = if is_denied_class { dial.class } else { AddressClass::Public };
        return Some(StoryKey::of_order(Some(order.place.clone()), order.actor.id(), class));
    }
    let is_unexplained = scene.policy.denies(dial.class) && !verdict.own_evidence.is_some();
    let window_story = verdict.window == Some(Window::Hop) && verdict.mode == Mode::Block && is_unexplained;
    // What `block` would refuse is told in every mode: the operator must know before he turns it on.
    let is_refused = verdict.decision.rule().is_some() && is_unexplained;
    // Some order it was, and nobody knows whose.
    let is_of_nobody = is_denied_class && is_unexplained && !verdict.names_somebody();
    (window_story || is_refused || is_of_nobody).then(|| StoryKey::of_destination(dial.destination.clone(), dial.class))
}

/// Whether a dial that belongs to no story yet may turn out to be an order: a denied one, at a place that traffic
/// proves. Returns it as it is held until more is known.
pub(super) fn held(scene: &Scene<'_>, dialled: &Arc<Dialled>) -> Option<HeldDial> {
    let verdict = &dialled.verdict;
    if verdict.p_denied < LIKELY || !scene.policy.denies(dialled.dial.class) {
        return None;
    }
    let is_told_by_proof = |order: &Order| {
        order.nature != Nature::Ambient && order.path != PathMatch::Different && verdict.names_somebody()
    };
    let (_, order) = verdict.leading_order().filter(|(_, order)| is_told_by_proof(order))?;
    Some(HeldDial { at: scene.now, actor: order.actor.id(), dialled: Arc::clone(dialled) })
}

/// The story of a dial that was held, by what is known now; `None` while that is too little. `is_told` says whether
/// a story is told already: what its actor ordered before at the place is part of it.
pub(super) fn story_of_held(
    scene: &Scene<'_>,
    dialled: &Dialled,
    is_told: impl Fn(&StoryKey) -> bool,
) -> Option<StoryKey> {
    let (_, order) = dialled.verdict.leading_order()?;
    let key = StoryKey::of_order(Some(order.place.clone()), order.actor.id(), dialled.dial.class);
    let host = &dialled.dial.destination.host;
    let is_proven = || {
        scene.policy.proves(&order.endpoint, &order.place)
            || scene.learned.proving_sink(&order.place, order.manner, order.nature, host).is_some()
    };
    // What nobody knew then to be the service's own may be known by now.
    let is_own = || scene.learned.destinations.get(&dialled.dial.destination).is_some_and(|stats| stats.own >= 0.5);
    let has_own = dialled.verdict.own_evidence.is_some() || is_own();
    let may_be_own = || has_own && calls_anyway(scene, dialled, order);
    let stands = stands_up(scene, dialled, order) || ((is_told(&key) || is_proven()) && !may_be_own());
    stands.then_some(key)
}

/// Whether an order is more than a mention.
fn stands_up(scene: &Scene<'_>, dialled: &Dialled, order: &Order) -> bool {
    if order.proven {
        return true;
    }
    // Who names one credit may be there while another is asked for, for the first time.
    if order.path == PathMatch::Different && scene.policy.denies(dialled.dial.class) {
        return false;
    }
    let through_hop =
        dialled.verdict.explanations.iter().any(|e| matches!(&e.source, Source::Hop(h) if h.order.is_some()));
    // A path that says something: `/` is what everybody dials.
    let path = order.path == PathMatch::Equal && (through_hop || names_a_path(order));
    let sink = scene.learned.sink(&order.place, order.manner);
    let is_ignored = sink.is_some_and(|sink| sink.is_ignored());
    let has_obeyed = sink.is_some_and(|sink| sink.obeyed >= 2 && sink.rho() >= LIKELY);
    let is_sure = dialled.verdict.p_ordered >= SURE;
    // A host that the service calls anyway: a client may well name what its own request makes the
    // service call, to the very path.
    if dialled.verdict.own_evidence.is_some() && (!is_sure || calls_anyway(scene, dialled, order)) {
        return false;
    }
    let sure = is_sure && !dialled.verdict.own_evidence.is_some();
    match order.nature {
        Nature::Named => !is_ignored && (path || sure || has_obeyed),
        Nature::Value => !is_ignored && (path || (sure && has_obeyed)),
        // Whatever stands around it: the very URL, which the service never called by itself.
        Nature::Prose | Nature::Ambient => sure && path,
    }
}

/// Requests of an endpoint that must be over before it is known not to call a destination that the
/// service calls.
const KNOWN_AFTER: u64 = 3;
/// Calls per request, and calls in all, from which an endpoint calls a destination: less comes
/// together by chance where a timer calls it too.
const CALLS: (f64, f64) = (0.05, 0.5);

/// Whether the endpoint that carries the mention calls the destination of its own accord, or may do so
/// for all that is known.
fn calls_anyway(scene: &Scene<'_>, dialled: &Dialled, order: &Order) -> bool {
    let closed = scene.learned.endpoints.get(&order.endpoint).map_or(0, |stats| stats.closed);
    // Few services call these at all, and nobody mentions them in passing; nor what is only to be had
    // from the host itself, unless the service is known to call such things there.
    let is_delicate = match dialled.dial.class {
        AddressClass::Metadata | AddressClass::LinkLocal => true,
        AddressClass::Loopback => is_new_path(scene, dialled, order),
        _ => false,
    };
    if closed < KNOWN_AFTER && !is_delicate {
        return true;
    }
    let stats = scene.learned.destinations.get(&dialled.dial.destination);
    let mut callers = stats.iter().flat_map(|stats| &stats.callers);
    callers.any(|caller| {
        let requests = (closed as f64 - caller.skipped).max(1.0);
        caller.endpoint == order.endpoint && caller.calls >= CALLS.1 && caller.calls >= CALLS.0 * requests
    })
}

/// Whether the dial shows the path that was named, and own calls of the destination never showed one
/// like it.
fn is_new_path(scene: &Scene<'_>, dialled: &Dialled, order: &Order) -> bool {
    let Some(request) = dialled.dial.request.as_ref().filter(|_| order.path == PathMatch::Equal) else { return false };
    let stats = scene.learned.destinations.get(&dialled.dial.destination);
    !stats.is_some_and(|stats| stats.has_shown(request.path.fingerprint()) || stats.shows_kin_of(&request.path))
}

/// Whether the candidate's text holds more than scheme, authority and a slash.
fn names_a_path(order: &Order) -> bool {
    let after_scheme = order.shown.split_once("://").map_or(&*order.shown, |(_, rest)| rest);
    after_scheme.split_once('/').is_some_and(|(_, path)| !path.is_empty())
}

/// How far a candidate may be obeyed that counts as not obeyed.
const UNOBEYED: f64 = 0.1;

/// The candidate that makes a request without a dial an attempt: it named a denied destination at a
/// place that is obeyed, or a metadata endpoint or a disguised address where no prose stood.
pub(super) fn attempt(scene: &Scene<'_>, closed: &Closed) -> Option<(Arc<Candidate>, AddressClass)> {
    closed.offers.iter().filter(|offer| offer.obeyed < UNOBEYED).find_map(|Offer { candidate, .. }| {
        let place = Place::new(&closed.live.endpoint.template, Arc::clone(&candidate.parameter));
        let mut hosts = candidate.hosts().filter(|host| !scene.learned.completes(&place, host));
        let class = hosts.find_map(|host| {
            let known = scene.learned.known_classes(host, &scene.policy.addresses, scene.now);
            let class = scene.policy.telling_class(known)?;
            scene.policy.denies(class).then_some(class)
        })?;
        let is_sink = scene.learned.sink(&place, candidate.manner).is_some_and(|sink| sink.is_proven())
            || scene.policy.proves(&closed.live.endpoint, &place);
        let is_telling = candidate.nature.is_eligible() && (class == AddressClass::Metadata || candidate.disguised);
        (is_sink || is_telling).then(|| (Arc::clone(candidate), class))
    })
}
