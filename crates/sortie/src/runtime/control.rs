//! What operators ask of the running program.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use sortie_engine::learned::{Learned, Missing, Proof, Sink, SinkKey};
use sortie_model::candidate::Manner;
use sortie_model::event::{OperatorAct, What};
use sortie_model::finding::Closed;
use sortie_model::policy::Scope;
use sortie_model::{
    Destination, Endpoint, Finding, Method, Micros, Mode, Nature, Place, Policy, Reference, ServiceName,
};
use sortie_proxy::clock::Clock;
use sortie_proxy::gate::{EventQueue, Gate};
use sortie_store::folder::Folder;
use sortie_store::index::{Filter, Index, IndexReader, Lookup};
use sortie_store::journal::Reader;
use tokio::sync::broadcast;

use super::{Gates, Override, Overrides, Told};
use crate::admin::control::{Control, ControlError};
use crate::admin::wire::{
    AlertsStatus, Close, EngineStatus, HiddenAt, InboundStatus, ModeChange, ModeChanged, OutboundStatus, ProvenBy,
    ReviewRow, ScopeMode, ServiceStatus, SinkView, Status, StoreStatus, Struck, Switched, TailLine, Unfollowed,
};
use crate::alerts::AlertsHealth;
use crate::config::{Config, Target};
use crate::view::explain::{Explained, ends};

/// Events after a request or dial that are read to tell its story.
const STORY_EVENTS: usize = 50_000;
/// Places or destinations that a status lists.
const LISTED: usize = 5;
/// Offers after which it is worth a line that none was obeyed.
const UNFOLLOWED: u64 = 3;
/// Engine rounds take 50 ms; one that has not ended for so long hangs.
const HANGS_MICROS: u64 = 5_000_000;

/// The operator's side of the running program.
pub struct Operator {
    /// The configuration as it was read.
    pub config: Arc<Config>,
    /// The data folder.
    pub folder: Arc<Folder>,
    /// The gates.
    pub gates: Gates,
    /// The queue of events, for what the operator does.
    pub queue: EventQueue,
    /// The clock of the events.
    pub clock: Clock,
    /// What the engine's thread tells.
    pub told: Arc<Told>,
    /// How deliveries go.
    pub alerts: Arc<AlertsHealth>,
    /// Changes that survive a restart.
    pub overrides: Mutex<Overrides>,
    /// When the process started.
    pub started: (Micros, Instant),
    /// Whether all doors listen.
    pub ready: AtomicBool,
}

impl Operator {
    /// Puts the configured policies with the operator's changes in force.
    pub fn enforce(&self) {
        let overrides = self.overrides.lock();
        for (name, gate) in &self.gates {
            if let Some(policy) = self.policy_of(name, &overrides) {
                gate.set_policy(Arc::new(policy));
            }
            gate.set_off(overrides.off.contains(name));
        }
    }

    fn policy_of(&self, name: &ServiceName, overrides: &Overrides) -> Option<Policy> {
        self.config.services.get(name).map(|service| overrides.apply(name, &service.policy))
    }

    /// The services that a target means.
    fn meant<'a>(&'a self, target: &Target) -> Result<Vec<(&'a ServiceName, &'a Arc<Gate>)>, ControlError> {
        match &target.service {
            None => Ok(self.gates.iter().collect()),
            Some(name) => self.gates.get_key_value(name).map(|found| vec![found]).ok_or_else(|| {
                let known: Vec<String> = self.gates.keys().map(ToString::to_string).collect();
                ControlError::NotFound(format!("there is no service '{name}'; there is: {}", known.join(", ")))
            }),
        }
    }

    fn save(&self, overrides: &Overrides) {
        // What was asked is in force already; that it would not survive a restart is worth a warning.
        if let Err(error) = overrides.save(&self.folder.layout().overrides()) {
            tracing::warn!("the change holds until the next restart only: {error}");
        }
    }

    fn act(&self, service: &ServiceName, act: OperatorAct) {
        self.queue.push(self.clock.now(), Some(service), |_| (What::Operator(act), ()));
    }

    fn service_status(&self, name: &ServiceName, gate: &Gate) -> ServiceStatus {
        let policy = gate.policy();
        let learned = gate.learned();
        let configured = self.config.services.get(name);
        let proven = learned.sinks.iter().filter(|(key, sink)| proof_of(key, sink, &policy).is_some()).count();
        let learning = learned
            .sinks
            .iter()
            .filter(|(key, sink)| sink.obeyed > 0 && proof_of(key, sink, &policy).is_none())
            .count();
        ServiceStatus {
            name: name.to_string(),
            mode: policy.mode,
            off: gate.is_off(),
            scopes: policy
                .scopes
                .iter()
                .map(|(scope, mode)| ScopeMode { at: scope.to_string(), mode: *mode })
                .collect(),
            inbound: inbound_status(gate, configured.map(|s| s.inbound.listen.to_string()).unwrap_or_default()),
            outbound: outbound_status(gate, configured.map(|s| s.outbound.listen.to_string()).unwrap_or_default()),
            sinks_proven: proven as u64,
            sinks_learning: learning as u64,
            unfollowed: unfollowed(&learned),
        }
    }
}

impl Control for Operator {
    fn status(&self) -> Status {
        let health = self.told.health();
        let now = self.clock.now();
        let hangs = health.last_round != Micros(0) && now > health.last_round.plus(HANGS_MICROS);
        let (alert_trouble, delivered, waiting) = self.alerts.now();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started.0.rfc3339(),
            uptime_seconds: self.started.1.elapsed().as_secs(),
            ready: self.ready.load(Ordering::Acquire),
            data: self.config.data.display().to_string(),
            engine: EngineStatus {
                trouble: hangs
                    .then(|| "the engine has not answered for 5 s; the doors decide by the last snapshot".to_owned()),
                events: health.events,
                queued: self.queue.pushed().saturating_sub(self.queue.dropped() + health.events),
                dropped: self.queue.dropped(),
            },
            store: StoreStatus {
                trouble: health.trouble,
                journal_bytes: health.journal_bytes,
                unwritten: health.unwritten,
                lost: health.lost_events,
            },
            alerts: AlertsStatus { trouble: alert_trouble, waiting, delivered },
            services: self.gates.iter().map(|(name, gate)| self.service_status(name, gate)).collect(),
        }
    }

    fn set_mode(&self, target: &Target, mode: Mode) -> Result<ModeChanged, ControlError> {
        let meant = self.meant(target)?;
        let mut overrides = self.overrides.lock();
        let mut changed = ModeChanged { changes: Vec::new(), review: Vec::new() };
        for (name, gate) in meant {
            let before = gate.policy();
            overrides.set_mode(Override { service: name.clone(), scope: target.scope.clone(), mode });
            if let Some(policy) = self.policy_of(name, &overrides) {
                gate.set_policy(Arc::new(policy));
            }
            self.act(name, OperatorAct::Mode { scope: target.scope.clone(), mode });
            let learned = gate.learned();
            changed.changes.push(ModeChange {
                target: Target { service: Some(name.clone()), scope: target.scope.clone() },
                was: Some(mode_before(&before, target.scope.as_ref())),
                now: mode,
                note: note_of(&learned, &before, target.scope.as_ref(), mode),
            });
            if mode == Mode::Block {
                changed.review.extend(review(name, &learned));
            }
        }
        self.save(&overrides);
        Ok(changed)
    }

    fn switch(&self, target: &Target, off: bool) -> Result<Switched, ControlError> {
        if target.scope.is_some() {
            return Err(ControlError::Invalid(
                "only whole services are switched off; for an endpoint or a place use 'sortie mode observe'".to_owned(),
            ));
        }
        let meant = self.meant(target)?;
        // The switch itself comes before anything that could wait.
        for (_, gate) in &meant {
            gate.set_off(off);
        }
        let services: Vec<String> = meant.iter().map(|(name, _)| name.to_string()).collect();
        let mut overrides = self.overrides.lock();
        for (name, _) in meant {
            if off {
                overrides.off.insert(name.clone());
            } else {
                overrides.off.remove(name);
            }
            self.act(name, OperatorAct::Off { off });
        }
        self.save(&overrides);
        Ok(Switched { services, off })
    }

    fn strike(&self, target: &Target, destination: &Destination) -> Result<Struck, ControlError> {
        let is_own = |gate: &Gate| gate.learned().destinations.contains_key(destination);
        let meant = self.meant(target)?;
        let struck: Vec<&ServiceName> = meant.iter().filter(|(_, gate)| is_own(gate)).map(|&(name, _)| name).collect();
        if struck.is_empty() {
            return Err(ControlError::NotFound(format!("nobody is known to have dialled {destination}")));
        }
        for name in &struck {
            self.act(name, OperatorAct::Strike { destination: destination.clone() });
        }
        Ok(Struck { services: struck.into_iter().map(ToString::to_string).collect() })
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<TailLine>> {
        self.told.subscribe()
    }

    fn sinks(&self) -> Vec<SinkView> {
        let views = self.gates.iter().flat_map(|(name, gate)| {
            let (learned, policy) = (gate.learned(), gate.policy());
            let views: Vec<SinkView> = learned
                .sinks
                .iter()
                .filter(|(key, sink)| sink.obeyed > 0 || proof_of(key, sink, &policy).is_some())
                .map(|(key, sink)| sink_view(name, key, sink, &policy))
                .collect();
            views
        });
        views.collect()
    }

    fn findings(&self, limit: u32) -> Result<Vec<Finding>, ControlError> {
        let filter = Filter { open_only: true, limit, ..Filter::default() };
        self.reader()?.findings(&filter).map_err(failed)
    }

    fn explain(&self, reference: &str) -> Result<Explained, ControlError> {
        let not_found = || ControlError::NotFound(format!("nothing is known of '{reference}'"));
        if !reference.to_ascii_uppercase().starts_with("F-")
            && let Ok(parsed) = reference.parse::<Reference>()
        {
            let mut journal = Reader::new(self.folder.layout());
            let first = journal.find(parsed.number).map_err(failed)?.ok_or_else(not_found)?;
            let later = journal.events_from(parsed.number + 1).map_err(failed)?.map_while(Result::ok);
            let mut is_over = false;
            let later = later.take(STORY_EVENTS).take_while(move |event| {
                let goes_on = !is_over;
                is_over = ends(parsed, event);
                goes_on
            });
            return Explained::from_events(parsed, &first, later).ok_or_else(not_found);
        }
        match self.reader()?.lookup(reference).map_err(failed)? {
            Lookup::Found(finding) => Ok(Explained::Finding(finding)),
            Lookup::Ambiguous(names) => {
                Err(ControlError::Invalid(format!("'{reference}' may be any of {}", names.join(", "))))
            }
            Lookup::NotFound => Err(not_found()),
        }
    }

    fn close(&self, close: &Close) -> Result<Finding, ControlError> {
        let Explained::Finding(finding) = self.explain(&close.finding)? else {
            return Err(ControlError::Invalid(format!("'{}' is no finding", close.finding)));
        };
        let closed = Closed {
            resolution: close.resolution,
            reason: close.reason.clone(),
            at: self.clock.now(),
            rung: finding.rung,
        };
        let mut index = Index::open(&self.folder).map_err(failed)?;
        let mut batch = index.begin().map_err(failed)?;
        batch.close(&finding.id, &closed).map_err(failed)?;
        batch.commit().map_err(failed)?;
        let act = OperatorAct::Close {
            finding: finding.id.clone(),
            resolution: close.resolution,
            reason: close.reason.clone(),
        };
        self.act(&finding.service, act);
        Ok(Finding { closed: Some(closed), ..*finding })
    }
}

impl Operator {
    fn reader(&self) -> Result<IndexReader, ControlError> {
        IndexReader::open(self.folder.layout()).map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> ControlError {
    ControlError::Failed(error.to_string())
}

fn inbound_status(gate: &Gate, listen: String) -> InboundStatus {
    let counters = gate.counters();
    InboundStatus {
        listen,
        connections: 0,
        requests: counters.requests.get(),
        in_flight: gate.sizes().0 as u64,
        carrying: counters.requests_with_candidates.get(),
        candidates: counters.candidates.get(),
        refused: counters.requests_refused.get(),
        would_refuse: counters.requests_would_refuse.get(),
        cut: counters.wildcards.get(),
        bytes: counters.bytes.get(),
        bytes_not_inspected: counters.bytes_uninspected.get(),
    }
}

fn outbound_status(gate: &Gate, listen: String) -> OutboundStatus {
    let counters = gate.counters();
    let (visible, tls, opaque) = (counters.dials_visible.get(), counters.dials_tls.get(), counters.dials_opaque.get());
    OutboundStatus {
        listen,
        locality: gate.policy().locality,
        connections: 0,
        dials: visible + tls + opaque,
        ordered: counters.dials_ordered.get(),
        denied: counters.dials_denied.get(),
        would_deny: counters.dials_would_deny.get(),
        failed: counters.dials_failed.get(),
        visible,
        tls,
        opaque,
        hidden: hidden(&gate.learned()),
    }
}

/// Where TLS hides most orders.
fn hidden(learned: &Learned) -> Vec<HiddenAt> {
    let mut hidden: Vec<HiddenAt> = learned
        .destinations
        .iter()
        .filter(|(_, stats)| stats.tls_orders > 0)
        .map(|(destination, stats)| HiddenAt { destination: destination.to_string(), dials: stats.tls_orders })
        .collect();
    hidden.sort_by(|a, b| b.dials.cmp(&a.dials));
    hidden.truncate(LISTED);
    hidden
}

/// Places that are named like destinations and were never obeyed: no sinks, or sinks whose dials go
/// around the door.
fn unfollowed(learned: &Learned) -> Vec<Unfollowed> {
    let mut places: BTreeMap<&Place, (u64, u64)> = BTreeMap::new();
    for (key, sink) in learned.sinks.iter().filter(|(_, sink)| sink.nature == Nature::Named) {
        let (offers, obeyed) = places.entry(&key.place).or_default();
        *offers += sink.offers;
        *obeyed += sink.obeyed;
    }
    let mut unfollowed: Vec<Unfollowed> = places
        .into_iter()
        .filter(|&(_, (offers, obeyed))| obeyed == 0 && offers >= UNFOLLOWED)
        .map(|(place, (offers, _))| Unfollowed { at: scope_of(place).to_string(), offers })
        .collect();
    unfollowed.sort_by(|a, b| b.offers.cmp(&a.offers));
    unfollowed.truncate(LISTED);
    unfollowed
}

/// A place as a scope.
fn scope_of(place: &Place) -> Scope {
    Scope { method: None, template: Arc::clone(&place.template), parameter: Some(Arc::clone(&place.parameter)) }
}

/// Who proved a sink; `None` while it is not proven.
fn proof_of(key: &SinkKey, sink: &Sink, policy: &Policy) -> Option<ProvenBy> {
    let is_by_operator = policy
        .proven
        .iter()
        .any(|scope| scope.template == key.place.template && scope.parameter.as_ref() == Some(&key.place.parameter));
    match sink.proof {
        _ if is_by_operator => Some(ProvenBy::Operator),
        Some(Proof::Destinations) => Some(ProvenBy::Traffic),
        Some(Proof::Narrow) => Some(ProvenBy::Narrow),
        None => None,
    }
}

fn sink_view(service: &ServiceName, key: &SinkKey, sink: &Sink, policy: &Policy) -> SinkView {
    let proven = proof_of(key, sink, policy);
    let lacks = match sink.missing() {
        Some(Missing::Destinations { have, need }) => vec![format!("{have} of {need} destinations")],
        Some(Missing::HonourRate(rho)) => vec![format!("it obeys too rarely: {rho:.2} of 0.20")],
        Some(Missing::Operator) => vec!["only the operator proves such a place".to_owned()],
        None => Vec::new(),
    };
    SinkView {
        service: service.to_string(),
        at: scope_of(&key.place).to_string(),
        manner: manner_words(key.manner),
        proven,
        lacks: if proven.is_some() { Vec::new() } else { lacks },
        rho: sink.rho(),
        obeyed: sink.obeyed,
        offers: sink.offers.max(sink.obeyed),
        destinations: sink.destinations().len() as u64,
        actors: u64::from(sink.actor_count),
        mode: mode_at_place(policy, &key.place),
    }
}

fn manner_words(manner: Manner) -> String {
    let decodings: Vec<&str> = manner.decodings.iter().map(sortie_model::Decoding::as_str).collect();
    if decodings.is_empty() {
        manner.kind.as_str().to_owned()
    } else {
        format!("{} ({})", manner.kind.as_str(), decodings.join(", "))
    }
}

/// The mode at a place whatever the method: scopes of places ignore it.
fn mode_at_place(policy: &Policy, place: &Place) -> Mode {
    let endpoint = Endpoint { method: Method::Post, host: None, template: Arc::clone(&place.template) };
    policy.mode_at(&endpoint, Some(place))
}

/// The mode that was in force at a scope, by whatever scope covers it.
fn mode_before(policy: &Policy, scope: Option<&Scope>) -> Mode {
    let Some(scope) = scope else { return policy.mode };
    let method = scope.method.clone().unwrap_or(Method::Post);
    let endpoint = Endpoint { method, host: None, template: Arc::clone(&scope.template) };
    let place = scope.parameter.as_ref().map(|parameter| Place::new(&scope.template, Arc::clone(parameter)));
    policy.mode_at(&endpoint, place.as_ref())
}

/// What the operator should know of a switch to `block`.
fn note_of(learned: &Learned, policy: &Policy, scope: Option<&Scope>, mode: Mode) -> Option<String> {
    if mode != Mode::Block {
        return None;
    }
    let is_meant = |key: &SinkKey| {
        scope.is_none_or(|scope| {
            scope.template == key.place.template
                && scope.parameter.as_ref().is_none_or(|parameter| *parameter == key.place.parameter)
        })
    };
    let is_proven = learned.sinks.iter().any(|(key, sink)| is_meant(key) && proof_of(key, sink, policy).is_some());
    (!is_proven).then(|| {
        "no sink is proven there yet: only exact orders at new endpoints are stopped (cold_start); see 'sortie sinks'".to_owned()
    })
}

/// Private destinations that became the service's own while an order could hide.
fn review(service: &ServiceName, learned: &Learned) -> Vec<ReviewRow> {
    learned
        .destinations
        .iter()
        .filter(|(_, stats)| {
            stats.own_evidence && stats.provisional && stats.class != sortie_model::AddressClass::Public
        })
        .map(|(destination, stats)| ReviewRow {
            service: service.to_string(),
            destination: destination.to_string(),
            class: stats.class,
            first_seen: stats.first.rfc3339(),
            dials: stats.own.round() as u64,
        })
        .collect()
}

/// The policies that the configuration and the operator's changes make, by service.
pub fn policies_of(config: &Config, overrides: &Overrides) -> BTreeMap<ServiceName, Arc<Policy>> {
    let apply = |(name, service): (&ServiceName, &crate::config::checked::Service)| {
        (name.clone(), Arc::new(overrides.apply(name, &service.policy)))
    };
    config.services.iter().map(apply).collect()
}
