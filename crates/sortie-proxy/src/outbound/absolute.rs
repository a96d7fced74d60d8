//! Absolute-form requests: a client that talks to a proxy in plain HTTP.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, header::HOST};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use sortie_model::Scheme;
use sortie_model::event::Carrier;

use super::answer::DoorBody;
use super::asked::{Asked, bare, further_hosts};
use super::door::Connection;
use super::exchange::Exchange;
use super::failure::Failure;
use super::lane::Lane;
use crate::gate::{OutboundDial, VisibleRequest, fields};
use crate::hop::{append_via, origin_form, passages};

/// Resolves, judges, and forwards.
pub(super) async fn forward(
    connection: &Arc<Connection>,
    mut request: Request<Incoming>,
    upgrade: &mut Option<OnUpgrade>,
) -> Response<DoorBody> {
    let door = &connection.door;
    let authority = request.uri().authority();
    let read = authority
        .and_then(|authority| Some((Asked::read(authority, Some(80))?, HeaderValue::try_from(bare(authority)).ok()?)));
    let Some((asked, host)) = read else {
        return Failure::Request("the target's authority does not read: expected host or host:port").response(None);
    };
    let resolved = door.resolver.resolve(&asked.host).await;
    let fields = fields(request.headers());
    let visible = VisibleRequest {
        method: request.method().as_str(),
        target: request.uri().path_and_query().map_or("/", PathAndQuery::as_str),
        fields: &fields,
    };
    let addresses = match resolved {
        Ok(addresses) => addresses,
        Err(error) => {
            let outcome = error.outcome();
            let reference = door.gate.unresolved(asked.destination, Carrier::Absolute, Some(visible), outcome);
            return Failure::Resolve(error).response(Some(reference));
        }
    };
    let judged = door.gate.judge(OutboundDial {
        destination: asked.destination.clone(),
        addresses,
        further_hosts: further_hosts(&request, &asked.destination),
        carrier: Carrier::Absolute,
        scheme: Some(Scheme::Http),
        request: Some(visible),
        via: passages(request.headers()),
    });
    drop(fields);
    let (record, verdict) = judged.commit();
    let permit = match verdict {
        Ok(permit) => permit,
        Err(denied) => return Failure::Denied.response(Some(denied.reference)),
    };
    // What the app says in `Host` was judged with the rest, and is what the destination reads. RFC 9112
    // §3.2.2 would replace it: see docs/decisions/0010.
    request.headers_mut().entry(HOST).or_insert(host);
    let version = request.version();
    append_via(request.headers_mut(), version);
    let uri = std::mem::take(request.uri_mut());
    *request.uri_mut() = origin_form(uri);
    let lane = Lane::Shared(Arc::clone(&connection.pool), asked.destination);
    Exchange { connection, record, permit, lane, upgrade }.run(request).await
}
