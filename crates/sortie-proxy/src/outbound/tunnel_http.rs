//! Plain HTTP inside a tunnel: every request is a dial of its own.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use smallvec::SmallVec;
use sortie_model::event::Carrier;
use sortie_model::{Destination, Host, Scheme};

use super::absolute::fields;
use super::answer::DoorBody;
use super::door::{Connection, Exits, server};
use super::exchange::Exchange;
use super::failure::Failure;
use super::lane::{Kept, Lane};
use super::tunnel::{App, Tunnel};
use crate::framing::Guarded;
use crate::gate::{OutboundDial, VisibleRequest};
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
    let (app, guard) = Guarded::new(app, &door.timeouts, Arc::clone(&door.framing));
    let inside = Arc::new(Inside {
        connection: Arc::clone(connection),
        exits: Exits::new(guard),
        destination: tunnel.destination,
        addresses: tunnel.addresses,
        slot: Arc::new(Mutex::new(Some(kept))),
    });
    let service = service_fn(|request| Arc::clone(&inside).serve(request));
    let mut serving = pin!(server(true).serve_connection(TokioIo::new(app), service).with_upgrades());
    let result = tokio::select! {
        result = &mut serving => result,
        () = connection.stopped.draining() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
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
            further_hosts: self.further_host(&request).into_iter().collect(),
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

    /// The host that the request itself names, where it is not the tunnel's.
    fn further_host(&self, request: &Request<Incoming>) -> Option<Host> {
        let by_target = request.uri().authority().map(|authority| Host::parse(authority.host()));
        let named = by_target.or_else(|| host_field(request.headers()))?;
        (named != self.destination.host).then_some(named)
    }
}

fn host_field(headers: &HeaderMap) -> Option<Host> {
    let text = headers.get(HOST)?.to_str().ok()?;
    let host = text.parse::<Authority>().map_or_else(|_| Host::parse(text), |authority| Host::parse(authority.host()));
    Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_host_field_as_the_resolver_would() {
        let named =
            |text: &'static str| host_field(&HeaderMap::from_iter([(HOST, http::HeaderValue::from_static(text))]));
        assert_eq!(named("Billing.internal:80"), Some(Host::name("billing.internal")));
        assert_eq!(named("0x7f.1:8080"), Some(Host::parse("127.0.0.1")));
        assert_eq!(named("[::1]:80"), Some(Host::parse("::1")));
        assert_eq!(host_field(&HeaderMap::new()), None);
    }
}
