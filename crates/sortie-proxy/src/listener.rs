//! A door's listener: it accepts connections up to a bound, and shuts in two steps.

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::shutdown::{self, Stopped};
use crate::workers::Workers;

/// How often a door tidies up.
const TIDY: Duration = Duration::from_secs(1);
/// How long accepting pauses after it failed, for want of file descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a door does with the connections of its listener.
pub(crate) trait Serve: Send + Sync + 'static {
    /// Whether a peer may connect.
    fn admits(&self, peer: IpAddr) -> bool;

    /// To be done now and then; so many connections are open.
    fn tidy(&self, open: usize);

    /// Serves a connection to its end.
    fn serve(self: Arc<Self>, accepted: Accepted) -> impl Future<Output = ()> + Send;
}

/// A connection that was accepted.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: IpAddr,
    /// The number of the worker that serves it.
    pub(crate) worker: usize,
    pub(crate) stopped: Stopped,
    /// To be held as long as anything of the connection is left.
    pub(crate) slot: OwnedSemaphorePermit,
}

/// Has a door serve at most `connections` at once until `shutdown` completes. Then nothing new is
/// accepted, exchanges in progress may end within `drain`, and what is left is cut off.
pub(crate) async fn serve<D: Serve>(
    door: &Arc<D>,
    listener: TcpListener,
    connections: usize,
    drain: Duration,
    workers: &Workers,
    shutdown: impl Future<Output = ()>,
) {
    let most = connections.min(Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(most));
    let (stop, stopped) = shutdown::channel();
    let mut shutdown = pin!(shutdown);
    let mut tidy = interval(TIDY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = tidy.tick() => door.tidy(most - slots.available_permits()),
            (stream, peer, slot) = accept(&listener, door.as_ref(), &slots) => {
                let (door, stopped) = (Arc::clone(door), stopped.clone());
                workers.serve(stream, move |stream, worker| {
                    // Without it small answers would wait for the client's acknowledgements. A socket
                    // that refuses is gone already, and the first read says so.
                    let _ = stream.set_nodelay(true);
                    door.serve(Accepted { stream, peer, worker, stopped, slot })
                });
            }
        }
    }
    drop((listener, stopped));
    stop.drain();
    if timeout(drain, stop.all_gone()).await.is_err() {
        stop.at_once();
        stop.all_gone().await;
    }
}

/// The next connection of a peer that may connect, and its slot. Safe to cancel.
async fn accept<D: Serve>(
    listener: &TcpListener,
    door: &D,
    slots: &Arc<Semaphore>,
) -> (TcpStream, IpAddr, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) if door.admits(peer.ip()) => return (stream, peer.ip(), slot),
            Ok((_, peer)) => tracing::debug!(%peer, "a peer that may not connect"),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
