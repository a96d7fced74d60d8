//! One visible request and its answer.

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use http::header::{CONTENT_ENCODING, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::upgrade::OnUpgrade;
use sortie_model::event::Outcome;
use tokio::time::timeout;

use super::answer::{AnswerBody, DoorBody};
use super::failure::Failure;
use super::headers;
use super::lane::{Kept, Lane};
use super::relay::relay_upgrades;
use super::request_body::{RequestBody, Sent};
use crate::dial::ConnectError;
use crate::gate::DialRecord;
use crate::permit::Permit;
use crate::timeouts::Timeouts;

/// A request that may be sent.
pub(super) struct Exchange {
    pub(super) record: DialRecord,
    pub(super) permit: Permit,
    pub(super) lane: Lane,
    pub(super) request: Request<RequestBody>,
    pub(super) sent: Sent,
    /// The app's side of an upgrade that it asks for.
    pub(super) upgrade: Option<OnUpgrade>,
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

impl Exchange {
    /// Sends the request over a kept or a new connection; the response streams.
    pub(super) async fn run(self, timeouts: &Timeouts) -> Response<DoorBody> {
        let Self { record, permit, lane, mut request, sent, upgrade } = self;
        let record = Unconnected::new(record, &permit);
        if let Some(kept) = lane.take(&permit, is_repeatable(&request)).await {
            let address = kept.address;
            let again = is_repeatable(&request).then(|| head_of(&request));
            match send(kept, request, &sent, timeouts.answer_head).await {
                Sending::Answered(response, kept) => {
                    let record = record.connected(address);
                    return answered(record, response, sent, upgrade, (kept, lane), timeouts);
                }
                Sending::Unsent(unsent) => request = unsent,
                // The destination closed an idle connection just then: the usual race.
                Sending::Lost(error) => match again {
                    Some(again) => request = again,
                    None => return lost(record.connected(address), &error),
                },
                Sending::TimedOut => return timed_out(record.connected(address), &sent),
            }
        }
        let kept = match Kept::open(&permit, timeouts.connect, lane.keeps_case()).await {
            Ok(kept) => kept,
            Err(error) => return not_connected(record.take(), &error),
        };
        let record = record.connected(kept.address);
        match send(kept, request, &sent, timeouts.answer_head).await {
            Sending::Answered(response, kept) => answered(record, response, sent, upgrade, (kept, lane), timeouts),
            Sending::Unsent(_) => terminated(record),
            Sending::Lost(error) => lost(record, &error),
            Sending::TimedOut => timed_out(record, &sent),
        }
    }
}

/// Whether a request may be sent a second time without the app's knowing (RFC 9110 §9.2.2).
fn is_repeatable(request: &Request<RequestBody>) -> bool {
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

async fn send(mut kept: Kept, request: Request<RequestBody>, sent: &Sent, within: Duration) -> Sending {
    let sending = kept.sender.try_send_request(request);
    match while_moving(sending, sent, within).await {
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

/// Waits `within`, and again as long as the request's body moves.
async fn while_moving<F: Future>(future: F, sent: &Sent, within: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    loop {
        let before = sent.bytes();
        if let Ok(output) = timeout(within, &mut future).await {
            return Some(output);
        }
        if sent.bytes() == before {
            return None;
        }
    }
}

fn answered(
    mut record: DialRecord,
    mut response: Response<Incoming>,
    sent: Sent,
    upgrade: Option<OnUpgrade>,
    kept: (Kept, Lane),
    timeouts: &Timeouts,
) -> Response<DoorBody> {
    let location = text(response.headers(), LOCATION.as_str());
    record.answered(response.status().as_u16(), location);
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return upgraded(record, response, upgrade, timeouts);
    }
    headers::strip_hop_by_hop(response.headers_mut(), false);
    if matches!(kept.1, Lane::Shared(..)) {
        headers::append_via(response.headers_mut()); // inside a tunnel nobody expects a proxy
    }
    *response.version_mut() = Version::HTTP_11;
    let (head, body) = response.into_parts();
    let content_encoding = text(&head.headers, CONTENT_ENCODING.as_str());
    let body = AnswerBody::new(body, record, sent, content_encoding, kept, timeouts.answer_idle);
    Response::from_parts(head, DoorBody::Answer(Box::new(body)))
}

fn upgraded(
    record: DialRecord,
    mut response: Response<Incoming>,
    upgrade: Option<OnUpgrade>,
    timeouts: &Timeouts,
) -> Response<DoorBody> {
    let Some(app) = upgrade else {
        // A 101 that nobody asked for.
        record.failed(Outcome::BadAnswer, None);
        return Failure::NoHttp.response(None);
    };
    let destination = hyper::upgrade::on(&mut response);
    headers::strip_hop_by_hop(response.headers_mut(), true);
    tokio::spawn(relay_upgrades(app, destination, record, timeouts.upgrade_idle));
    response.map(|_| DoorBody::empty())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn not_connected(record: DialRecord, error: &ConnectError) -> Response<DoorBody> {
    let reference = record.reference();
    record.failed(error.kind.outcome(), error.address);
    Failure::Connect(error.kind).response(Some(reference))
}

fn terminated(record: DialRecord) -> Response<DoorBody> {
    let reference = record.reference();
    record.failed(Outcome::Reset, None);
    Failure::Terminated.response(Some(reference))
}

fn lost(record: DialRecord, error: &hyper::Error) -> Response<DoorBody> {
    if !error.is_parse() {
        return terminated(record);
    }
    let reference = record.reference();
    record.failed(Outcome::BadAnswer, None);
    Failure::NoHttp.response(Some(reference))
}

fn timed_out(record: DialRecord, sent: &Sent) -> Response<DoorBody> {
    let reference = record.reference();
    record.ended(0, sent.bytes()); // connected, and no answer
    Failure::AnswerTimedOut.response(Some(reference))
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
