//! The end of a guarded stream: say why, stop writing, and let the client finish reading.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::problem::Problem;

/// Bytes that are read and thrown away at the end of a connection. A client that sends more does
/// not want to know.
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// How far the end has come.
#[derive(Debug)]
pub(super) enum Closing {
    /// Not begun.
    Open,
    /// The refusal is being written.
    Answering { text: Vec<u8>, written: usize },
    /// The write side is being shut down.
    Shutting { linger: bool },
    /// What the client still sends is thrown away: closing a socket with unread bytes resets the
    /// connection, and the client would lose the answer it is about to read.
    Lingering { timer: Pin<Box<Sleep>>, left: usize },
    /// Nothing is left to do.
    Closed,
}

impl Closing {
    /// The first step. `answer`: the refusal that nobody has told the client; `linger`: whether the
    /// client may still be sending.
    pub(super) fn begin(answer: Option<Problem>, linger: bool) -> Self {
        match answer {
            Some(problem) => Self::Answering { text: refusal(problem), written: 0 },
            None => Self::Shutting { linger },
        }
    }

    /// Goes on to the end.
    pub(super) fn poll<IO>(&mut self, io: &mut IO, cx: &mut Context<'_>, linger: Duration) -> Poll<io::Result<()>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        loop {
            *self = match self {
                Self::Open | Self::Closed => return Poll::Ready(Ok(())),
                Self::Answering { text, written } if *written < text.len() => {
                    let count = ready!(Pin::new(&mut *io).poll_write(cx, &text[*written..]))?;
                    if count == 0 {
                        return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                    }
                    *written += count;
                    continue;
                }
                Self::Answering { .. } => Self::Shutting { linger: true },
                Self::Shutting { linger: wanted } => {
                    let wanted = *wanted;
                    ready!(Pin::new(&mut *io).poll_shutdown(cx))?;
                    if wanted {
                        Self::Lingering { timer: Box::pin(sleep(linger)), left: LINGER_BYTES }
                    } else {
                        Self::Closed
                    }
                }
                Self::Lingering { timer, left } => {
                    let ended = poll_discard(io, cx, left);
                    if ended.is_pending() && timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    Self::Closed
                }
            };
        }
    }
}

/// Reads and throws away until the end, an error, or `left` bytes.
fn poll_discard<IO: AsyncRead + Unpin>(io: &mut IO, cx: &mut Context<'_>, left: &mut usize) -> Poll<()> {
    let mut scratch = [0; 4096];
    loop {
        let mut buf = ReadBuf::new(&mut scratch);
        match ready!(Pin::new(&mut *io).poll_read(cx, &mut buf)) {
            Ok(()) if !buf.filled().is_empty() => match left.checked_sub(buf.filled().len()) {
                Some(rest) => *left = rest,
                None => return Poll::Ready(()),
            },
            _ => return Poll::Ready(()),
        }
    }
}

/// The whole answer to a message that was refused.
fn refusal(problem: Problem) -> Vec<u8> {
    let (status, reason) = (problem.status(), problem.reason());
    let body =
        format!(r#"{{"type":"about:blank","title":"{reason}","status":{status},"detail":"{}"}}"#, problem.detail());
    format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
