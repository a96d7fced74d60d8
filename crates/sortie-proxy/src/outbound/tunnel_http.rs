//! Plain HTTP inside a tunnel: every request is a dial of its own.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use smallvec::SmallVec;
use sortie_model::event::Carrier;
use sortie_model::{Destination, Host, Scheme};

use super::absolute::fields;
use super::answer::DoorBody;
use super::door::{Door, leaves_http, server};
use super::exchange::Exchange;
use super::failure::Failure;
use super::headers;
use super::lane::{Kept, Lane};
use super::request_body::RequestBody;
use super::tunnel::{App, Tunnel};
use crate::framing::Guarded;
use crate::gate::{OutboundDial, VisibleRequest};

/// What the requests of one tunnel share.
struct Inside {
    door: Arc<Door>,
    destination: Destination,
    addresses: SmallVec<[IpAddr; 4]>,
    /// The connection, while no request uses it.
    slot: Arc<Mutex<Option<Kept>>>,
}

/// Serves the app until it, or the destination, is through.
pub(super) async fn serve(door: &Arc<Door>, tunnel: Tunnel, app: App) {
    let kept = Kept::over(tunnel.stream, tunnel.address, &tunnel.permit, true).await;
    let inside = Arc::new(Inside {
        door: Arc::clone(door),
        destination: tunnel.destination,
        addresses: tunnel.addresses,
        slot: Arc::new(Mutex::new(Some(kept))),
    });
    let (app, guard) = Guarded::new(app, &door.timeouts, Arc::clone(&door.framing));
    let service = service_fn(move |request| {
        let (inside, guard) = (Arc::clone(&inside), guard.clone());
        async move {
            let may_leave = leaves_http(&request);
            let response = inside.forward(request).await;
            if may_leave {
                guard.decide(response.status() == http::StatusCode::SWITCHING_PROTOCOLS);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = server(true).serve_connection(TokioIo::new(app), service).with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a tunnel's connection broke off");
    }
}

impl Inside {
    async fn forward(&self, mut request: Request<Incoming>) -> Response<DoorBody> {
        if request.method() == Method::CONNECT {
            return Failure::NotDone("a tunnel inside a tunnel is not looked into: CONNECT to the proxy itself")
                .response(None);
        }
        let fields = fields(request.headers());
        let judged = self.door.gate.judge(OutboundDial {
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
            via: headers::passages(request.headers()),
        });
        drop(fields);
        let (record, verdict) = judged.commit();
        let permit = match verdict {
            Ok(permit) => permit,
            Err(denied) => return Failure::Denied.response(Some(denied.reference)),
        };
        let upgrade = headers::asks_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));
        headers::strip_hop_by_hop(request.headers_mut(), upgrade.is_some());
        *request.version_mut() = http::Version::HTTP_11;
        let (head, body) = request.into_parts();
        let (body, sent) = RequestBody::counted(body);
        let request = Request::from_parts(head, body);
        let lane = Lane::Tunnel(Arc::clone(&self.slot));
        Exchange { record, permit, lane, request, sent, upgrade }.run(&self.door.timeouts).await
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
