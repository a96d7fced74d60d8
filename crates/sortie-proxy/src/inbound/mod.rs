//! The inbound door: a reverse proxy that judges every request before the back end has read it.
//!
//! A request's way: [`crate::framing`] sees that it has one meaning; `door` judges its head,
//! `forward` writes it anew, [`crate::body`] judges its body on the way; `upstream` sends it over a
//! connection of the [`crate::pool`]; `answer` streams the response back; `messages` reads what follows over a WebSocket. `exchange` is what both
//! directions share, `refusal` what the door itself answers.
//!
//! What does not pass: interim answers other than 100 and 101, trailers that no `Trailer` field
//! announced, upgrades to HTTP/2.
//!
//! A client that closes its connection altogether looks like one that has only finished sending. Its
//! exchange goes on until the back end answers, or may no longer ([`Timeouts::answer_head`]): the back
//! end is at work on the request all the same, and what it dials meanwhile must be judged by it. A
//! client that leaves must not take its request out of the table.

mod answer;
mod client;
mod door;
mod exchange;
mod forward;
mod messages;
mod refusal;
mod request_body;
mod upstream;

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use http::HeaderValue;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use parking_lot::Mutex;
use sortie_model::limits;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::framing::{FramingCounts, Guarded, Role};
use crate::gate::Gate;
use crate::listener::{self, Accepted, Serve};
use crate::patience::Patience;
use crate::pool::Pool;
use crate::timeouts::Timeouts;
use crate::workers::Workers;
use client::Trusted;
use door::{Connection, Door};

/// Bytes that a connection buffers in each direction: room for a whole head and more.
const MAX_BUFFER: usize = 2 * limits::HEAD_BYTES;

/// The back end of an inbound door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// A name or an address; IPv6 with or without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Upstream {
    /// `host:port`, as it stands in `Host`.
    pub fn authority(&self) -> String {
        let Self { host, port } = self;
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// The settings of one inbound listener.
#[derive(Clone, Debug)]
pub struct InboundConfig {
    /// The back end.
    pub upstream: Upstream,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long each phase may last.
    pub timeouts: Timeouts,
    /// Connections of clients that are served at once; more wait to be accepted.
    pub max_connections: usize,
}

impl InboundConfig {
    /// Settings with all defaults: no proxy is trusted, 10,000 connections.
    pub fn new(upstream: Upstream) -> Self {
        Self { upstream, trusted_proxies: Vec::new(), timeouts: Timeouts::default(), max_connections: 10_000 }
    }
}

/// The upstream's host cannot stand in a `Host` field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no host: give the upstream as a name or an address")]
pub struct UpstreamError(String);

/// Serves a listener until `shutdown` completes, its connections by `workers`. Then nothing new is
/// accepted, exchanges in progress may end within `timeouts.drain`, and what is left is cut off.
///
/// # Errors
/// The settings are refused before anything is served, see [`UpstreamError`].
pub async fn serve(
    listener: TcpListener,
    config: InboundConfig,
    gate: Arc<Gate>,
    framing: Arc<FramingCounts>,
    workers: &Workers,
    shutdown: impl Future<Output = ()>,
) -> Result<(), UpstreamError> {
    let door = Arc::new(Door::new(config, gate, framing, workers.count())?);
    let InboundConfig { timeouts, max_connections, .. } = door.config;
    listener::serve(&door, listener, max_connections, timeouts.drain, workers, shutdown).await;
    Ok(())
}

impl Door {
    fn new(
        config: InboundConfig,
        gate: Arc<Gate>,
        framing: Arc<FramingCounts>,
        workers: usize,
    ) -> Result<Self, UpstreamError> {
        let authority = config.upstream.authority();
        Ok(Self {
            authority: HeaderValue::try_from(&authority).map_err(|_| UpstreamError(authority))?,
            trusted: Trusted::new(&config.trusted_proxies),
            pools: (0..workers).map(|_| Arc::new(Pool::new(config.timeouts.pool_idle))).collect(),
            config,
            gate,
            framing,
        })
    }
}

impl Serve for Door {
    fn admits(&self, _peer: IpAddr) -> bool {
        true
    }

    fn tidy(&self, open: usize) {
        self.pools.iter().for_each(|pool| pool.sweep());
        self.gate.counters().inbound_connections.set(open as u64);
    }

    async fn serve(self: Arc<Self>, accepted: Accepted) {
        let Accepted { stream, peer, worker, stopped, slot } = accepted;
        let (stream, guard) = Guarded::new(stream, Role::Server, &self.config.timeouts, Arc::clone(&self.framing));
        let peer = peer.to_canonical();
        let connection = Arc::new(Connection {
            pool: Arc::clone(&self.pools[worker]),
            peer,
            peer_text: HeaderValue::try_from(peer.to_string()).expect("an address is visible ASCII"),
            is_trusted: self.trusted.contains(peer),
            door: self,
            guard,
            patience: Patience::default(),
            stopped,
            declined: Mutex::default(),
            _slot: slot,
        });
        let service = service_fn(|request| Arc::clone(&connection).serve(request));
        // A connection that was cut off gives its stream back only when it is dropped, with this block.
        let served = {
            let serving = pin!(server().serve_connection(TokioIo::new(stream), service).with_upgrades());
            connection.stopped.serve(serving, UpgradeableConnection::graceful_shutdown).await
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a client's connection broke off");
        }
        let declined = connection.declined.lock().take();
        if let Some(declined) = declined
            && let Ok(stream) = declined.await
        {
            // The end that hyper would have given it.
            let _ = TokioIo::new(stream).shutdown().await;
        }
    }
}

/// hyper's server behind the framing guard, which keeps the clocks.
fn server() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.half_close(true).header_read_timeout(None).max_buf_size(MAX_BUFFER).max_headers(limits::HEAD_FIELDS);
    builder
}
