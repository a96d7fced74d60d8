//! One outbound listener, its connections, and what an app may ask for.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::upgrade::OnUpgrade;
use parking_lot::Mutex;
use sortie_model::limits;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::access::Access;
use super::answer::DoorBody;
use super::failure::Failure;
use super::lane::Pool;
use super::{absolute, connect};
use crate::framing::{FramingCounts, GuardHandle, Guarded, asks_to_leave};
use crate::gate::Gate;
use crate::patience::Patience;
use crate::resolve::Resolver;
use crate::shutdown::Stopped;
use crate::timeouts::Timeouts;

/// Bytes that a connection buffers in each direction: room for a whole head and more.
const MAX_BUFFER: usize = 2 * limits::HEAD_BYTES;

/// What the connections of one listener share.
pub(super) struct Door {
    pub(super) gate: Arc<Gate>,
    pub(super) resolver: Arc<Resolver>,
    pub(super) access: Access,
    pub(super) timeouts: Timeouts,
    /// Idle connections to destinations, of each worker.
    pub(super) pools: Box<[Arc<Pool>]>,
    pub(super) framing: Arc<FramingCounts>,
}

/// A connection of an app. Whatever goes on after it left HTTP holds it too, and with it its slot
/// and the door's word that it is time to end.
pub(super) struct Connection {
    pub(super) door: Arc<Door>,
    /// The idle connections of its worker.
    pub(super) pool: Arc<Pool>,
    pub(super) patience: Patience,
    pub(super) stopped: Stopped,
    pub(super) exits: Exits,
    pub(super) _slot: OwnedSemaphorePermit,
}

/// How requests leave HTTP on one connection.
pub(super) struct Exits {
    guard: GuardHandle,
    /// The newest request that was not granted to leave. hyper hands the stream to whoever holds
    /// this when the connection ends, instead of shutting it down.
    declined: Mutex<Option<OnUpgrade>>,
}

/// The way out of HTTP that one request may take.
pub(super) struct Exit<'a> {
    exits: &'a Exits,
    asks: bool,
    /// The app's side; taken by whoever grants it.
    pub(super) upgrade: Option<OnUpgrade>,
}

/// The stream of an app's connection.
pub(super) type AppStream = Guarded<TcpStream>;

/// The HTTP/1 server of the listener and of tunnels, behind the framing guard, which keeps the
/// clocks. With `keeps_case` the names of header fields are written as they were read.
pub(super) fn server(keeps_case: bool) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .half_close(true)
        .header_read_timeout(None)
        .max_buf_size(MAX_BUFFER)
        .max_headers(limits::HEAD_FIELDS)
        .auto_date_header(false)
        .preserve_header_case(keeps_case);
    builder
}

impl Exits {
    pub(super) fn new(guard: GuardHandle) -> Self {
        Self { guard, declined: Mutex::default() }
    }

    /// The app's side of a request that may leave HTTP.
    pub(super) fn of(&self, request: &mut Request<Incoming>) -> Exit<'_> {
        let asks = asks_to_leave(request);
        Exit { exits: self, asks, upgrade: asks.then(|| hyper::upgrade::on(request)) }
    }

    /// Shuts the stream down where hyper left that to us.
    pub(super) async fn close(&self) {
        use tokio::io::AsyncWriteExt as _;
        let declined = self.declined.lock().take();
        if let Some(declined) = declined
            && let Ok(stream) = declined.await
        {
            // It may be gone already.
            let _ = hyper_util::rt::TokioIo::new(stream).shutdown().await;
        }
    }
}

impl Exit<'_> {
    /// Tells the guard what became of the request. Before that it reads nothing of what follows.
    pub(super) fn decide(self) {
        if self.asks {
            self.exits.guard.decide(self.upgrade.is_none());
            *self.exits.declined.lock() = self.upgrade;
        }
    }
}

impl Connection {
    /// Serves one request of an app.
    pub(super) async fn serve(
        self: Arc<Self>,
        mut request: Request<Incoming>,
    ) -> Result<Response<DoorBody>, Infallible> {
        let mut exit = self.exits.of(&mut request);
        let response = self.dispatch(request, &mut exit.upgrade).await;
        exit.decide();
        Ok(response)
    }

    async fn dispatch(
        self: &Arc<Self>,
        request: Request<Incoming>,
        upgrade: &mut Option<OnUpgrade>,
    ) -> Response<DoorBody> {
        if !self.door.access.authorises(request.headers()) {
            return Failure::Credentials.response(None);
        }
        if request.method() == Method::CONNECT {
            return connect::open(self, &request, upgrade).await;
        }
        match request.uri().scheme_str() {
            Some("http") => absolute::forward(self, request, upgrade).await,
            Some("https") => Failure::NotDone(
                "https goes through a tunnel: the client must send CONNECT (set https_proxy to an http:// address)",
            )
            .response(None),
            Some(_) => Failure::NotDone("only http and CONNECT are forwarded").response(None),
            None => Failure::Request(
                "this is a proxy, not a server: send the whole URL as the target (set http_proxy), or CONNECT",
            )
            .response(None),
        }
    }
}
