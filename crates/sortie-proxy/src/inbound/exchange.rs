//! What the two halves of an exchange share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use parking_lot::Mutex;
use sortie_engine::websocket::Message;
use sortie_model::{Reference, Unanswered};

use super::refusal::Failure;
use crate::body::{Inspector, Prefix, Refused, Release};
use crate::gate::{InboundBody, Reading, Refusal, Ticket, fields};

/// An exchange in progress. The request's body holds it and so does the response's, which may end
/// in either order; with the last of them the exchange ends, and is told so.
#[derive(Debug)]
pub(super) struct Exchange {
    state: Mutex<State>,
    reference: Option<Reference>,
    /// Pieces of the request's body that went on.
    moves: AtomicU32,
    /// Bytes of it.
    passed: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// `None` after the end only.
    ticket: Option<Ticket>,
    refusal: Option<Refusal>,
    status: Option<u16>,
    bytes: u64,
}

/// The two fields that say how a body is to be read.
#[derive(Clone, Debug)]
pub(super) struct ContentKind {
    kind: Option<HeaderValue>,
    coding: Option<HeaderValue>,
}

impl ContentKind {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self { kind: joined(headers, header::CONTENT_TYPE), coding: joined(headers, header::CONTENT_ENCODING) }
    }

    fn texts(&self) -> (Option<&str>, Option<&str>) {
        (text(self.kind.as_ref()), text(self.coding.as_ref()))
    }

    fn body<'a>(&'a self, bytes: &'a [u8], complete: bool) -> InboundBody<'a> {
        let (content_type, content_encoding) = self.texts();
        InboundBody { content_type, content_encoding, bytes, complete }
    }
}

/// The field's value; several lines are one list (RFC 9110 §5.3), of which programs take one or another.
pub(super) fn joined(headers: &HeaderMap, name: HeaderName) -> Option<HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    let rest: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
    if rest.is_empty() {
        return Some(first.clone());
    }
    let all = [&[first.as_bytes()], &rest[..]].concat().join(&b", "[..]);
    HeaderValue::from_bytes(&all).ok()
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

impl Exchange {
    pub(super) fn begin(ticket: Ticket) -> Arc<Self> {
        let reference = ticket.reference();
        let state = State { ticket: Some(ticket), refusal: None, status: None, bytes: 0 };
        Arc::new(Self { state: Mutex::new(state), reference, moves: AtomicU32::new(0), passed: AtomicU64::new(0) })
    }

    pub(super) fn reference(&self) -> Option<Reference> {
        self.reference
    }

    /// Why the exchange failed: the refusal of the request's body if there is one, else what the
    /// door saw.
    pub(super) fn refused_or(&self, otherwise: Failure) -> Failure {
        self.state.lock().refusal.map_or(otherwise, Failure::Refused)
    }

    /// How many pieces of the request's body went on.
    pub(super) fn moves(&self) -> u32 {
        self.moves.load(Ordering::Relaxed)
    }

    /// How many of the first bytes of an upgraded connection are read.
    pub(super) fn message_limit(&self) -> usize {
        self.state.lock().ticket.as_ref().map_or(0, Ticket::message_limit)
    }

    /// Judges a message of the upgraded connection.
    pub(super) fn inspect_message(&self, message: &Message) -> Result<Reading, Refused> {
        self.judge(|ticket| ticket.inspect_message(message), Reading::Over)
    }

    /// What follows on the upgraded connection is not read.
    pub(super) fn goes_unread(&self) {
        if let Some(ticket) = &mut self.state.lock().ticket {
            ticket.goes_unread();
        }
    }

    /// Has something judged, unless the exchange is `over`.
    fn judge<T>(&self, judge: impl FnOnce(&mut Ticket) -> Result<T, Refusal>, over: T) -> Result<T, Refused> {
        let mut state = self.state.lock();
        let Some(ticket) = &mut state.ticket else { return Ok(over) };
        judge(ticket).map_err(|refusal| {
            state.refusal = Some(refusal);
            Refused
        })
    }

    /// The response begins. Says how many of its first bytes are wanted.
    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap) -> usize {
        let mut state = self.state.lock();
        state.status = Some(status.as_u16());
        let Some(ticket) = &mut state.ticket else { return 0 };
        ticket.answered(status.as_u16(), headers.get_all(header::SET_COOKIE).iter().map(HeaderValue::as_bytes));
        ticket.watches()
    }

    /// The back end gave no answer.
    pub(super) fn unanswered(&self, why: Unanswered) {
        if let Some(ticket) = &mut self.state.lock().ticket {
            ticket.unanswered(why);
        }
    }

    /// The response's body is over, as far as it got.
    pub(super) fn answer_ended(&self, bytes: u64, kept: Option<&(Prefix, ContentKind)>) {
        let mut state = self.state.lock();
        state.bytes = bytes;
        if let (Some(ticket), Some((prefix, content))) = (&mut state.ticket, kept) {
            let (kind, coding) = content.texts();
            ticket.response_prefix(kind, coding, prefix.as_slice());
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if let Some(mut ticket) = state.ticket.take() {
            ticket.body_passed(*self.passed.get_mut());
            ticket.end(state.status, state.bytes);
        }
    }
}

/// Has a request's body judged under the exchange's ticket.
#[derive(Debug)]
pub(super) struct BodyInspector {
    pub(super) exchange: Arc<Exchange>,
    pub(super) content: ContentKind,
}

impl Inspector for BodyInspector {
    fn inspect_beginning(&mut self, bytes: &[u8]) -> Result<Release, Refused> {
        self.exchange.judge(|ticket| ticket.inspect_beginning(&self.content.body(bytes, false)), Release::Now)
    }

    fn inspect(&mut self, bytes: &[u8], complete: bool) -> Result<(), Refused> {
        self.exchange.judge(|ticket| ticket.inspect(&self.content.body(bytes, complete)), ())
    }

    fn inspect_trailers(&mut self, trailers: &HeaderMap) -> Result<(), Refused> {
        self.exchange.judge(|ticket| ticket.inspect_trailers(&fields(trailers)), ())
    }

    fn moved(&mut self, bytes: usize) {
        self.exchange.moves.fetch_add(1, Ordering::Relaxed);
        self.exchange.passed.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
