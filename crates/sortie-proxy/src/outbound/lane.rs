//! Connections to destinations, and where they are kept between two requests.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use sortie_model::{Destination, limits};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::request_body::RequestBody;
use crate::dial::{self, ConnectError};
use crate::permit::Permit;

/// Idle connections that are kept for one destination, and in all.
const IDLE_PER_DESTINATION: usize = 128;
const IDLE: usize = 1_024;
/// How long an idle connection is trusted with a request that cannot be sent twice. The longer it
/// was idle, the likelier the destination closes it at that moment.
const FRESH: Duration = Duration::from_secs(1);
/// How long a tunnel's connection may need to become free after its last answer.
const SETTLE: Duration = Duration::from_secs(5);

/// A connection that takes a request.
pub(super) struct Kept {
    pub(super) sender: SendRequest<RequestBody>,
    pub(super) address: IpAddr,
    policy_version: u64,
    used: Instant,
}

/// Where a request's connection comes from and goes back to.
#[derive(Clone)]
pub(super) enum Lane {
    /// The connections that all apps of a service share.
    Shared(Arc<Pool>, Destination),
    /// The one connection of a tunnel.
    Tunnel(Arc<Mutex<Option<Kept>>>),
}

/// Idle connections by destination. The host is part of the key although the address decides: what
/// two names share an address for is the destination's business.
///
/// A connection is taken only under a permit that holds its very address and was made under the
/// same policy, so it never outlives a judgement.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    by_destination: HashMap<Destination, Vec<Kept>>,
    count: usize,
}

impl Kept {
    /// Opens a connection to one of the permitted addresses.
    pub(super) async fn open(permit: &Permit, within: Duration, keeps_case: bool) -> Result<Self, ConnectError> {
        let (stream, address) = dial::connect(permit, within).await?;
        Ok(Self::over(stream, address, permit, keeps_case).await)
    }

    /// A connection over a stream that was opened under `permit`. With `keeps_case` the names of
    /// header fields are written as the app wrote them.
    pub(super) async fn over(stream: TcpStream, address: IpAddr, permit: &Permit, keeps_case: bool) -> Self {
        let handshake = http1::Builder::new()
            .preserve_header_case(keeps_case)
            .max_headers(limits::HEAD_FIELDS)
            // What clients accept, the door between must not refuse.
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .handshake(TokioIo::new(stream));
        // HTTP/1 has no preface: the handshake neither waits nor fails.
        let (sender, connection) = handshake.await.expect("an HTTP/1 handshake does no I/O");
        tokio::spawn(async move {
            // An error reaches whoever waits for the answer.
            let _ = connection.with_upgrades().await;
        });
        Self { sender, address, policy_version: permit.policy_version(), used: Instant::now() }
    }

    fn fits(&self, permit: &Permit) -> bool {
        self.policy_version == permit.policy_version() && permit.addresses().contains(&self.address)
    }
}

impl Lane {
    /// A connection that was used before, if one fits. `can_repeat`: the request may be sent again
    /// should the connection turn out to be closing.
    pub(super) async fn take(&self, permit: &Permit, can_repeat: bool) -> Option<Kept> {
        match self {
            Self::Shared(pool, destination) => pool.take(destination, permit, can_repeat),
            Self::Tunnel(slot) => {
                let mut kept = slot.lock().take().filter(|kept| kept.fits(permit))?;
                let is_free = timeout(SETTLE, kept.sender.ready()).await.is_ok_and(|ready| ready.is_ok());
                is_free.then_some(kept)
            }
        }
    }

    /// Keeps a connection whose answer is through, unless it is closing.
    pub(super) fn give_back(self, mut kept: Kept) {
        if kept.sender.is_closed() {
            return;
        }
        kept.used = Instant::now();
        match self {
            Self::Shared(pool, destination) => pool.put(destination, kept),
            Self::Tunnel(slot) => *slot.lock() = Some(kept),
        }
    }

    /// Whether header fields keep the letter case of the app: inside a tunnel nobody expects a
    /// proxy.
    pub(super) fn keeps_case(&self) -> bool {
        matches!(self, Self::Tunnel(_))
    }
}

impl Pool {
    fn take(&self, destination: &Destination, permit: &Permit, can_repeat: bool) -> Option<Kept> {
        let mut idle = self.idle.lock();
        let idle = &mut *idle;
        let all = idle.by_destination.get_mut(destination)?;
        let before = all.len();
        // The newest first; those that closed meanwhile are let go on the way. One that is still
        // busy with the end of its last exchange stays.
        let mut found = None;
        let mut at = all.len();
        while at > 0 && found.is_none() {
            at -= 1;
            let kept = &all[at];
            if kept.sender.is_closed() {
                all.swap_remove(at);
            } else if kept.sender.is_ready() && kept.fits(permit) && (can_repeat || kept.used.elapsed() < FRESH) {
                found = Some(all.remove(at));
            }
        }
        idle.count -= before - all.len();
        found
    }

    fn put(&self, destination: Destination, kept: Kept) {
        let mut idle = self.idle.lock();
        if idle.count >= IDLE {
            return;
        }
        let all = idle.by_destination.entry(destination).or_default();
        if all.len() < IDLE_PER_DESTINATION {
            all.push(kept);
            idle.count += 1;
        }
    }

    /// Closes what has been idle too long. To be called now and then.
    pub(super) fn sweep(&self, longest: Duration) {
        let mut idle = self.idle.lock();
        idle.by_destination.retain(|_, all| {
            all.retain(|kept| !kept.sender.is_closed() && kept.used.elapsed() < longest);
            !all.is_empty()
        });
        idle.count = idle.by_destination.values().map(Vec::len).sum();
    }
}
