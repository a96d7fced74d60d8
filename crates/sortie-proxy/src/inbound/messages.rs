//! What a client sends over a WebSocket, read on its way to the back end.
//!
//! Bytes go on as they came and when they came. Only those that end a message which is refused do not, and with them
//! ends the connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY};
use http::{HeaderMap, HeaderValue};
use sortie_engine::websocket::Messages;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::exchange::{Exchange, joined};
use crate::body::Refused;
use crate::gate::Reading;

/// A client's connection whose messages are judged as they pass.
pub(super) struct Overheard<IO> {
    io: IO,
    exchange: Arc<Exchange>,
    /// `None` once nothing more is read.
    messages: Option<Messages>,
}

impl<IO> Overheard<IO> {
    /// A connection of an exchange. `messages`: what reads them, where it speaks a protocol that is read.
    pub(super) fn new(io: IO, exchange: Arc<Exchange>, messages: Option<Messages>) -> Self {
        Self { io, exchange, messages }
    }

    /// Reads what the client sent next.
    fn overhear(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let Some(messages) = &mut self.messages else { return Ok(()) };
        for message in messages.read(bytes) {
            if self.exchange.inspect_message(&message)? == Reading::Over {
                self.messages = None;
                return Ok(());
            }
        }
        if self.messages.take_if(|messages| messages.is_over()).is_some() {
            self.exchange.goes_unread();
        }
        Ok(())
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Overheard<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let overheard = self.overhear(&buf.filled()[before..]);
        Poll::Ready(overheard.map_err(|Refused| io::Error::from(io::ErrorKind::ConnectionAborted)))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Overheard<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Whether a request asks for a WebSocket (RFC 6455 §4.1). `protocols`: those of its upgrade.
pub(super) fn asks_for(protocols: Option<&HeaderValue>, headers: &HeaderMap) -> bool {
    protocols.is_some_and(names_websocket) && headers.contains_key(SEC_WEBSOCKET_KEY)
}

/// Reads the messages of a WebSocket that an answer grants: `protocols` are those of its upgrade.
pub(super) fn granted(protocols: Option<&HeaderValue>, headers: &HeaderMap, limit: usize) -> Option<Messages> {
    protocols.filter(|protocols| names_websocket(protocols))?;
    let extensions = joined(headers, SEC_WEBSOCKET_EXTENSIONS);
    let extensions = extensions.as_ref().map_or(Some(""), |extensions| extensions.to_str().ok());
    // What cannot be read names nothing that is known.
    Some(Messages::new(limit, extensions.unwrap_or_default()))
}

fn names_websocket(protocols: &HeaderValue) -> bool {
    let mut names = protocols.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    names.any(|name| name.eq_ignore_ascii_case(b"websocket"))
}
