//! What operators ask of the running program.

mod counts;
mod known;
mod modes;
mod recent;
mod reload;
mod sinks;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use sortie_model::event::{OperatorAct, What};
use sortie_model::finding::Closed;
use sortie_model::policy::Scope;
use sortie_model::{Destination, Finding, Micros, Mode, Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::framing::FramingCounts;
use sortie_proxy::gate::{EventQueue, Gate};
use sortie_store::folder::Folder;
use sortie_store::index::{Filter, Index, IndexReader};
use tokio::sync::broadcast;

use super::{Gates, Overrides, Told};
use crate::admin::control::{Control, ControlError};
use crate::admin::lookup::{self, LookupError};
use crate::admin::wire::{
    AlertsStatus, Close, ClosedAnswer, EngineStatus, InboundStatus, ModeChange, ModeChanged, OutboundStatus, Reloaded,
    ScopeMode, ServiceStatus, Setting, SinkView, Status, StoreStatus, Struck, Switched, TailLine,
};
use crate::alerts::Alerting;
use crate::config::{Config, LoadError, Target};
use crate::view::explain::Explained;
use crate::view::text::chain;
use counts::{inbound_status, malformed, outbound_status, unfollowed};
pub use recent::{Recent, SAMPLE_MINUTES};
pub use reload::ReloadError;

use modes::{Modes, note_of, review};
use sinks::{proof_of, sink_view};

/// Engine rounds take milliseconds; one that has not ended for so many microseconds hangs.
const HANGS_MICROS: u64 = 5_000_000;

/// The operator's side of the running program.
pub struct Operator {
    /// The configuration in force.
    pub config: Mutex<Arc<Config>>,
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
    /// Who is told of findings, and how that goes.
    pub alerting: Arc<Alerting>,
    /// Changes that survive a restart.
    pub overrides: Mutex<Overrides>,
    /// Where the doors of each service listen: inbound, outbound.
    pub addresses: BTreeMap<ServiceName, [SocketAddr; 2]>,
    /// Messages that the doors found malformed.
    pub framing: BTreeMap<ServiceName, Framing>,
    /// What the doors counted of late.
    pub recent: Mutex<Recent>,
    /// When the process started.
    pub started: (Micros, Instant),
    /// Whether all doors listen.
    pub ready: AtomicBool,
}

/// What the doors of a service count of malformed and unusual messages.
#[derive(Clone, Debug, Default)]
pub struct Framing {
    /// Of the inbound door.
    pub inbound: Arc<FramingCounts>,
    /// Of the outbound door.
    pub outbound: Arc<FramingCounts>,
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

    /// Notes what the doors have counted; to be called every [`SAMPLE_MINUTES`].
    pub fn sample(&self) {
        self.recent.lock().sample(&self.gates);
    }

    /// The configuration in force.
    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.lock())
    }

    fn policy_of(&self, name: &ServiceName, overrides: &Overrides) -> Option<Policy> {
        self.config().services.get(name).map(|service| overrides.apply(name, &service.policy))
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

    /// The scopes of a service that have modes of their own.
    fn scopes_of(&self, name: &ServiceName) -> Vec<ScopeMode> {
        let (config, overrides) = (self.config(), self.overrides.lock());
        let of_service = config.services.get(name);
        of_service.map(|service| Modes::new(name, &service.policy, &overrides).inside(None)).unwrap_or_default()
    }

    /// Asks for a mode of one service; in force when it returns.
    fn set_mode_of(
        &self,
        name: &ServiceName,
        gate: &Gate,
        scope: Option<&Scope>,
        asked: Setting,
    ) -> Option<ModeChange> {
        // Under the lock: a reload that comes meanwhile puts its policies in force after this.
        let mut overrides = self.overrides.lock();
        let config = self.config();
        let configured = &config.services.get(name)?.policy;
        let was = Modes::new(name, configured, &overrides).at(scope);
        let before = overrides.set_mode(name, scope, asked);
        let modes = Modes::new(name, configured, &overrides);
        let now = modes.at(scope);
        gate.set_policy(Arc::new(modes.in_force().clone()));
        let is_change = before != asked || was != now;
        if is_change {
            self.act(name, OperatorAct::Mode { scope: scope.cloned(), mode: now });
        }
        // What was asked for before may have stood under another word.
        let undo = if before == asked { Setting::Own(was) } else { before };
        let learned = gate.learned();
        let doubt = scope.and_then(|scope| known::doubt(&learned, configured, scope));
        let note = doubt.or_else(|| note_of(&learned, modes.in_force(), scope, now));
        Some(ModeChange {
            target: Target { service: Some(name.clone()), scope: scope.cloned() },
            asked,
            was,
            now,
            undo: is_change.then_some(undo),
            apart: modes.inside(scope).into_iter().filter(|at| at.align.is_some()).collect(),
            notes: note.into_iter().collect(),
        })
    }

    fn act(&self, service: &ServiceName, act: OperatorAct) {
        self.queue.push(self.clock.now(), Some(service), |_| (What::Operator(act), ()));
    }

    fn service_status(&self, name: &ServiceName, gate: &Gate) -> ServiceStatus {
        let policy = gate.policy();
        let learned = gate.learned();
        let [inbound, outbound] =
            self.addresses.get(name).map(|both| both.map(|at| at.to_string())).unwrap_or_default();
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
            scopes: self.scopes_of(name),
            inbound: InboundStatus {
                listen: inbound,
                upstream: self
                    .config()
                    .services
                    .get(name)
                    .map(|at| at.inbound.upstream.to_string())
                    .unwrap_or_default(),
                malformed: self.framing.get(name).map(|framing| malformed(&framing.inbound)).unwrap_or_default(),
                ..inbound_status(gate)
            },
            outbound: OutboundStatus {
                listen: outbound,
                malformed: self.framing.get(name).map(|framing| malformed(&framing.outbound)).unwrap_or_default(),
                ..outbound_status(gate)
            },
            recent: self.recent.lock().of(name, gate),
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
        let alerts = self.alerting.health().now();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started.0.rfc3339(),
            uptime_seconds: self.started.1.elapsed().as_secs(),
            ready: self.ready.load(Ordering::Acquire),
            data: self.config().data.display().to_string(),
            engine: EngineStatus {
                trouble: hangs
                    .then(|| "the engine has not answered for 5 s; the doors decide by the last snapshot".to_owned()),
                events: health.events,
                behind: health.behind,
                queued: self.queue.pushed().saturating_sub(self.queue.dropped() + health.events),
                dropped: self.queue.dropped(),
                passed_over: health.passed_over,
            },
            store: StoreStatus {
                troubles: health.troubles.into_iter().map(|(part, why)| (part.as_str().to_owned(), why)).collect(),
                journal_bytes: health.journal_bytes,
                unwritten: health.unwritten,
                lost: health.lost_events,
                unreadable: health.unreadable,
                let_go: health.let_go,
            },
            alerts: AlertsStatus {
                troubles: alerts.troubles,
                waiting: alerts.waiting,
                delivered: alerts.delivered,
                given_up: alerts.given_up,
            },
            services: self.gates.iter().map(|(name, gate)| self.service_status(name, gate)).collect(),
        }
    }

    fn set_mode(&self, target: &Target, asked: Setting) -> Result<ModeChanged, ControlError> {
        let mut changed = ModeChanged { changes: Vec::new(), review: Vec::new(), not_kept: None };
        for (name, gate) in self.meant(target)? {
            changed.changes.extend(self.set_mode_of(name, gate, target.scope.as_ref(), asked));
            if asked == Setting::Own(Mode::Block) {
                changed.review.extend(review(name, &gate.learned()));
            }
        }
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
        for (name, gate) in meant {
            // A reload may have set it back meanwhile.
            gate.set_off(off);
            if off {
                overrides.off.insert(name.clone());
            } else {
                overrides.off.remove(name);
            }
            self.act(name, OperatorAct::Off { off });
        }
        Ok(Switched { services, off, not_kept: None })
    }

    fn keep(&self) -> Result<(), ControlError> {
        // The lock is not held over the disk: the next change must not wait for it.
        let overrides = self.overrides.lock().clone();
        overrides.save(&self.folder.layout().overrides()).map_err(failed)
    }

    fn reload(&self) -> Result<Reloaded, ControlError> {
        Self::reload(self).map_err(|error| {
            let check = match &error {
                ReloadError::Load(LoadError::Invalid(report)) => {
                    format!("; `sortie check {}` shows why", report.name)
                }
                _ => String::new(),
            };
            ControlError::Invalid(format!("{}; what is in force stays{check}", chain(&error)))
        })
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
        lookup::explain(self.folder.layout(), reference).map_err(|error| match error {
            LookupError::Store(error) => failed(error),
            LookupError::Unknown(_) | LookupError::Elsewhere(..) => ControlError::NotFound(error.to_string()),
            LookupError::Reference(_) | LookupError::Ambiguous { .. } | LookupError::Bare(_) => {
                ControlError::Invalid(error.to_string())
            }
        })
    }

    fn close(&self, close: &Close) -> Result<ClosedAnswer, ControlError> {
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
        let before = finding.closed.clone();
        Ok(ClosedAnswer { finding: Finding { closed: Some(closed), ..*finding }, before })
    }
}

impl Operator {
    fn reader(&self) -> Result<IndexReader, ControlError> {
        IndexReader::open(self.folder.layout()).map_err(failed)
    }
}

fn failed(error: impl std::error::Error + 'static) -> ControlError {
    ControlError::Failed(chain(&error))
}

/// The policies that the configuration and the operator's changes make, by service.
pub fn policies_of(config: &Config, overrides: &Overrides) -> BTreeMap<ServiceName, Arc<Policy>> {
    let apply = |(name, service): (&ServiceName, &crate::config::checked::Service)| {
        (name.clone(), Arc::new(overrides.apply(name, &service.policy)))
    };
    config.services.iter().map(apply).collect()
}
