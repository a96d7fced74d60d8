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
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1::UpgradeableConnection;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::net::TcpListener;

pub use access::{OpenListenerError, ProxyCredentials};

use crate::framing::{FramingCounts, Guarded, Role};
use crate::gate::Gate;
use crate::listener::{self, Accepted, Serve};
use crate::patience::Patience;
use crate::resolve::Resolver;
use crate::timeouts::Timeouts;
use crate::workers::Workers;
use access::Access;
use door::{Connection, Door, Exits, server};

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

/// Serves a listener until `shutdown` completes, its connections by `workers`. Then nothing new is
/// accepted, exchanges and tunnels in progress may end within `timeouts.drain`, and what is left is cut off.
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
    listener::serve(&door, listener, config.max_connections, timeouts.drain, workers, shutdown).await;
    Ok(())
}

impl Serve for Door {
    fn admits(&self, peer: IpAddr) -> bool {
        self.access.admits(peer)
    }

    fn tidy(&self, open: usize) {
        self.pools.iter().for_each(|pool| pool.sweep(self.timeouts.pool_idle));
        self.gate.counters().outbound_connections.set(open as u64);
    }

    async fn serve(self: Arc<Self>, accepted: Accepted) {
        let Accepted { stream, peer: _, worker, stopped, slot } = accepted;
        let (stream, guard) = Guarded::new(stream, Role::Proxy, &self.timeouts, Arc::clone(&self.framing));
        let connection = Arc::new(Connection {
            pool: Arc::clone(&self.pools[worker]),
            door: self,
            patience: Patience::default(),
            stopped,
            exits: Exits::new(guard),
            _slot: slot,
        });
        let service = service_fn(|request| Arc::clone(&connection).serve(request));
        // A connection that was cut off gives its stream back only when it is dropped, with this block.
        let served = {
            let serving = pin!(server(false).serve_connection(TokioIo::new(stream), service).with_upgrades());
            connection.stopped.serve(serving, UpgradeableConnection::graceful_shutdown).await
        };
        if let Err(error) = served {
            tracing::debug!(%error, "an app's connection broke off");
        }
        connection.exits.close().await;
    }
}
