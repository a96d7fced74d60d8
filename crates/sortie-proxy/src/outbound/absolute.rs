//! Absolute-form requests: a client that talks to a proxy in plain HTTP.

use http::{HeaderMap, HeaderValue, Request, Response, Uri, Version, header::HOST, uri::PathAndQuery};
use hyper::body::Incoming;
use smallvec::SmallVec;
use sortie_model::Scheme;
use sortie_model::event::Carrier;

use super::answer::DoorBody;
use super::asked::{Asked, bare};
use super::door::Door;
use super::exchange::Exchange;
use super::failure::Failure;
use super::headers;
use super::lane::Lane;
use super::request_body::RequestBody;
use crate::gate::{OutboundDial, VisibleRequest};

/// Resolves, judges, and forwards.
pub(super) async fn forward(door: &Door, mut request: Request<Incoming>) -> Response<DoorBody> {
    let Some(asked) = request.uri().authority().and_then(|authority| Asked::read(authority, Some(80))) else {
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
        further_hosts: SmallVec::new(),
        carrier: Carrier::Absolute,
        scheme: Some(Scheme::Http),
        request: Some(visible),
        via: headers::passages(request.headers()),
    });
    let (record, verdict) = judged.commit();
    let permit = match verdict {
        Ok(permit) => permit,
        Err(denied) => return Failure::Denied.response(Some(denied.reference)),
    };
    drop(fields);
    let upgrade = headers::asks_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));
    let Some(request) = in_origin_form(request, upgrade.is_some()) else {
        return Failure::Request("the target cannot be written in origin form").response(Some(record.reference()));
    };
    let (head, body) = request.into_parts();
    let (body, sent) = RequestBody::counted(body);
    let lane = Lane::Shared(door.pool.clone(), asked.destination);
    let request = Request::from_parts(head, body);
    Exchange { record, permit, lane, request, sent, upgrade }.run(&door.timeouts).await
}

/// Header fields as the gate reads them.
pub(super) fn fields(headers: &HeaderMap) -> SmallVec<[(&str, &[u8]); 24]> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// The request as its destination expects it (RFC 9112 §3.2.1), `Host` from the target (§3.2.2).
fn in_origin_form(mut request: Request<Incoming>, keep_upgrade: bool) -> Option<Request<Incoming>> {
    let host = HeaderValue::try_from(bare(request.uri().authority()?)).ok()?;
    let target = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(target);
    *request.version_mut() = Version::HTTP_11;
    headers::strip_hop_by_hop(request.headers_mut(), keep_upgrade);
    request.headers_mut().insert(HOST, host);
    headers::append_via(request.headers_mut());
    Some(request)
}
