//! One outbound listener, and what its connections share.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header::UPGRADE};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use sortie_model::limits::{HEAD_BYTES, HEAD_FIELDS};
use tokio::net::TcpStream;

use super::access::Access;
use super::answer::DoorBody;
use super::failure::Failure;
use super::lane::Pool;
use super::{absolute, connect};
use crate::framing::{FramingCounts, GuardHandle, Guarded};
use crate::gate::Gate;
use crate::resolve::Resolver;
use crate::timeouts::Timeouts;

/// What the connections of one listener share.
pub(super) struct Door {
    pub(super) gate: Arc<Gate>,
    pub(super) resolver: Arc<Resolver>,
    pub(super) access: Access,
    pub(super) timeouts: Timeouts,
    pub(super) pool: Arc<Pool>,
    pub(super) framing: Arc<FramingCounts>,
}

/// A connection of an app.
pub(super) type AppStream = Guarded<TcpStream>;

/// The HTTP/1 server of the listener and of tunnels. With `keeps_case` the names of header fields
/// are written as they were read.
pub(super) fn server(keeps_case: bool) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .half_close(true)
        .header_read_timeout(None) // the guard keeps the clocks
        .max_headers(HEAD_FIELDS)
        .max_buf_size(HEAD_BYTES.max(8192))
        .auto_date_header(false)
        .preserve_header_case(keeps_case);
    builder
}

/// Whether a request asks to leave HTTP, so that the guard waits for what becomes of it.
pub(super) fn leaves_http(request: &Request<Incoming>) -> bool {
    request.method() == Method::CONNECT || request.headers().contains_key(UPGRADE)
}

impl Door {
    /// Serves one request of an app and tells the guard whether the connection leaves HTTP.
    pub(super) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
        guard: GuardHandle,
    ) -> Result<Response<DoorBody>, Infallible> {
        let is_connect = request.method() == Method::CONNECT;
        let may_leave = leaves_http(&request);
        let response = self.dispatch(request).await;
        if may_leave {
            let status = response.status();
            guard.decide(status == StatusCode::SWITCHING_PROTOCOLS || (is_connect && status.is_success()));
        }
        Ok(response)
    }

    async fn dispatch(self: &Arc<Self>, request: Request<Incoming>) -> Response<DoorBody> {
        if !self.access.authorises(request.headers()) {
            return Failure::Credentials.response(None);
        }
        if request.method() == Method::CONNECT {
            return connect::open(self, request).await;
        }
        match request.uri().scheme_str() {
            Some("http") => absolute::forward(self, request).await,
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
