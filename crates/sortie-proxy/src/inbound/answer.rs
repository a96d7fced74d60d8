//! A response's body on its way to the client.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use tokio::time::{Instant, Sleep, sleep};

use super::exchange::{ContentKind, Exchange};
use super::request_body::RequestBody;
use crate::body::Prefix;
use crate::pool::Pool;

/// The body of a response.
#[derive(Debug)]
pub(super) enum AnswerBody {
    /// The door's own.
    Fixed(Option<Bytes>),
    /// The back end's.
    Streaming(Box<AnswerStream>),
}

/// The back end's body did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("the back end's answer broke off")]
    BrokeOff(#[source] hyper::Error),
    #[error("the back end's answer stood still for too long")]
    Stalled,
}

/// The back end's body, with the connection it comes over: that goes back to the pool when the body
/// came to its end, and is closed otherwise.
#[derive(Debug)]
pub(super) struct AnswerStream {
    body: Incoming,
    has_ended: bool,
    connection: Option<(SendRequest<RequestBody>, Arc<Pool<RequestBody>>)>,
    exchange: Arc<Exchange>,
    kept: Option<(Prefix, ContentKind)>,
    bytes: u64,
    idle: Duration,
    /// Set only while the back end keeps the door waiting.
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl AnswerBody {
    pub(super) fn fixed(bytes: Bytes) -> Self {
        Self::Fixed(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl AnswerStream {
    /// A body of an exchange that has its status. `kept`: room for its first bytes, where they are
    /// wanted, and how they are to be read.
    pub(super) fn new(
        body: Incoming,
        exchange: Arc<Exchange>,
        connection: (SendRequest<RequestBody>, Arc<Pool<RequestBody>>),
        kept: Option<(Prefix, ContentKind)>,
        idle: Duration,
    ) -> Self {
        Self {
            body,
            has_ended: false,
            connection: Some(connection),
            exchange,
            kept,
            bytes: 0,
            idle,
            timer: None,
            is_waiting: false,
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending if self.has_stalled(cx) => return Poll::Ready(Some(Err(AnswerError::Stalled))),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(frame) => frame,
        };
        self.is_waiting = false;
        match frame {
            None => {
                self.has_ended = true;
                Poll::Ready(None)
            }
            Some(Err(error)) => Poll::Ready(Some(Err(AnswerError::BrokeOff(error)))),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.note(data);
                }
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }

    fn note(&mut self, data: &Bytes) {
        self.bytes += data.len() as u64;
        if let Some((prefix, _)) = &mut self.kept {
            prefix.push(data);
        }
    }

    fn has_stalled(&mut self, cx: &mut Context<'_>) -> bool {
        let idle = self.idle;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(idle)));
        if !self.is_waiting {
            self.is_waiting = true;
            timer.as_mut().reset(Instant::now() + idle);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        self.exchange.answer_ended(self.bytes, self.kept.as_ref());
        let came_to_its_end = self.has_ended || self.body.is_end_stream();
        if let Some((sender, pool)) = self.connection.take().filter(|_| came_to_its_end) {
            pool.put(sender);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        match self.get_mut() {
            Self::Fixed(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streaming(stream) => stream.poll_next(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Fixed(bytes) => bytes.is_none(),
            Self::Streaming(stream) => stream.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Fixed(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Streaming(stream) => stream.body.size_hint(),
        }
    }
}
