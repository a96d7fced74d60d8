//! The bodies of responses: an answer on its way through, or the door's own words.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use super::lane::{Kept, Lane};
use super::request_body::Sent;
use crate::body::Prefix;
use crate::gate::{AnswerPrefix, DialRecord};

/// The body of a response to the app.
pub(super) enum DoorBody {
    /// The door's own words.
    Text(Bytes),
    /// What the destination answers.
    Answer(Box<AnswerBody>),
}

impl DoorBody {
    /// The door's own words.
    pub(super) fn text(text: Bytes) -> Self {
        Self::Text(text)
    }

    /// No body.
    pub(super) fn empty() -> Self {
        Self::Text(Bytes::new())
    }
}

/// An answer's body broke off; the connection to the app does so too.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerError {
    /// The destination's side failed.
    #[error("the answer broke off")]
    Broken(#[from] hyper::Error),
    /// The destination sent nothing for too long.
    #[error("the answer stalled")]
    Stalled,
}

/// What the head of an answer says of its body.
pub(super) struct Content {
    pub(super) content_type: Option<Box<str>>,
    pub(super) content_encoding: Option<Box<str>>,
}

/// An answer that streams through. It counts its bytes, keeps the prefix that is fingerprinted and searched,
/// and gives the connection back at its end.
pub(super) struct AnswerBody {
    inner: Incoming,
    record: Option<DialRecord>,
    received: u64,
    sent: Sent,
    /// The prefix of an answer that someone may have ordered.
    prefix: Option<(Prefix, Content)>,
    kept: Option<(Kept, Lane)>,
    idle: Duration,
    stall: Option<Pin<Box<Sleep>>>,
}

impl AnswerBody {
    /// A body that has not begun to stream.
    pub(super) fn new(
        inner: Incoming,
        record: DialRecord,
        sent: Sent,
        content: Content,
        (kept, lane): (Kept, Lane),
        idle: Duration,
    ) -> Self {
        let wanted = record.answer_bytes();
        let prefix = (wanted > 0).then(|| (Prefix::new(wanted), content));
        let kept = Some((kept, lane));
        let mut body = Self { inner, record: Some(record), received: 0, sent, prefix, kept, idle, stall: None };
        if body.inner.is_end_stream() {
            body.finish();
        }
        body
    }

    /// Takes note of bytes before they go on. An answer is read before its last byte is forwarded, so that
    /// it is known when the app passes it to its caller, or fetches what it names; where the length is not
    /// known, before the end is.
    fn note(&mut self, data: &Bytes) {
        self.received += data.len() as u64;
        let Some((prefix, _)) = &mut self.prefix else { return };
        prefix.push(data);
        if prefix.is_full() && !self.inner.is_end_stream() {
            self.give_prefix(false);
        }
    }

    /// Has the prefix read. `is_whole`: whether the body ends here.
    fn give_prefix(&mut self, is_whole: bool) {
        if let (Some((prefix, content)), Some(record)) = (self.prefix.take(), &mut self.record) {
            record.answer_body(&AnswerPrefix {
                content_type: content.content_type.as_deref(),
                content_encoding: content.content_encoding.as_deref(),
                bytes: prefix.as_slice(),
                complete: is_whole && !prefix.is_cut(),
            });
        }
    }

    /// The answer is whole.
    fn finish(&mut self) {
        self.give_prefix(true);
        if let Some(record) = self.record.take() {
            record.ended(self.received, self.sent.bytes());
        }
        if let Some((kept, lane)) = self.kept.take() {
            lane.give_back(kept);
        }
    }

    /// The answer is not whole. What came of it has come all the same: the record says so, and how much.
    fn fail(&mut self, error: AnswerError) -> AnswerError {
        self.give_prefix(false);
        self.kept = None;
        if let Some(record) = self.record.take() {
            record.ended(self.received, self.sent.bytes());
        }
        error
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        self.stall.get_or_insert_with(|| Box::pin(sleep(idle))).as_mut().poll(cx)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
            ready!(self.poll_stall(cx));
            return Poll::Ready(Some(Err(self.fail(AnswerError::Stalled))));
        };
        let idle = self.idle;
        if let Some(stall) = &mut self.stall {
            stall.as_mut().reset(Instant::now() + idle);
        }
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.note(data);
                }
                if self.inner.is_end_stream() {
                    self.finish();
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => Some(Err(self.fail(error.into()))),
            None => {
                self.finish();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The app went away: what was received so far is read and reported, and the connection is closed. Readers
/// of link previews do so behind the head of a page.
impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.give_prefix(false);
        if let Some(record) = self.record.take() {
            record.ended(self.received, self.sent.bytes());
        }
    }
}

impl Body for DoorBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        match self.get_mut() {
            Self::Text(text) if text.is_empty() => Poll::Ready(None),
            Self::Text(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Self::Answer(body) => Pin::new(&mut **body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Answer(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => SizeHint::with_exact(text.len() as u64),
            Self::Answer(body) => body.size_hint(),
        }
    }
}
