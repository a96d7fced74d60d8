//! The app's request body on its way to the destination.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// A request's body; its bytes are counted as they go.
pub(super) enum RequestBody {
    /// None.
    Empty,
    /// What the app sends.
    Streaming(Incoming, Arc<AtomicU64>),
}

/// How much of a request's body was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(Option<Arc<AtomicU64>>);

impl Sent {
    pub(super) fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |bytes| bytes.load(Ordering::Relaxed))
    }
}

impl RequestBody {
    /// The body and its count. Nothing is counted where there is nothing.
    pub(super) fn counted(body: Incoming) -> (Self, Sent) {
        if body.is_end_stream() {
            return (Self::Empty, Sent::default());
        }
        let bytes = Arc::new(AtomicU64::new(0));
        (Self::Streaming(body, Arc::clone(&bytes)), Sent(Some(bytes)))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Streaming(body, bytes) => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
                    bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Streaming(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Streaming(body, _) => body.size_hint(),
        }
    }
}
