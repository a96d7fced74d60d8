//! The scanner applied to a stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::clock::{StallClock, Wait};
use super::closing::Closing;
use super::handle::GuardHandle;
use super::head::Role;
use super::held::Held;
use super::problem::{FramingCounts, Problem};
use super::scanner::{Phase, Scanned, Scanner, Then};
use crate::timeouts::Timeouts;

/// Bytes read at once while an element is incomplete.
const SLOW_READ: usize = 4096;

/// A stream from a client whose requests are read strictly before hyper sees them.
///
/// In the ordinary case the reader's own buffer is filled and only looked at. An element that is
/// cut by the end of a read is held until it is whole. After a refusal the reader sees the end of
/// the stream, so exchanges in progress come to their end; when it shuts the stream down, the
/// refusal is written. Made for a hyper server with `half_close(true)` and without its own head
/// timeout: the guard keeps the clocks of the client's side ([`Timeouts`]).
#[derive(Debug)]
pub struct Guarded<IO> {
    io: IO,
    scanner: Scanner,
    held: Held,
    /// A refusal, or a stall: nothing is read any more.
    ended: Option<End>,
    /// The reader has seen the end.
    told_end: bool,
    clock: StallClock,
    closing: Closing,
    linger: Duration,
    handle: GuardHandle,
    counts: Arc<FramingCounts>,
}

/// Why nothing is read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client closed its side, or stood idle between requests.
    Quiet,
    /// Between two messages: no service will answer this, so the guard does.
    Unanswered(Problem),
    /// Inside a body: the service that reads it answers.
    InBody(Problem),
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Guarded<IO> {
    /// Puts a guard before `io`. The handle is for the service.
    pub fn new(io: IO, role: Role, timeouts: &Timeouts, counts: Arc<FramingCounts>) -> (Self, GuardHandle) {
        let handle = GuardHandle::new();
        let guarded = Self {
            io,
            scanner: Scanner::new(role),
            held: Held::default(),
            ended: None,
            told_end: false,
            clock: StallClock::new(timeouts),
            closing: Closing::Open,
            linger: timeouts.linger,
            handle: handle.clone(),
            counts,
        };
        (guarded, handle)
    }

    /// Reads into the reader's own buffer and cuts off what may not go on yet.
    fn poll_fast(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.poll_io(cx, buf))?;
        let fresh = &buf.filled()[before..];
        let scanned = self.scanner.scan(fresh);
        self.held.keep(&fresh[scanned.pass..]);
        buf.set_filled(before + scanned.pass);
        self.note(scanned);
        Poll::Ready(Ok(()))
    }

    /// Reads on where an element is incomplete.
    fn poll_slow(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut block = [0; SLOW_READ];
        let mut fresh = ReadBuf::new(&mut block);
        ready!(self.poll_io(cx, &mut fresh))?;
        if self.ended.is_none() {
            self.held.keep(fresh.filled());
            self.scan_held();
        }
        Poll::Ready(Ok(()))
    }

    fn scan_held(&mut self) {
        let scanned = self.scanner.scan(self.held.incomplete());
        self.held.pass(scanned.pass);
        self.note(scanned);
    }

    /// Reads from the stream, or finds that it has ended.
    fn poll_io(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buf)? {
            Poll::Pending if self.has_stalled(cx) => {}
            Poll::Pending => return Poll::Pending,
            Poll::Ready(()) if buf.filled().len() > before => {}
            Poll::Ready(()) => self.end(End::Quiet),
        }
        Poll::Ready(Ok(()))
    }

    /// Looks at the clock while the client sends nothing; ends the stream after a stall too long.
    fn has_stalled(&mut self, cx: &mut Context<'_>) -> bool {
        let (wait, end) = match self.scanner.phase() {
            Phase::Head if self.held.is_empty() => (Wait::Idle, End::Quiet),
            Phase::Head => (Wait::Head, End::Unanswered(Problem::HeadTimedOut)),
            Phase::Body => (Wait::Body, End::InBody(Problem::BodyTimedOut)),
            Phase::Undecided | Phase::Aside | Phase::Refused => return false,
        };
        let too_long = self.clock.read_waits(cx, wait);
        if too_long {
            self.end(end);
        }
        too_long
    }

    /// Takes note of what the scanner said.
    fn note(&mut self, scanned: Scanned) {
        self.clock.read_moved(scanned.pass > 0);
        let oddities = self.scanner.take_oddities();
        if !oddities.is_empty() {
            self.counts.count_odd(oddities);
        }
        if let Then::Refused { problem, in_body } = scanned.then {
            self.end(if in_body { End::InBody(problem) } else { End::Unanswered(problem) });
        }
    }

    /// Stops reading. What has passed is still handed over.
    fn end(&mut self, end: End) {
        self.ended = Some(end);
        self.held.refuse_rest();
        if let End::Unanswered(problem) | End::InBody(problem) = end {
            self.counts.count_refused(problem);
            self.handle.0.lock().problem = Some(problem);
        }
    }

    /// Waits for the decision on a request that asked to leave HTTP.
    fn poll_decision(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.handle.0.lock();
        let Some(granted) = shared.decision.take() else {
            shared.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        drop(shared);
        self.scanner.decide(granted);
        self.scan_held();
        Poll::Ready(())
    }

    /// The first step of the end of the stream.
    fn begin_closing(&self) -> Closing {
        let answer = match self.ended {
            // A reader that has not seen the end closes for reasons of its own.
            Some(End::Unanswered(problem)) if self.told_end => Some(problem),
            _ => None,
        };
        let is_mid_message = match self.scanner.phase() {
            Phase::Head => !self.held.is_empty(),
            Phase::Body | Phase::Undecided | Phase::Refused => true,
            Phase::Aside => false,
        };
        Closing::begin(answer, is_mid_message)
    }

    /// Keeps the clock of the client's reading.
    fn written(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Pending if self.scanner.phase() == Phase::Aside => Poll::Pending,
            Poll::Pending if self.clock.write_waits(cx) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
            Poll::Ready(result) => {
                self.clock.write_moved();
                Poll::Ready(result)
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        while buf.filled().len() == before {
            buf.put_slice(this.held.give(buf.remaining()));
            if buf.filled().len() > before {
                break;
            }
            if this.ended.is_some() {
                this.told_end = true;
                break;
            }
            match this.scanner.phase() {
                Phase::Undecided => ready!(this.poll_decision(cx)),
                Phase::Aside if this.held.is_empty() => return Pin::new(&mut this.io).poll_read(cx, buf),
                _ if this.held.is_empty() => ready!(this.poll_fast(cx, buf))?,
                _ => ready!(this.poll_slow(cx))?,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.io).poll_write(cx, bytes);
        this.written(cx, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.io).poll_write_vectored(cx, slices);
        this.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if matches!(this.closing, Closing::Open) {
            this.closing = this.begin_closing();
        }
        this.closing.poll(&mut this.io, cx, this.linger)
    }
}

#[cfg(test)]
mod tests;
