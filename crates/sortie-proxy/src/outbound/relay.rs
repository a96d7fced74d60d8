//! Bytes in both directions, unseen but counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::time::timeout;

use crate::gate::DialRecord;

/// Copies until both sides are through, one fails, or nothing moves for `idle`; then the record
/// ends.
pub(super) async fn relay<A, D>(mut app: A, destination: D, record: DialRecord, idle: Duration)
where
    A: AsyncRead + AsyncWrite + Unpin,
    D: AsyncRead + AsyncWrite + Unpin,
{
    let counts = Arc::new(Counts::default());
    let mut destination = Counted { io: destination, counts: Arc::clone(&counts) };
    let mut copying = std::pin::pin!(copy_bidirectional(&mut app, &mut destination));
    loop {
        let before = counts.both();
        // How it ended is of no interest: a tunnel ends as its ends please.
        if timeout(idle, &mut copying).await.is_ok() || counts.both() == before {
            break;
        }
    }
    let (received, sent) = counts.both();
    record.ended(received, sent);
}

/// Relays after both sides have left HTTP.
pub(super) async fn relay_upgrades(app: OnUpgrade, destination: OnUpgrade, record: DialRecord, idle: Duration) {
    let (app, destination) = tokio::join!(app, destination);
    if let (Ok(app), Ok(destination)) = (app, destination) {
        relay(TokioIo::new(app), TokioIo::new(destination), record, idle).await;
    }
}

#[derive(Debug, Default)]
struct Counts {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counts {
    fn both(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed))
    }
}

/// A stream whose bytes are counted: copying tells them only when it succeeds.
struct Counted<IO> {
    io: IO,
    counts: Arc<Counts>,
}

impl<IO: AsyncRead + Unpin> AsyncRead for Counted<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        self.counts.received.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Counted<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.counts.sent.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
