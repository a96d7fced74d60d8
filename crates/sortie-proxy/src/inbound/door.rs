//! One request's way through the door.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

use super::InboundConfig;
use super::answer::{AnswerBody, AnswerStream};
use super::client::Trusted;
use super::exchange::{BodyInspector, ContentKind, Exchange};
use super::forward::Onward;
use super::messages::{self, Overheard};
use super::refusal::Failure;
use super::request_body::RequestBody;
use super::upstream;
use crate::body::{InspectBody, Prefix};
use crate::framing::{FramingCounts, GuardHandle, asks_to_leave};
use crate::gate::{Admission, Gate, InboundHead, Ticket, fields};
use crate::hop::{HopFields, LOOP_LIMIT, origin_form, passages};
use crate::patience::Patience;
use crate::pool::Pool;
use crate::relay::relay;
use crate::shutdown::Stopped;
use sortie_model::limits::{HOLD_BYTES, HOLD_MICROS};

/// What all connections of a door share.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) config: InboundConfig,
    pub(super) gate: Arc<Gate>,
    pub(super) trusted: Trusted,
    /// Idle connections to the back end, of each worker.
    pub(super) pools: Box<[Arc<Pool<RequestBody>>]>,
    pub(super) framing: Arc<FramingCounts>,
    /// The upstream's authority, for requests that name none.
    pub(super) authority: HeaderValue,
}

/// A client's connection, as its requests see it. What goes on after the connection left HTTP holds
/// it too, and with it the connection's slot.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) door: Arc<Door>,
    /// The idle connections of its worker.
    pub(super) pool: Arc<Pool<RequestBody>>,
    pub(super) peer: IpAddr,
    pub(super) peer_text: HeaderValue,
    pub(super) is_trusted: bool,
    pub(super) guard: GuardHandle,
    pub(super) patience: Patience,
    pub(super) stopped: Stopped,
    /// The newest upgrade that was not granted. hyper hands the stream to whoever holds this when the
    /// connection ends, instead of shutting it down.
    pub(super) declined: Mutex<Option<OnUpgrade>>,
    pub(super) _slot: OwnedSemaphorePermit,
}

/// A request ready to be sent.
struct Prepared {
    request: Request<RequestBody>,
    exchange: Arc<Exchange>,
    /// What the back end is asked for beside an answer.
    asks_for: Option<Upgrade>,
    /// Whether the body is to be held until its first bytes were judged.
    holds: bool,
}

/// A way to leave HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upgrade {
    WebSocket,
    Other,
}

impl Connection {
    /// Serves a request.
    pub(super) async fn serve(
        self: Arc<Self>,
        mut request: Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Infallible> {
        if !asks_to_leave(&request) {
            return Ok(self.exchange(request, &mut None).await);
        }
        let mut upgrade = Some(hyper::upgrade::on(&mut request));
        let response = self.exchange(request, &mut upgrade).await;
        self.guard.decide(upgrade.is_none());
        *self.declined.lock() = upgrade;
        Ok(response)
    }

    /// Sends a request on; takes `upgrade` if the back end grants one.
    async fn exchange(
        self: &Arc<Self>,
        request: Request<Incoming>,
        upgrade: &mut Option<OnUpgrade>,
    ) -> Response<AnswerBody> {
        if *request.method() == Method::CONNECT {
            return Failure::Tunnel.response(None);
        }
        if passages(request.headers()) > LOOP_LIMIT {
            return Failure::Loop.response(None);
        }
        let Prepared { mut request, exchange, asks_for, holds } = match self.prepare(request) {
            Ok(prepared) => prepared,
            Err(failure) => return failure.response(None),
        };
        if holds
            && let RequestBody::Streaming(body) = request.body_mut()
            && let Err(failure) = hold(body, &exchange).await
        {
            return self.failed(failure, &exchange);
        }
        let door = &self.door;
        let sent = upstream::send(request, &door.config, &self.pool, &exchange, &self.patience).await;
        if sent.is_ok() {
            door.gate.back_end_answers();
        }
        match sent {
            Ok((response, _)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                match asks_for.and_then(|asked| Some((asked, upgrade.take()?))) {
                    Some((asked, client)) => self.switch(response, exchange, client, asked),
                    None => self.failed(Failure::BadAnswer, &exchange),
                }
            }
            Ok((response, sender)) => {
                let pool = Arc::clone(&self.pool);
                answered(response, exchange, |body, exchange, content| {
                    AnswerStream::new(body, exchange, (sender, pool), content, door.config.timeouts.answer_idle)
                })
            }
            Err(failure) => self.failed(failure, &exchange),
        }
    }

    /// Judges a request and writes it anew.
    fn prepare(&self, request: Request<Incoming>) -> Result<Prepared, Failure> {
        let (mut head, body) = request.into_parts();
        head.uri = origin_form(head.uri);
        let client = self.door.trusted.client(self.peer, &head.headers);
        let hop = HopFields::take(&mut head.headers);
        let has_body = !body.is_end_stream();
        let length = body.size_hint().exact().filter(|_| has_body);
        let asks_upgrade = hop.upgrade.is_some();
        let ticket = self.admit(&head, client, (has_body, length), asks_upgrade)?;
        let limit = ticket.inspect_limit();
        let holds = ticket.hold();
        let exchange = Exchange::begin(ticket);
        let body = if has_body {
            let content = ContentKind::of(&head.headers);
            let inspector = BodyInspector { exchange: Arc::clone(&exchange), content };
            RequestBody::Streaming(Box::new(InspectBody::new(body, limit, inspector)))
        } else {
            RequestBody::Empty
        };
        let is_websocket = messages::asks_for(hop.upgrade.as_ref(), &head.headers);
        let asks_for = asks_upgrade.then_some(if is_websocket { Upgrade::WebSocket } else { Upgrade::Other });
        let request = self.onward(head, &hop, body, length);
        Ok(Prepared { request, exchange, asks_for, holds })
    }

    fn admit(
        &self,
        head: &Parts,
        client: IpAddr,
        (has_body, content_length): (bool, Option<u64>),
        asks_upgrade: bool,
    ) -> Result<Ticket, Failure> {
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let admission = self.door.gate.admit(&InboundHead {
            method: head.method.as_str(),
            target: head.uri.path_and_query().map_or("/", |target| target.as_str()),
            host,
            fields: &fields(&head.headers),
            client,
            content_length,
            has_body,
            asks_upgrade,
        });
        match admission {
            Admission::Pass(ticket) => Ok(ticket),
            Admission::Refuse(refusal) => Err(Failure::Refused(refusal)),
        }
    }

    fn onward(&self, head: Parts, hop: &HopFields, body: RequestBody, length: Option<u64>) -> Request<RequestBody> {
        let mut headers = head.headers;
        let onward = Onward {
            body: length,
            has_body: matches!(body, RequestBody::Streaming(_)),
            hop,
            version: head.version,
            peer: &self.peer_text,
            is_trusted: self.is_trusted,
            authority: &self.door.authority,
        };
        onward.write(&mut headers);
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = head.uri;
        *request.headers_mut() = headers;
        request
    }

    /// Lets both sides leave HTTP.
    fn switch(
        self: &Arc<Self>,
        mut response: Response<Incoming>,
        exchange: Arc<Exchange>,
        client: OnUpgrade,
        asked: Upgrade,
    ) -> Response<AnswerBody> {
        let back_end = hyper::upgrade::on(&mut response);
        exchange.answered(response.status(), response.headers());
        let hop = HopFields::take(response.headers_mut());
        let messages = match asked {
            Upgrade::WebSocket => messages::granted(hop.upgrade.as_ref(), response.headers(), exchange.message_limit()),
            Upgrade::Other => None,
        };
        if messages.is_none() {
            exchange.goes_unread();
        }
        let connection = Arc::clone(self);
        tokio::spawn(async move {
            let idle = connection.door.config.timeouts.upgrade_idle;
            let relaying = async {
                let (Ok(client), Ok(back_end)) = tokio::join!(client, back_end) else { return };
                let client = Overheard::new(TokioIo::new(client), Arc::clone(&exchange), messages);
                let relayed = relay(client, TokioIo::new(back_end), idle).await;
                exchange.answer_ended(relayed.received, None);
            };
            tokio::select! {
                () = relaying => {}
                () = connection.stopped.at_once() => {}
            }
        });
        hop.write(response.headers_mut());
        response.map(|_| AnswerBody::Fixed(None))
    }

    fn failed(&self, failure: Failure, exchange: &Exchange) -> Response<AnswerBody> {
        let failure = match failure {
            Failure::Client(None) => Failure::Client(self.guard.problem()),
            failure => failure,
        };
        if let Some(why) = failure.unanswered() {
            self.door.gate.back_end_fails(why);
            exchange.unanswered(why);
        }
        let response = failure.response(exchange.reference());
        exchange.answered(response.status(), response.headers());
        response
    }
}

/// Has the first bytes of a body judged before anything of the request goes on.
async fn hold(body: &mut InspectBody<BodyInspector>, exchange: &Exchange) -> Result<(), Failure> {
    let held = body.hold(HOLD_BYTES, Duration::from_micros(HOLD_MICROS)).await;
    held.map_err(|_| exchange.refused_or(Failure::Client(None)))
}

/// The response for the client, with its body still to come.
fn answered(
    response: Response<Incoming>,
    exchange: Arc<Exchange>,
    stream: impl FnOnce(Incoming, Arc<Exchange>, Option<(Prefix, ContentKind)>) -> AnswerStream,
) -> Response<AnswerBody> {
    let (mut head, body) = response.into_parts();
    HopFields::take(&mut head.headers);
    head.version = http::Version::HTTP_11;
    if !body.is_end_stream() && body.size_hint().exact().is_none() {
        // It came in chunks or up to the end of the connection; a length beside that is void.
        head.headers.remove(CONTENT_LENGTH);
    }
    let wanted = exchange.answered(head.status, &head.headers);
    let kept = (wanted > 0).then(|| (Prefix::new(wanted), ContentKind::of(&head.headers)));
    let body = stream(body, exchange, kept);
    Response::from_parts(head, AnswerBody::Streaming(Box::new(body)))
}
