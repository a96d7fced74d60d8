//! A request's body that is inspected while it passes.

use std::collections::VecDeque;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use sortie_model::limits::HOLD_MICROS;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::prefix::Prefix;

/// How long pieces that were read wait for more before they are judged without it: so long where nothing
/// was read before.
const SHORTEST_HOLD: Duration = Duration::from_millis(5);
/// And so long again for so many bytes of the prefix, for all of it is read again each time: reading
/// takes the same small part of the time whatever the length.
const HOLD_PER: usize = 8 * 1024;

/// Judges a prefix. Implemented by what knows the request's ticket.
pub trait Inspector {
    /// Judges the prefix read so far, while more is to come. An error means that the request is refused:
    /// no further byte of it goes on.
    fn inspect_beginning(&mut self, bytes: &[u8]) -> Result<Release, Refused>;

    /// Judges the whole prefix; `complete` says that it is the whole body. Nothing but trailers is judged
    /// after it. An error as above.
    fn inspect(&mut self, bytes: &[u8], complete: bool) -> Result<(), Refused>;

    /// Judges the fields behind the body, the last that is judged. An error means that the request is
    /// refused: it never comes to its end.
    fn inspect_trailers(&mut self, fields: &HeaderMap) -> Result<(), Refused>;

    /// A piece of the body, of so many bytes, is about to go on.
    fn moved(&mut self, bytes: usize);
}

/// When the pieces of a beginning go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// At once.
    Now,
    /// Not before more was read and judged with them.
    WithMore,
}

/// The request is refused; the inspector knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// A request's body did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// What it carries is refused.
    #[error("the request is refused")]
    Refused,
    /// The client broke it off, or its framing broke.
    #[error("the client's body broke off")]
    Client(#[source] Box<dyn Error + Send + Sync>),
}

/// A body of whose prefix no byte goes on before it was judged: a back end that reads as the body streams
/// obeys what it has, whatever is still to come.
///
/// Pieces wait until the prefix is there, or a few milliseconds have passed; then what there is of it is
/// judged as a beginning, so that nothing stalls. The end of the body, without which no back end takes it
/// for whole, waits for the last judgement, and trailers for their own.
#[derive(Debug)]
pub struct InspectBody<I, B = Incoming> {
    body: B,
    inspector: I,
    /// Read and not passed on yet.
    held: VecDeque<Frame<Bytes>>,
    /// Frames at the front of `held` that may go on.
    released: usize,
    inspection: Option<Inspection>,
    timer: Option<Pin<Box<Sleep>>>,
    has_ended: bool,
}

/// The inspection of a body, until its last call.
#[derive(Debug)]
struct Inspection {
    prefix: Prefix,
    /// Bytes of the body, where its length is known.
    length: Option<u64>,
    /// Bytes seen.
    seen: u64,
    /// Bytes of the prefix that were judged as a beginning.
    judged: usize,
}

impl<I, B> InspectBody<I, B>
where
    I: Inspector + Unpin,
    B: Body<Data = Bytes> + Unpin,
    B::Error: Error + Send + Sync + 'static,
{
    /// A body of which the first `limit` bytes are judged; 0 for none.
    pub fn new(body: B, limit: usize, inspector: I) -> Self {
        let length = body.size_hint().exact();
        let inspection = Inspection { prefix: Prefix::new(limit), length, seen: 0, judged: 0 };
        Self {
            body,
            inspector,
            held: VecDeque::new(),
            released: 0,
            inspection: (limit > 0).then_some(inspection),
            timer: None,
            has_ended: false,
        }
    }

    /// Reads up to `bytes` or for `time`, and has it judged before anything goes on.
    pub async fn hold(&mut self, bytes: usize, time: Duration) -> Result<(), BodyError> {
        let mut timer = Box::pin(sleep_until(Instant::now() + time));
        poll_fn(|cx| {
            while self.has_more_to_judge(bytes) {
                match Pin::new(&mut self.body).poll_frame(cx) {
                    Poll::Ready(frame) => self.take(frame)?,
                    Poll::Pending => {
                        ready!(timer.as_mut().poll(cx));
                        break;
                    }
                }
            }
            Poll::Ready(self.judge_beginning())
        })
        .await
    }

    fn has_more_to_judge(&self, bytes: usize) -> bool {
        self.inspection.as_ref().is_some_and(|inspection| inspection.seen < bytes as u64)
    }

    /// Takes what the body gave, and judges where that completes the prefix.
    fn take(&mut self, frame: Option<Result<Frame<Bytes>, B::Error>>) -> Result<(), BodyError> {
        let Some(frame) = broke_off(frame)? else {
            self.has_ended = true;
            self.judge_last(true)?;
            self.release();
            return Ok(());
        };
        let is_last = match (&mut self.inspection, frame.data_ref()) {
            (Some(inspection), Some(data)) => inspection.completes(data),
            _ => frame.is_trailers().then_some(true),
        };
        if let Some(complete) = is_last {
            self.judge_last(complete)?;
        }
        self.judge_trailers(&frame)?;
        self.held.push_back(frame);
        if is_last.is_some() {
            self.release();
        }
        Ok(())
    }

    fn judge_trailers(&mut self, frame: &Frame<Bytes>) -> Result<(), BodyError> {
        let Some(fields) = frame.trailers_ref() else { return Ok(()) };
        self.inspector.inspect_trailers(fields).map_err(|Refused| BodyError::Refused)
    }

    fn judge_last(&mut self, complete: bool) -> Result<(), BodyError> {
        if let Some(Inspection { prefix, .. }) = self.inspection.take() {
            let complete = complete && !prefix.is_cut();
            self.inspector.inspect(prefix.as_slice(), complete).map_err(|Refused| BodyError::Refused)?;
        }
        Ok(())
    }

    fn judge_beginning(&mut self) -> Result<(), BodyError> {
        let Some(inspection) = &mut self.inspection else { return Ok(()) };
        let bytes = inspection.prefix.as_slice();
        inspection.judged = bytes.len();
        match self.inspector.inspect_beginning(bytes) {
            Ok(Release::Now) => self.release(),
            Ok(Release::WithMore) => {}
            Err(Refused) => return Err(BodyError::Refused),
        }
        Ok(())
    }

    fn release(&mut self) {
        self.released = self.held.len();
        self.timer = None;
    }

    /// Waits for more, but not for long: then what is held is judged without it.
    fn poll_hold(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        let hold = match &self.inspection {
            Some(inspection) if inspection.has_unjudged() => inspection.hold(),
            _ => return Poll::Pending,
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(hold)));
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        Poll::Ready(self.judge_beginning())
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame<Bytes>>, BodyError>> {
        loop {
            if self.released > 0 {
                self.released -= 1;
                let frame = self.held.pop_front();
                self.inspector.moved(bytes_of(frame.as_ref()));
                return Poll::Ready(Ok(frame));
            }
            if self.has_ended {
                return Poll::Ready(Ok(None));
            }
            if self.inspection.is_none() {
                let frame = broke_off(ready!(Pin::new(&mut self.body).poll_frame(cx)))?;
                self.has_ended = frame.is_none();
                frame.as_ref().map_or(Ok(()), |frame| self.judge_trailers(frame))?;
                self.inspector.moved(bytes_of(frame.as_ref()));
                return Poll::Ready(Ok(frame));
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(frame) => self.take(frame)?,
                Poll::Pending => ready!(self.poll_hold(cx))?,
            }
        }
    }
}

fn bytes_of(frame: Option<&Frame<Bytes>>) -> usize {
    frame.and_then(Frame::data_ref).map_or(0, Bytes::len)
}

fn broke_off<E>(frame: Option<Result<Frame<Bytes>, E>>) -> Result<Option<Frame<Bytes>>, BodyError>
where
    E: Error + Send + Sync + 'static,
{
    frame.transpose().map_err(|error| BodyError::Client(Box::new(error)))
}

impl Inspection {
    fn has_unjudged(&self) -> bool {
        self.prefix.as_slice().len() > self.judged
    }

    /// How long what is not judged waits for more.
    fn hold(&self) -> Duration {
        let steps = 1 + self.prefix.as_slice().len() / HOLD_PER;
        (SHORTEST_HOLD * steps as u32).min(Duration::from_micros(HOLD_MICROS))
    }

    /// Adds a piece; says whether the inspection is now at its end, and with the whole body.
    fn completes(&mut self, data: &Bytes) -> Option<bool> {
        self.seen += data.len() as u64;
        self.prefix.push(data);
        if self.length.is_some_and(|length| self.seen >= length) {
            return Some(true);
        }
        // A full prefix of unknown length may be the whole body: the next piece or the end tells.
        let is_more_to_come = self.length.is_some() || self.prefix.is_cut();
        (self.prefix.is_full() && is_more_to_come).then_some(false)
    }
}

impl<I, B> Body for InspectBody<I, B>
where
    I: Inspector + Unpin,
    B: Body<Data = Bytes> + Unpin,
    B::Error: Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let next = ready!(this.poll_next(cx));
        if next.is_err() {
            this.has_ended = true;
            this.held.clear();
            this.released = 0;
        }
        Poll::Ready(next.transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.inspection.is_none() && (self.has_ended || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let held: u64 = self.held.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum();
        match self.body.size_hint().exact() {
            Some(left) => SizeHint::with_exact(left + held),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests;
