//! A way from the reader's shell into the namespace.
//!
//! A socket belongs to the namespace in which it was made. So a listener that was bound before the
//! process entered its own is still reached from outside, and what it accepts is carried to the
//! inbound door inside.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use sortie_proxy::dial::connect_upstream;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

/// The port that is tried first.
const PORT: u16 = 8080;
/// How long the door, which is on this machine, may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Listens where the reader's shell can reach it.
pub(super) fn bind() -> io::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", PORT)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Carries everything to `door` for as long as it runs.
pub(super) async fn carry(listener: TcpListener, door: SocketAddr) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(pass(stream, door));
    }
}

async fn pass(mut stream: TcpStream, door: SocketAddr) {
    match connect_upstream(&door.ip().to_string(), door.port(), PATIENCE).await {
        Ok(mut inside) => {
            // Either side may break off: the reader's own curl tells him.
            let _ = copy_bidirectional(&mut stream, &mut inside).await;
        }
        Err(error) => tracing::warn!("the inbound door is not reached: {error}"),
    }
}
