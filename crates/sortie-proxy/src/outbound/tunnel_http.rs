//! Plain HTTP inside a tunnel: every request is a dial of its own.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1::UpgradeableConnection;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use smallvec::SmallVec;
use sortie_model::event::Carrier;
use sortie_model::{Destination, Scheme};

use super::answer::DoorBody;
use super::asked::further_hosts;
use super::door::{Connection, Exits, server};
use super::exchange::Exchange;
use super::failure::Failure;
use super::lane::{Kept, Lane};
use super::tunnel::{App, Tunnel};
use crate::framing::{Guarded, Role};
use crate::gate::{OutboundDial, VisibleRequest, fields};
use crate::hop::passages;

/// What the requests of one tunnel share.
struct Inside {
    connection: Arc<Connection>,
    exits: Exits,
    destination: Destination,
    addresses: SmallVec<[IpAddr; 4]>,
    /// The tunnel's connection, while no request uses it.
    slot: Arc<Mutex<Option<Kept>>>,
}

/// Serves the app until it is through, or the door is.
pub(super) async fn serve(connection: &Arc<Connection>, tunnel: Tunnel, app: App) {
    let door = &connection.door;
    let kept = Kept::over(tunnel.stream, tunnel.address, &tunnel.permit, true).await;
    let (app, guard) = Guarded::new(app, Role::Server, &door.timeouts, Arc::clone(&door.framing));
    let inside = Arc::new(Inside {
        connection: Arc::clone(connection),
        exits: Exits::new(guard),
        destination: tunnel.destination,
        addresses: tunnel.addresses,
        slot: Arc::new(Mutex::new(Some(kept))),
    });
    let service = service_fn(|request| Arc::clone(&inside).serve(request));
    // A connection that was cut off gives its stream back only when it is dropped, with this block.
    let served = {
        let serving = pin!(server(true).serve_connection(TokioIo::new(app), service).with_upgrades());
        connection.stopped.serve(serving, UpgradeableConnection::graceful_shutdown).await
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a tunnel's connection broke off");
    }
    inside.exits.close().await;
}

impl Inside {
    async fn serve(self: Arc<Self>, mut request: Request<Incoming>) -> Result<Response<DoorBody>, Infallible> {
        let mut exit = self.exits.of(&mut request);
        let response = self.forward(request, &mut exit.upgrade).await;
        exit.decide();
        Ok(response)
    }

    async fn forward(&self, request: Request<Incoming>, upgrade: &mut Option<OnUpgrade>) -> Response<DoorBody> {
        if request.method() == Method::CONNECT {
            return Failure::NotDone("a tunnel inside a tunnel is not looked into: CONNECT to the proxy itself")
                .response(None);
        }
        let fields = fields(request.headers());
        let judged = self.connection.door.gate.judge(OutboundDial {
            destination: self.destination.clone(),
            addresses: self.addresses.clone(),
            further_hosts: further_hosts(&request, &self.destination),
            carrier: Carrier::TunnelHttp,
            scheme: Some(Scheme::Http),
            request: Some(VisibleRequest {
                method: request.method().as_str(),
                target: request.uri().path_and_query().map_or("/", PathAndQuery::as_str),
                fields: &fields,
            }),
            via: passages(request.headers()),
        });
        drop(fields);
        let (record, verdict) = judged.commit();
        let permit = match verdict {
            Ok(permit) => permit,
            Err(denied) => return Failure::Denied.response(Some(denied.reference)),
        };
        let lane = Lane::Tunnel(Arc::clone(&self.slot));
        Exchange { connection: &self.connection, record, permit, lane, upgrade }.run(request).await
    }
}
