//! The only place that knows everybody: from a checked configuration to running doors.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sortie_model::{Key, Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::framing::FramingCounts;
use sortie_proxy::gate::{EventQueue, Gate, GateSettings, OwnListeners};
use sortie_proxy::inbound::{self, InboundConfig, Upstream};
use sortie_proxy::outbound::{self, OutboundConfig, ProxyCredentials};
use sortie_proxy::resolve::Resolver;
use sortie_proxy::timeouts::Timeouts;
use sortie_proxy::workers::{WorkerThreads, Workers};
use sortie_store::folder::{Folder, FolderError};
use sortie_store::index::Retention;
use sortie_store::journal::Settings;
use sortie_store::key::{self, KeyError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, timeout};

use crate::admin::control::Control;
use crate::admin::{self, Server, ServerError};
use crate::alerts::{Alerting, Courier};
use crate::config::Config;
use crate::config::checked::Service;
use crate::runtime::{
    Framing, Gates, Operator, Overrides, OverridesError, Parts, QUEUE, RecoverError, Recovered, Runtime,
    SAMPLE_MINUTES, Told, policies_of, recover,
};
use crate::{remedy, secret};

/// How often the gates let go of what explains nothing any more.
const GATE_TICK: Duration = Duration::from_millis(50);

/// How long the doors stay shut for what the journal holds behind the newest checkpoint.
const CATCH_UP: Duration = Duration::from_secs(5);

/// The program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store cannot be gone on from.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The operator's changes do not read.
    #[error(transparent)]
    Overrides(#[from] OverridesError),
    /// The admin side cannot be listened on.
    #[error(transparent)]
    Admin(#[from] ServerError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address} for {what}: {}", remedy::listening(source))]
    Listen {
        /// What for.
        what: String,
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A password file cannot be read.
    #[error(
        "cannot take the password of the outbound door's user '{user}' from '{}': {source}; \
         make the file, with the password as its first line, readable for this user alone", path.display()
    )]
    Password {
        /// The user.
        user: String,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A thread cannot be started.
    #[error("cannot start the thread of {what}")]
    Thread {
        /// Whose.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A running program.
pub struct Running {
    operator: Arc<Operator>,
    runtime: Runtime,
    courier: Courier,
    workers: WorkerThreads,
    admin: admin::Running,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
}

impl Running {
    /// What operators ask.
    pub fn operator(&self) -> &Arc<Operator> {
        &self.operator
    }

    /// Returns when the engine's thread is no more, by a fault of the program. Then nothing is learned
    /// and nothing kept: the process is to end, so that its supervisor starts it anew.
    pub async fn engine_failed(&self) {
        self.runtime.failed().await;
    }

    /// Stops accepting, lets exchanges in progress end within the drain time, and keeps everything.
    pub async fn stop(mut self) {
        self.operator.ready.store(false, Ordering::Release);
        let _ = self.stop.send(true); // nobody listens where no door is left
        while self.doors.join_next().await.is_some() {}
        let (workers, runtime, courier, admin) = (self.workers, self.runtime, self.courier, self.admin);
        // Joining threads blocks: not on a thread that serves.
        let stop = move || {
            workers.stop();
            runtime.stop();
            courier.stop();
            // Operators are answered to the last.
            drop(admin);
        };
        let _ = tokio::task::spawn_blocking(stop).await;
    }
}

/// Starts everything; the doors and the admin side listen when this returns. `resolver` is the system's, but for the
/// demo and tests.
pub async fn start(config: Config, resolver: Resolver) -> Result<Running, StartError> {
    let folder = Arc::new(Folder::open(&config.data)?);
    let key = key::load_or_make(&folder)?;
    let overrides = Overrides::load(&folder.layout().overrides())?;
    let policies = policies_of(&config, &overrides);
    // Before anything is read: a port that is taken is told at once, and clients wait instead of
    // being refused.
    let mut outbound_configs = outbound_configs(&config)?;
    let listeners = bind(&config).await?;
    let addresses = addresses(&listeners);
    let recovered = recover(&folder, journal_settings(&config))?;
    let admin = Server::bind(&config.admin, &config.data)?;
    let clock = Clock::start_after(recovered.last_at);
    let started = (clock.now(), Instant::now());
    let (queue, events) = EventQueue::new(recovered.next, QUEUE);
    let gates = gates(&config, &own_listeners(&addresses, admin.address()), &key, clock, &queue, &policies);
    let config = Arc::new(config);

    let told = Arc::new(Told::default());
    let alerting = Arc::new(Alerting::new(&config.alerts));
    let operator = Arc::new(Operator {
        config: Mutex::new(Arc::clone(&config)),
        folder: Arc::clone(&folder),
        gates: gates.clone(),
        queue: queue.clone(),
        clock,
        told: Arc::clone(&told),
        alerting: Arc::clone(&alerting),
        overrides: Mutex::new(overrides),
        framing: config.services.keys().map(|name| (name.clone(), Framing::default())).collect(),
        addresses,
        recent: Mutex::default(),
        started,
        ready: AtomicBool::new(false),
    });
    operator.enforce();
    let Recovered { mut state, journal, index, checkpoints, .. } = recovered;
    state.name_by(&key);
    let runtime = Runtime::start(Parts {
        state,
        journal,
        index,
        checkpoints,
        layout: folder.layout().clone(),
        retention: Retention { keep_micros: config.retention.findings.as_micros() as u64, ..Retention::default() },
        events,
        queue,
        clock,
        gates: gates.clone(),
        told: Arc::clone(&told),
        alerting: Arc::clone(&alerting),
    })
    .map_err(thread("the engine"))?;
    if timeout(CATCH_UP, runtime.caught_up()).await.is_err() {
        tracing::warn!("much of the journal is to be read: the doors open now and decide by what is known so far");
    }

    let workers = WorkerThreads::start(worker_threads()).map_err(thread("the doors"))?;
    let (stop, stopped) = watch::channel(false);
    let mut doors = JoinSet::new();
    doors.spawn(sample(Arc::clone(&operator), stopped.clone()));
    let resolver = Arc::new(resolver);
    for (name, (inbound, outbound)) in listeners {
        let (Some(service), Some(gate)) = (config.services.get(&name), gates.get(&name)) else { continue };
        let timeouts = timeouts(&config);
        doors.spawn(tick(Arc::clone(gate), stopped.clone()));
        let framing = operator.framing.get(&name).cloned().unwrap_or_default();
        let served = |framing| Served {
            gate: Arc::clone(gate),
            framing,
            workers: workers.workers().clone(),
            stopped: stopped.clone(),
        };
        spawn_inbound(&mut doors, inbound, service, timeouts, served(framing.inbound));
        let Some(settings) = outbound_configs.remove(&name) else { continue };
        spawn_outbound(&mut doors, outbound, settings, Arc::clone(&resolver), served(framing.outbound));
    }
    let courier = Courier::start(folder, alerting, clock).map_err(thread("the alerts"))?;
    operator.ready.store(true, Ordering::Release);
    let admin = admin.start(Arc::clone(&operator) as Arc<dyn Control>).map_err(thread("the admin side"))?;
    Ok(Running { operator, runtime, courier, workers, admin, stop, doors })
}

fn thread(what: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::Thread { what, source }
}

/// A thread for each core that this process may use.
fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

type Listeners = BTreeMap<ServiceName, (TcpListener, TcpListener)>;

/// Listens on every address before anything else starts: one that is taken is an error, not half a
/// program.
async fn bind(config: &Config) -> Result<Listeners, StartError> {
    let mut listeners = Listeners::new();
    for (name, service) in &config.services {
        let inbound = listen(service.inbound.listen, format!("the inbound door of {name}")).await?;
        let outbound = listen(service.outbound.listen, format!("the outbound door of {name}")).await?;
        listeners.insert(name.clone(), (inbound, outbound));
    }
    Ok(listeners)
}

/// Where the doors of each service really listen: port 0 was chosen by the system.
fn addresses(listeners: &Listeners) -> BTreeMap<ServiceName, [SocketAddr; 2]> {
    let bound = |(name, (inbound, outbound)): (&ServiceName, &(TcpListener, TcpListener))| {
        Some((name.clone(), [inbound.local_addr().ok()?, outbound.local_addr().ok()?]))
    };
    listeners.iter().filter_map(bound).collect()
}

async fn listen(address: SocketAddr, what: String) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { what, address, source })
}

/// What no dial may reach, and what counts as this host's own, at the addresses that were bound.
fn own_listeners(doors: &BTreeMap<ServiceName, [SocketAddr; 2]>, admin: Option<SocketAddr>) -> OwnListeners {
    let mut listeners = OwnListeners { closed: Vec::from_iter(admin), inbound: Vec::new() };
    for &[inbound, outbound] in doors.values() {
        listeners.inbound.push(inbound);
        listeners.closed.push(outbound);
    }
    listeners
}

fn gates(
    config: &Config,
    listeners: &OwnListeners,
    key: &Key,
    clock: Clock,
    queue: &EventQueue,
    policies: &BTreeMap<ServiceName, Arc<Policy>>,
) -> Gates {
    let gate = |(name, service): (&ServiceName, &Service)| {
        let settings = GateSettings {
            inspect_bytes: config.inspect.request_bytes,
            response_bytes: config.inspect.response_bytes,
            inspect_endpoints: config
                .inspect
                .endpoints
                .iter()
                .filter(|(of, _, _)| of == name)
                .map(|(_, scope, bytes)| (scope.clone(), *bytes))
                .collect(),
            hosts: service.inbound.hosts.clone(),
            listeners: listeners.clone(),
            ..GateSettings::new(name.clone(), key.clone())
        };
        let policy = policies.get(name).cloned().unwrap_or_default();
        (name.clone(), Gate::new(settings, clock, queue.clone(), policy))
    };
    config.services.iter().map(gate).collect()
}

/// Keeps a gate's table from filling, whatever the engine and the store are doing.
async fn tick(gate: Arc<Gate>, mut stopped: watch::Receiver<bool>) {
    let mut clock = tokio::time::interval(GATE_TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = clock.tick() => gate.tick(),
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// Notes what the doors count, so that their silence is heard whatever passed long ago.
async fn sample(operator: Arc<Operator>, mut stopped: watch::Receiver<bool>) {
    let mut clock = tokio::time::interval(Duration::from_mins(SAMPLE_MINUTES));
    loop {
        tokio::select! {
            _ = clock.tick() => operator.sample(),
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// What a door is given beside its settings.
struct Served {
    gate: Arc<Gate>,
    framing: Arc<FramingCounts>,
    workers: Workers,
    stopped: watch::Receiver<bool>,
}

fn spawn_inbound(
    doors: &mut JoinSet<()>,
    listener: TcpListener,
    service: &Service,
    timeouts: Timeouts,
    served: Served,
) {
    let config = InboundConfig {
        upstream: Upstream { host: service.inbound.upstream.0.host.to_string(), port: service.inbound.upstream.0.port },
        trusted_proxies: service.inbound.trusted_proxies.clone(),
        max_connections: service.inbound.max_connections,
        timeouts,
    };
    let Served { gate, framing, workers, mut stopped } = served;
    doors.spawn(async move {
        let service = gate.name().clone();
        let shutdown = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = inbound::serve(listener, config, gate, framing, &workers, shutdown).await {
            tracing::error!(%service, "the inbound door does not serve: {error}");
        }
    });
}

fn spawn_outbound(
    doors: &mut JoinSet<()>,
    listener: TcpListener,
    config: OutboundConfig,
    resolver: Arc<Resolver>,
    served: Served,
) {
    let Served { gate, framing, workers, mut stopped } = served;
    doors.spawn(async move {
        let service = gate.name().clone();
        let shutdown = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = outbound::serve(listener, config, gate, resolver, framing, &workers, shutdown).await {
            tracing::error!(%service, "the outbound door does not serve: {error}");
        }
    });
}

fn outbound_configs(config: &Config) -> Result<BTreeMap<ServiceName, OutboundConfig>, StartError> {
    let made =
        |(name, service): (&ServiceName, &Service)| Ok((name.clone(), outbound_config(service, timeouts(config))?));
    config.services.iter().map(made).collect()
}

fn outbound_config(service: &Service, timeouts: Timeouts) -> Result<OutboundConfig, StartError> {
    let guard = &service.outbound.guard;
    let credentials = guard
        .credentials
        .as_ref()
        .map(|given| {
            let password = secret::first_line(&given.password_file).map_err(|source| StartError::Password {
                user: given.user.clone(),
                path: given.password_file.clone(),
                source,
            })?;
            Ok::<_, StartError>(ProxyCredentials { user: given.user.clone(), password })
        })
        .transpose()?;
    Ok(OutboundConfig {
        sources: guard.sources.clone(),
        credentials,
        timeouts,
        max_connections: service.outbound.max_connections,
    })
}

fn timeouts(config: &Config) -> Timeouts {
    let given = config.timeouts;
    Timeouts {
        head: given.head,
        body_idle: given.body,
        keep_alive: given.idle,
        connect: given.connect,
        answer_head: given.answer,
        answer_idle: given.answer,
        upgrade_idle: given.tunnel,
        ..Timeouts::default()
    }
}

fn journal_settings(config: &Config) -> Settings {
    Settings {
        keep_bytes: config.retention.events_bytes,
        keep_micros: config.retention.events.as_micros() as u64,
        ..Settings::default()
    }
}
