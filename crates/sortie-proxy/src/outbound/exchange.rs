//! One visible request and its answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sortie_model::event::Outcome;

use super::answer::{AnswerBody, Content, DoorBody};
use super::door::Connection;
use super::failure::Failure;
use super::lane::{Kept, Lane};
use super::request_body::{RequestBody, Sent};
use crate::dial::ConnectError;
use crate::gate::DialRecord;
use crate::hop::{HopFields, append_via};
use crate::patience::Patience;
use crate::permit::Permit;
use crate::relay::relay;

/// A request that may be sent.
pub(super) struct Exchange<'a> {
    pub(super) connection: &'a Arc<Connection>,
    pub(super) record: DialRecord,
    pub(super) permit: Permit,
    pub(super) lane: Lane,
    /// The app's side of an upgrade that it may ask for.
    pub(super) upgrade: &'a mut Option<OnUpgrade>,
}

/// How sending went.
enum Sending {
    Answered(Response<Incoming>, Kept),
    /// Nothing of the request went out.
    Unsent(Request<RequestBody>),
    /// The connection ended before an answer.
    Lost(hyper::Error),
    TimedOut,
}

/// What an answer still needs once its request is out.
struct Awaited<'a> {
    connection: &'a Arc<Connection>,
    upgrade: &'a mut Option<OnUpgrade>,
    asks_upgrade: bool,
    sent: Sent,
    lane: Lane,
}

impl Exchange<'_> {
    /// Sends the request, written anew, over a kept or a new connection; the response streams.
    pub(super) async fn run(self, request: Request<Incoming>) -> Response<DoorBody> {
        let Self { connection, record, permit, lane, upgrade } = self;
        let timeouts = &connection.door.timeouts;
        let waiting = (&connection.patience, timeouts.answer_head);
        let (mut request, hop, sent) = written(request);
        let asks_upgrade = hop.upgrade.is_some();
        let awaited = Awaited { connection, upgrade, asks_upgrade, sent, lane };
        let record = Unconnected::new(record, &permit);
        if let Some(kept) = awaited.lane.take(&permit, is_safe(&request)).await {
            let address = kept.address;
            let again = is_safe(&request).then(|| head_of(&request));
            match send(kept, request, &awaited.sent, waiting).await {
                Sending::Answered(response, kept) => {
                    return awaited.answered(record.connected(address), response, kept);
                }
                Sending::Unsent(unsent) => request = unsent,
                // The destination closed an idle connection just then: the usual race.
                Sending::Lost(error) => match again {
                    Some(again) => request = again,
                    None => return awaited.lost(record.connected(address), &error),
                },
                Sending::TimedOut => return awaited.timed_out(record.connected(address)),
            }
        }
        let kept = match Kept::open(&permit, timeouts.connect, awaited.lane.keeps_case()).await {
            Ok(kept) => kept,
            Err(error) => return not_connected(record.take(), &error),
        };
        let record = record.connected(kept.address);
        match send(kept, request, &awaited.sent, waiting).await {
            Sending::Answered(response, kept) => awaited.answered(record, response, kept),
            Sending::Unsent(_) => failed(record, Outcome::Reset, Failure::Terminated),
            Sending::Lost(error) => awaited.lost(record, &error),
            Sending::TimedOut => awaited.timed_out(record),
        }
    }
}

/// The request as its destination gets it: without what was said to this hop.
fn written(request: Request<Incoming>) -> (Request<RequestBody>, HopFields, Sent) {
    let (mut head, body) = request.into_parts();
    let hop = HopFields::take(&mut head.headers);
    hop.write(&mut head.headers);
    head.version = Version::HTTP_11;
    let (body, sent) = RequestBody::counted(body);
    (Request::from_parts(head, body), hop, sent)
}

/// Whether a request has no body and changes nothing (RFC 9110 §9.2.1). No other is sent a second time:
/// what changes something at a destination happens once for each dial that is recorded.
fn is_safe(request: &Request<RequestBody>) -> bool {
    matches!(request.body(), RequestBody::Empty)
        && matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

fn head_of(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut copy = Request::new(RequestBody::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}

async fn send(
    mut kept: Kept,
    request: Request<RequestBody>,
    sent: &Sent,
    (patience, within): (&Patience, Duration),
) -> Sending {
    let sending = kept.sender.try_send_request(request);
    match patience.wait(sending, within, || sent.bytes()).await {
        Some(Ok(response)) => Sending::Answered(response, kept),
        Some(Err(error)) => unsent_or_lost(error),
        None => Sending::TimedOut,
    }
}

fn unsent_or_lost(mut error: TrySendError<Request<RequestBody>>) -> Sending {
    match error.take_message() {
        Some(request) => Sending::Unsent(request),
        None => Sending::Lost(error.into_error()),
    }
}

impl Awaited<'_> {
    fn answered(self, mut record: DialRecord, mut response: Response<Incoming>, kept: Kept) -> Response<DoorBody> {
        let status = response.status();
        let fields = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        record.answered(status.as_u16(), fields);
        let version = response.version();
        let hop = HopFields::take(response.headers_mut());
        if matches!(self.lane, Lane::Shared(..)) {
            append_via(response.headers_mut(), version); // inside a tunnel nobody expects a proxy
        }
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return self.upgraded(record, response, &hop);
        }
        let (mut head, body) = response.into_parts();
        head.version = Version::HTTP_11;
        if !body.is_end_stream() && body.size_hint().exact().is_none() {
            // It comes in chunks or up to the end of the connection; a length beside that is void.
            head.headers.remove(CONTENT_LENGTH);
        }
        let content = Content {
            content_type: text(&head.headers, CONTENT_TYPE),
            content_encoding: text(&head.headers, CONTENT_ENCODING),
        };
        let idle = self.connection.door.timeouts.answer_idle;
        let body = AnswerBody::new(body, record, self.sent, content, (kept, self.lane), idle);
        Response::from_parts(head, DoorBody::Answer(Box::new(body)))
    }

    /// Lets both sides leave HTTP, if the app asked for it.
    fn upgraded(self, record: DialRecord, mut response: Response<Incoming>, hop: &HopFields) -> Response<DoorBody> {
        let Some(app) = self.upgrade.take_if(|_| self.asks_upgrade) else {
            return failed(record, Outcome::BadAnswer, Failure::NoHttp);
        };
        let destination = hyper::upgrade::on(&mut response);
        let connection = Arc::clone(self.connection);
        tokio::spawn(async move {
            let idle = connection.door.timeouts.upgrade_idle;
            let relaying = async {
                let (Ok(app), Ok(destination)) = tokio::join!(app, destination) else { return };
                let relayed = relay(TokioIo::new(app), TokioIo::new(destination), idle).await;
                record.ended(relayed.received, relayed.sent);
            };
            tokio::select! {
                () = relaying => {}
                () = connection.stopped.at_once() => {}
            }
        });
        hop.write(response.headers_mut());
        response.map(|_| DoorBody::empty())
    }

    /// The connection ended before an answer, or what came was none.
    fn lost(self, record: DialRecord, error: &hyper::Error) -> Response<DoorBody> {
        if error.is_user() {
            // The app's own body broke off; nobody is to blame but the app.
            let reference = record.reference();
            record.ended(0, self.sent.bytes());
            return Failure::Request("the request's body broke off").response(Some(reference));
        }
        if error.is_parse() {
            return failed(record, Outcome::BadAnswer, Failure::NoHttp);
        }
        failed(record, Outcome::Reset, Failure::Terminated)
    }

    fn timed_out(self, record: DialRecord) -> Response<DoorBody> {
        let reference = record.reference();
        record.ended(0, self.sent.bytes()); // connected, and no answer
        Failure::AnswerTimedOut.response(Some(reference))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<Box<str>> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(Box::from)
}

fn not_connected(record: DialRecord, error: &ConnectError) -> Response<DoorBody> {
    let reference = record.reference();
    record.failed(error.kind.outcome(), error.address);
    Failure::Connect(error.kind).response(Some(reference))
}

fn failed(record: DialRecord, outcome: Outcome, failure: Failure) -> Response<DoorBody> {
    let reference = record.reference();
    record.failed(outcome, None);
    failure.response(Some(reference))
}

/// The record of a dial that has no connection yet. Dropped, because the app lost patience, it says
/// so: a dial that came to nothing in time is what a sweep of ports looks like.
struct Unconnected {
    record: Option<DialRecord>,
    address: Option<IpAddr>,
}

impl Unconnected {
    fn new(record: DialRecord, permit: &Permit) -> Self {
        Self { record: Some(record), address: permit.addresses().first().copied() }
    }

    fn take(mut self) -> DialRecord {
        self.record.take().expect("a record is taken once, by value")
    }

    fn connected(self, address: IpAddr) -> DialRecord {
        let mut record = self.take();
        record.connected(address);
        record
    }
}

impl Drop for Unconnected {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            record.failed(Outcome::TimedOut, self.address);
        }
    }
}
