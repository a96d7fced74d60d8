//! The outbound door: a forward proxy that judges every dial.
//!
//! A request's way: [`door`] tells apart what is asked; [`absolute`] and [`connect`] resolve and
//! judge it; [`exchange`] sends what is visible over a connection of a [`lane`]; [`tunnel`] finds
//! out what a tunnel holds, and [`tunnel_http`] serves the requests that it finds there.

mod absolute;
mod access;
mod answer;
mod asked;
mod connect;
mod door;
mod exchange;
mod failure;
mod lane;
mod request_body;
mod rewound;
mod sniff;
mod tunnel;
mod tunnel_http;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use access::{OpenListenerError, ProxyCredentials};

use crate::framing::{FramingCounts, Guarded, Role};
use crate::gate::Gate;
use crate::patience::Patience;
use crate::resolve::Resolver;
use crate::shutdown::{self, Stopped};
use crate::timeouts::Timeouts;
use crate::workers::Workers;
use access::Access;
use door::{AppStream, Connection, Door, Exits, server};

/// How often idle connections to destinations are looked through.
const SWEEP: Duration = Duration::from_secs(1);
/// How long accepting pauses after it failed, for want of file descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The settings of one outbound listener. Where it stands (`locality`) is the policy's business.
#[derive(Clone, Debug)]
pub struct OutboundConfig {
    /// Who may connect; empty means everybody who can reach the listener.
    pub sources: Vec<IpNet>,
    /// What apps must say.
    pub credentials: Option<ProxyCredentials>,
    /// How long each phase may last.
    pub timeouts: Timeouts,
    /// Connections of apps that are served at once; more wait.
    pub max_connections: usize,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self { sources: Vec::new(), credentials: None, timeouts: Timeouts::default(), max_connections: 10_000 }
    }
}

/// The listener cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It would be open to everybody.
    #[error(transparent)]
    Open(#[from] OpenListenerError),
    /// It has no address.
    #[error("the outbound listener has no address")]
    Address(#[source] io::Error),
}

/// Serves a listener until `shutdown` completes, its connections by `workers`. Then nothing new is accepted, exchanges and tunnels
/// in progress may end within `timeouts.drain`, and what is left is cut off.
///
/// # Errors
/// The listener is refused before anything is served, see [`ServeError`].
pub async fn serve(
    listener: TcpListener,
    config: OutboundConfig,
    gate: Arc<Gate>,
    resolver: Arc<Resolver>,
    framing: Arc<FramingCounts>,
    workers: &Workers,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let listen = listener.local_addr().map_err(ServeError::Address)?;
    let access = Access::new(listen, &config.sources, config.credentials.as_ref())?;
    let timeouts = config.timeouts;
    let pools = (0..workers.count()).map(|_| Arc::default()).collect();
    let door = Arc::new(Door { gate, resolver, access, timeouts, pools, framing });
    let most = config.max_connections.min(Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(most));
    let (stop, stopped) = shutdown::channel();
    let mut shutdown = pin!(shutdown);
    let mut sweep = interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = sweep.tick() => {
                door.pools.iter().for_each(|pool| pool.sweep(timeouts.pool_idle));
                let open = most - slots.available_permits();
                door.gate.counters().outbound_connections.set(open as u64);
            }
            (stream, slot) = accept(&listener, &door.access, &slots) => {
                let (door, stopped) = (Arc::clone(&door), stopped.clone());
                workers.serve(stream, move |stream, worker| serve_connection(door, worker, stream, slot, stopped));
            }
        }
    }
    drop((listener, stopped));
    stop.drain();
    if timeout(timeouts.drain, stop.all_gone()).await.is_err() {
        stop.at_once();
        stop.all_gone().await;
    }
    Ok(())
}

/// The next connection of a peer that may connect, and its slot. Safe to cancel.
async fn accept(listener: &TcpListener, access: &Access, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) if access.admits(peer.ip()) => return (stream, slot),
            Ok((_, peer)) => tracing::debug!(%peer, "not in `sources`"),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(
    door: Arc<Door>,
    worker: usize,
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    stopped: Stopped,
) {
    // Without it small answers would wait for the app's acknowledgements. A socket that refuses is
    // gone already, and the first read says so.
    let _ = stream.set_nodelay(true);
    let (stream, guard) = Guarded::new(stream, Role::Proxy, &door.timeouts, Arc::clone(&door.framing));
    let pool = Arc::clone(&door.pools[worker]);
    let connection = Arc::new(Connection {
        door,
        pool,
        patience: Patience::default(),
        stopped,
        exits: Exits::new(guard),
        _slot: slot,
    });
    if let Err(error) = serve_requests(stream, &connection).await {
        tracing::debug!(%error, "an app's connection broke off");
    }
    connection.exits.close().await;
}

/// Serves until the connection ends, or the door has to.
async fn serve_requests(stream: AppStream, connection: &Arc<Connection>) -> hyper::Result<()> {
    let service = service_fn(|request| Arc::clone(connection).serve(request));
    let mut serving = pin!(server(false).serve_connection(TokioIo::new(stream), service).with_upgrades());
    tokio::select! {
        result = &mut serving => return result,
        () = connection.stopped.draining() => serving.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        result = &mut serving => result,
        () = connection.stopped.at_once() => Ok(()),
    }
}
