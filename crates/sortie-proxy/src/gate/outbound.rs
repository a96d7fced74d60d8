//! What the outbound door asks.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;
use sortie_engine::attribution::Circumstances;
use sortie_engine::decide::decide;
use sortie_model::candidate::Scheme;
use sortie_model::event::{Carrier, Credential, Dial, DialRequest, Dialled, Outcome, What};
use sortie_model::path::redact;
use sortie_model::privacy::Domain;
use sortie_model::verdict::{OwnEvidence, Verdict};
use sortie_model::{AddressClass, Decision, Destination, Host, Method, Micros, Mode, PathDigest, Reference, Rule};

use super::{DialRecord, Gate};
use crate::hop::LOOP_LIMIT;
use crate::permit::Permit;

/// Headers that carry a credential.
const CREDENTIALS: [&str; 6] =
    ["authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "x-amz-security-token"];

/// A dial as the door sees it, its name resolved.
#[derive(Clone, Debug)]
pub struct OutboundDial<'a> {
    /// Host as asked, and port.
    pub destination: Destination,
    /// All addresses of the answer, in the order in which to try them.
    pub addresses: SmallVec<[IpAddr; 4]>,
    /// Further hosts that it names: SNI, an inner authority that differs.
    pub further_hosts: SmallVec<[Host; 1]>,
    /// How it reached the door.
    pub carrier: Carrier,
    /// Its scheme, where known.
    pub scheme: Option<Scheme>,
    /// The request, where visible.
    pub request: Option<VisibleRequest<'a>>,
    /// How often `Via` names this door.
    pub via: usize,
}

/// The visible request of a dial.
#[derive(Clone, Copy, Debug)]
pub struct VisibleRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Header fields, names in lower case.
    pub fields: &'a [(&'a str, &'a [u8])],
}

/// A judged dial. [`Judged::commit`] records it; dropped, it is forgotten.
#[derive(Debug)]
pub struct Judged {
    gate: Arc<Gate>,
    at: Micros,
    dialled: Dialled,
    /// Target of the request, where it can be seen.
    target: Option<Box<str>>,
    policy_version: u64,
    is_off: bool,
}

/// A dial that is refused: the app is told the reference and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialDenied {
    /// The dial's reference.
    pub reference: Reference,
}

impl Gate {
    /// Judges a dial. Nothing is recorded until [`Judged::commit`].
    pub fn judge(self: &Arc<Self>, asked: OutboundDial<'_>) -> Judged {
        let now = self.clock.now();
        let target = asked.request.map(|request| request.target.into());
        let Destination { port, .. } = asked.destination;
        let is_own_listener = self.settings.listeners.is_closed(&asked.addresses, port);
        let is_inbound_door = self.settings.listeners.is_inbound(&asked.addresses, port);
        let is_loop = asked.via > LOOP_LIMIT;
        // Before the policy, so that no judgement by an old one is taken for one by its successor.
        let policy_version = self.policy_version.load(Ordering::Acquire);
        let policy = self.policy.load();
        let mut dial = self.dial_of(asked);
        let classes = || policy.addresses.classes_of(dial.hosts(), &dial.addresses);
        let is_own_host = policy.is_own_host(classes());
        let by_decree = is_inbound_door.then_some(AddressClass::Loopback);
        dial.class = policy.telling_class(classes().chain(by_decree)).unwrap_or(AddressClass::Public);
        let is_off = self.is_off();
        let verdict = if is_own_listener {
            plain_verdict(Decision::Deny(Rule::OwnListener))
        } else if is_loop {
            plain_verdict(Decision::Deny(Rule::Loop))
        } else if is_off {
            plain_verdict(if is_own_host { Decision::Deny(Rule::RemoteLocality) } else { Decision::Pass })
        } else {
            let learned = self.learned.load();
            let table = self.table.lock();
            decide(&dial, &Circumstances { learned: &learned, inflight: &table.inflight, policy: &policy, now })
        };
        Judged { gate: Arc::clone(self), at: now, dialled: Dialled { dial, verdict }, target, policy_version, is_off }
    }

    /// Reports a dial whose name did not resolve, so that there is nothing to permit.
    pub fn unresolved(
        self: &Arc<Self>,
        destination: Destination,
        carrier: Carrier,
        request: Option<VisibleRequest<'_>>,
        outcome: Outcome,
    ) -> Reference {
        let asked = OutboundDial {
            destination,
            addresses: SmallVec::new(),
            further_hosts: SmallVec::new(),
            carrier,
            scheme: None,
            request,
            via: 0,
        };
        let (record, _) = self.judge(asked).commit();
        let reference = record.reference();
        record.failed(outcome, None);
        reference
    }

    /// The dial that is asked for, its class still to be found.
    fn dial_of(&self, asked: OutboundDial<'_>) -> Dial {
        let key = &self.settings.key;
        let request = asked.request.map(|request| DialRequest {
            method: Method::parse(request.method),
            path: PathDigest::of(request.target, key),
            shown: redact(request.target).into(),
        });
        let fields = asked.request.map_or(&[][..], |request| request.fields);
        let credentials = fields
            .iter()
            .filter(|(name, _)| CREDENTIALS.contains(name))
            .map(|(name, value)| Credential { header: (*name).into(), digest: key.digest(Domain::Credential, value) })
            .collect();
        Dial {
            // The number of the event that will report it, once it is committed.
            dial: Reference::local(0),
            destination: asked.destination,
            addresses: asked.addresses,
            class: AddressClass::Public,
            further_hosts: asked.further_hosts,
            carrier: asked.carrier,
            scheme: asked.scheme,
            request,
            credentials,
        }
    }
}

fn plain_verdict(decision: Decision) -> Verdict {
    Verdict {
        epoch: 0,
        p_ordered: 0.0,
        p_denied: 0.0,
        q: 0.0,
        decision,
        mode: Mode::Observe,
        own_evidence: OwnEvidence::None,
        window: None,
        explanations: SmallVec::new(),
    }
}

impl Judged {
    /// Whether the dial is refused.
    pub fn is_denied(&self) -> bool {
        self.dialled.verdict.decision.is_denied()
    }

    /// The permit alone, for a tunnel whose content is not known yet; `None` where the dial is
    /// refused. Nothing is recorded: that is for [`Judged::commit`] once the tunnel turns out to be
    /// opaque, else for every visible request inside, which is judged for itself.
    pub fn permit(&self) -> Option<Permit> {
        (!self.is_denied()).then(|| Permit::of(&self.dialled.dial, self.policy_version))
    }

    /// Records the dial: enters it into the table and tells the engine.
    pub fn commit(self) -> (DialRecord, Result<Permit, DialDenied>) {
        let Self { gate, at, mut dialled, target, policy_version, is_off } = self;
        let mut watches = SmallVec::new();
        let dialled = if is_off {
            Arc::new(dialled)
        } else {
            gate.count_dial(&dialled);
            let mut table = gate.table.lock();
            let dialled = gate.queue.push(at, Some(&gate.settings.name), |reference| {
                dialled.dial.dial = reference;
                table.inflight.dialled(at, &dialled.dial, &dialled.verdict);
                let dialled = Arc::new(dialled);
                (What::Dialled(Arc::clone(&dialled)), dialled)
            });
            if !dialled.verdict.decision.is_denied() {
                let orders = dialled.verdict.explanations.iter().filter_map(|e| e.source.order());
                watches.extend(orders.filter_map(|order| table.watch(order.request)));
                gate.watched.store(table.watches.len(), Ordering::Release);
            }
            dialled
        };
        let result = match dialled.verdict.decision {
            Decision::Deny(_) => Err(DialDenied { reference: dialled.dial.dial }),
            Decision::Pass | Decision::WouldDeny(_) => Ok(Permit::of(&dialled.dial, policy_version)),
        };
        let record = DialRecord {
            gate,
            at,
            // A denied dial's event says so; there is no progress to report.
            is_over: is_off || result.is_err(),
            dialled,
            target,
            watches,
            outcome: Outcome::Connected,
            address: None,
            status: None,
            took: 0,
        };
        (record, result)
    }
}

impl Gate {
    fn count_dial(&self, dialled: &Dialled) {
        let counters = &self.counters;
        match dialled.dial.carrier {
            Carrier::Absolute | Carrier::TunnelHttp => counters.dials_visible.increment(),
            Carrier::TunnelTls => counters.dials_tls.increment(),
            Carrier::TunnelOpaque => counters.dials_opaque.increment(),
        }
        if dialled.verdict.p_ordered >= 0.5 {
            counters.dials_ordered.increment();
        }
        match dialled.verdict.decision {
            Decision::Pass => {}
            Decision::WouldDeny(_) => counters.dials_would_deny.increment(),
            Decision::Deny(_) => counters.dials_denied.increment(),
        }
    }
}

#[cfg(test)]
mod tests;
