//! The outbound door's decision.

use smallvec::SmallVec;
use sortie_model::event::{Credential, Dial};
use sortie_model::policy::{HiddenHops, PortRule};
use sortie_model::verdict::{OwnEvidence, Verdict, Window};
use sortie_model::{AddressClass, Candidate, Decision, Destination, Mode, Rule};

use crate::attribution::{Cause, Circumstances, OrderRef, Posterior, Weighted, attribute, is_exact_and_cold};
use crate::inflight::{LiveCandidate, Progress, RetryKey};

/// Probability from which a dial counts as ordered.
pub(crate) const SURE: f64 = 0.9;
/// Share that a request must hold of a retry.
const RETRY_SHARE: f64 = 0.5;
/// How long after its end a request may still give a cold order, in microseconds.
const COLD_MICROS: u64 = 2_000_000;

/// Judges a dial.
///
/// A dial is forbidden iff policy denies its destination by order, p ≥ 0.9, and proven sinks and seen
/// hops alone outweigh own calls and allowed orders at ≥ 0.9. Where the service has own evidence for
/// the destination, it is forbidden only if its visible path equals the candidate's and no dial that
/// was let through and judged ordered < 0.9 ever showed it; nor, where the content of an answer names
/// it, one like it.
pub fn decide(dial: &Dial, circumstances: &Circumstances<'_>) -> Verdict {
    let Circumstances { learned, policy, .. } = *circumstances;
    let posterior = attribute(dial, circumstances);
    let window = open_window(circumstances);
    let own = own_evidence(dial, circumstances, &posterior);
    let case = Case { dial, circumstances, posterior: &posterior, own, window };
    let (decision, mode) = case.decision();
    Verdict {
        epoch: learned.epoch,
        p_ordered: posterior.ordered,
        p_denied: if policy.denies(dial.class) { posterior.ordered_unallowed } else { 0.0 },
        q: posterior.masses.q(),
        decision,
        mode,
        own_evidence: case.own,
        window,
        explanations: posterior.explanations(circumstances.now),
    }
}

/// What is known of own calls to the dial's destination, beside what the dial shows.
fn own_evidence(dial: &Dial, circumstances: &Circumstances<'_>, posterior: &Posterior<'_>) -> OwnEvidence {
    let Circumstances { learned, policy, .. } = *circumstances;
    let stats = learned.destinations.get(&dial.destination);
    if !policy.own.contains(&dial.destination) && !stats.is_some_and(|stats| stats.has_own_evidence(dial.class)) {
        return OwnEvidence::None;
    }
    let Some(request) = &dial.request else { return OwnEvidence::HiddenPath };
    if stats.is_some_and(|stats| stats.has_shown(request.path.fingerprint())) {
        return OwnEvidence::KnownPath;
    }
    let named = || posterior.ranked.iter().filter(|w| w.is_proven_order() && w.is_exact());
    if named().next().is_none() {
        return OwnEvidence::UnnamedPath;
    }
    // An answer may well speak of what the service is about to call anyway.
    let is_kin = stats.is_some_and(|stats| stats.shows_kin_of(&request.path));
    if is_kin && named().all(Weighted::is_named_by_answer) { OwnEvidence::KinPath } else { OwnEvidence::NewPath }
}

struct Case<'a> {
    dial: &'a Dial,
    circumstances: &'a Circumstances<'a>,
    posterior: &'a Posterior<'a>,
    own: OwnEvidence,
    window: Option<Window>,
}

impl<'a> Case<'a> {
    /// The decision, and the mode that it is made in: of the rules that forbid the dial the first that is
    /// enforced, else the first.
    fn decision(&self) -> (Decision, Mode) {
        let policy = self.circumstances.policy;
        // Not by the dial's class: an inbound door is loopback by decree, wherever it listens.
        if policy.is_own_host(policy.addresses.classes_of(self.dial.hosts(), &self.dial.addresses)) {
            return (Decision::Deny(Rule::RemoteLocality), self.mode_of(|_| true));
        }
        let rules = self.rules();
        let mut enforced = rules.iter().filter(|rule| self.mode(**rule) == Mode::Block);
        if let Some(rule) = enforced.next() {
            return (Decision::Deny(*rule), Mode::Block);
        }
        match rules.first() {
            Some(rule) => (Decision::WouldDeny(*rule), self.mode(*rule)),
            None => (Decision::Pass, self.mode_of(|_| true)),
        }
    }

    /// The rules that forbid the dial, in the order in which they are told.
    fn rules(&self) -> SmallVec<[Rule; 4]> {
        let policy = self.circumstances.policy;
        let mut rules = SmallVec::new();
        if policy.denies(self.dial.class) {
            // The line that no flood crosses: an own dial to a known own (destination, path) is never forbidden.
            if self.is_ordered() && !self.own.protects() {
                rules.push(Rule::OrderedDeny);
            }
            if self.is_retry() {
                rules.push(Rule::Retry);
            }
            if self.is_cold_order() {
                rules.push(Rule::ColdExact);
            }
            if let Some(window) = self.window
                && self.is_forbidden_in_windows(window)
            {
                rules.push(if window == Window::Hop { Rule::HopWindow } else { Rule::Wildcard });
            }
        }
        if self.is_ordered() {
            if policy.deny_internal_credentials && self.dial.credentials.iter().any(|c| self.is_foreign_credential(c)) {
                rules.push(Rule::InternalCredentials);
            }
            let is_odd_port =
                self.dial.class == AddressClass::Public && !policy.allow_ports.contains(&self.dial.destination.port);
            if policy.ports == PortRule::Enforce && is_odd_port && !self.own.is_some() {
                rules.push(Rule::OrderedPort);
            }
        }
        rules
    }

    fn is_ordered(&self) -> bool {
        self.posterior.ordered_unallowed >= SURE && self.posterior.masses.q() >= SURE
    }

    /// A verdict stands for a retry of the same while the request explains half of it, and never
    /// against own evidence.
    fn is_retry(&self) -> bool {
        if self.own.is_some() {
            return false;
        }
        let Circumstances { inflight, now, .. } = *self.circumstances;
        let key = RetryKey::of(self.dial);
        let mut refused = inflight.refused_before(&key, now);
        refused.any(|request| self.share_of(request) >= RETRY_SHARE)
    }

    fn share_of(&self, request: sortie_model::Reference) -> f64 {
        let rate: f64 = self
            .posterior
            .ranked
            .iter()
            .filter(|w| !w.allowed && w.order().is_some_and(|order| order.request == request))
            .map(|w| w.rate)
            .sum();
        rate / self.posterior.masses.total()
    }

    /// `cold_start: exact`: before a place is proven, a fresh request names the destination by
    /// scheme, host and port, and the path that is dialled, in a place whose name or type speaks of
    /// URLs, at an endpoint that is still new.
    fn is_cold_order(&self) -> bool {
        // What the service itself asks of a metadata endpoint is a few paths, and nobody mentions others in passing.
        let is_unasked = self.dial.class == AddressClass::Metadata && self.own == OwnEvidence::UnnamedPath;
        if self.own.is_some() && !is_unasked || self.posterior.masses.allowed > 0.0 {
            return false;
        }
        self.posterior.ranked.iter().any(|w| self.is_cold(w))
    }

    fn is_cold(&self, weighted: &Weighted<'_>) -> bool {
        let Cause::Candidate { live, path, .. } = weighted.cause else { return false };
        is_exact_and_cold(OrderRef::of_candidate(live, path), self.circumstances) && self.is_fresh_and_names_all(live)
    }

    /// A request in flight, or one that ended less than [`COLD_MICROS`] ago and was not rejected, or a message that came
    /// since, names the dial's scheme, host and port; what it leaves out (`//host/path`, `host/path`) is what clients
    /// put there.
    fn is_fresh_and_names_all(&self, live: &LiveCandidate) -> bool {
        let Circumstances { inflight, now, .. } = *self.circumstances;
        let is_fresh = inflight.request(live.id.request).is_some_and(|request| {
            let ended = request.ended.or_else(|| (live.progress != Progress::Open).then_some(live.at));
            ended.is_none_or(|ended| now < ended.plus(COLD_MICROS))
        });
        is_fresh && live.progress != Progress::Rejected && self.fits(&live.candidate)
    }

    fn fits(&self, candidate: &Candidate) -> bool {
        let Some(scheme) = &self.dial.scheme else { return false };
        let Destination { host, port } = &self.dial.destination;
        let named_port = candidate.port.or_else(|| scheme.default_port());
        // Another reading than the first has a port of its own.
        let port_fits = named_port == Some(*port) || candidate.other_hosts.contains(host);
        port_fits && candidate.scheme.as_ref().is_none_or(|named| named == scheme)
    }

    /// While something uninspected is in flight: metadata, link-local and loopback without own
    /// evidence; private ones only where the operator asked for it.
    fn is_forbidden_in_windows(&self, window: Window) -> bool {
        if self.own.is_some() || self.posterior.masses.allowed > self.posterior.masses.own {
            return false;
        }
        match self.dial.class {
            AddressClass::Metadata | AddressClass::LinkLocal | AddressClass::Loopback => true,
            AddressClass::Private => {
                window == Window::Hop && self.circumstances.policy.hidden_hops == HiddenHops::ForbidPrivate
            }
            AddressClass::Public | AddressClass::Reserved | AddressClass::Multicast => false,
        }
    }

    /// A credential that own dials carry to an internal destination, on its way elsewhere.
    fn is_foreign_credential(&self, credential: &Credential) -> bool {
        let stats = self.circumstances.learned.credentials.get(&credential.digest);
        stats.is_some_and(|stats| stats.is_internal && !stats.own_destinations.contains(&self.dial.destination))
    }

    /// The mode in force: that of the orders which make the rule. A mention elsewhere has no say in it.
    fn mode(&self, rule: Rule) -> Mode {
        match rule {
            Rule::OrderedDeny | Rule::OrderedPort | Rule::InternalCredentials => self.mode_of_proven(),
            Rule::ColdExact => self.mode_of(|w| self.is_cold(w)),
            Rule::Wildcard | Rule::HopWindow => self.mode_of_window(),
            _ => self.mode_of(|_| true),
        }
    }

    /// `block` where the proven orders from places in `block` carry the rule by themselves, else the mode
    /// of the proven order with the largest share.
    fn mode_of_proven(&self) -> Mode {
        let proven_orders = self.posterior.ranked.iter().filter(|w| w.is_proven_order());
        let masses = &self.posterior.masses;
        let proven: f64 = proven_orders.filter(|w| self.mode_at(w) == Some(Mode::Block)).map(Weighted::mass).sum();
        if proven > 0.0 && proven / (proven + masses.allowed + masses.own) >= SURE {
            return Mode::Block;
        }
        self.mode_of(Weighted::is_proven_order)
    }

    /// The mode of the largest explanation that `counts`; the service's where there is none.
    fn mode_of(&self, counts: impl Fn(&Weighted<'a>) -> bool) -> Mode {
        let mut ranked = self.posterior.ranked.iter().filter(|w| counts(w));
        ranked.find_map(|w| self.mode_at(w)).unwrap_or(self.circumstances.policy.mode)
    }

    /// The mode of an order's place; hops inherit their parent's.
    fn mode_at(&self, weighted: &Weighted<'_>) -> Option<Mode> {
        let order = weighted.order()?;
        let policy = self.circumstances.policy;
        Some(weighted.inherited_mode().unwrap_or_else(|| policy.mode_at(order.endpoint, Some(order.place))))
    }

    /// The strictest mode of those who opened the windows: what hides in them may come from any.
    fn mode_of_window(&self) -> Mode {
        let Circumstances { inflight, policy, now, .. } = *self.circumstances;
        let modes = inflight.open_windows(now).map(|window| match &window.endpoint {
            Some(endpoint) => policy.strictest_at(endpoint),
            None => policy.strictest(),
        });
        modes.fold(policy.mode, Mode::max)
    }
}

/// The window that is open, a wildcard before a hop window.
fn open_window(circumstances: &Circumstances<'_>) -> Option<Window> {
    let mut windows = circumstances.inflight.open_windows(circumstances.now).map(|window| window.kind);
    let first = windows.next()?;
    if first == Window::Wildcard || windows.any(|kind| kind == Window::Wildcard) {
        Some(Window::Wildcard)
    } else {
        Some(Window::Hop)
    }
}
