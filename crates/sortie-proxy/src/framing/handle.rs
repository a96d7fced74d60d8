//! What the guard of a stream and the service behind hyper tell each other.

use std::sync::Arc;
use std::task::Waker;

use http::header::UPGRADE;
use http::{Method, Request, Version};
use parking_lot::Mutex;

use super::problem::Problem;

/// Whether the guard waits for [`GuardHandle::decide`] after this request: a CONNECT, or HTTP/1.1
/// with an `Upgrade` field.
pub fn asks_to_leave<B>(request: &Request<B>) -> bool {
    let has_upgrade = request.version() == Version::HTTP_11 && request.headers().contains_key(UPGRADE);
    has_upgrade || request.method() == Method::CONNECT
}

/// The service's end: tells the guard whether a request that asked to leave HTTP was granted, and
/// learns why a body broke off.
#[derive(Clone, Debug)]
pub struct GuardHandle(pub(super) Arc<Mutex<Shared>>);

/// What both ends see. The lock is held for a few instructions and only where one has something to
/// say: at an upgrade and at a refusal.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Whether the newest request that asked to leave HTTP was granted.
    pub(super) decision: Option<bool>,
    pub(super) waker: Option<Waker>,
    pub(super) problem: Option<Problem>,
}

impl GuardHandle {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// To be called once for every request that [`asks_to_leave`], before or with its response:
    /// whether the connection now leaves HTTP. Until then nothing that the client
    /// sent behind that request is read.
    pub fn decide(&self, granted: bool) {
        let mut shared = self.0.lock();
        shared.decision = Some(granted);
        if let Some(waker) = shared.waker.take() {
            waker.wake();
        }
    }

    /// Why the guard refused what came last: the reason behind a body that broke off.
    pub fn problem(&self) -> Option<Problem> {
        self.0.lock().problem
    }
}
