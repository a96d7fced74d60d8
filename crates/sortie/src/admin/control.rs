//! What the admin side asks of the core. The core implements it; nothing else here knows the core.

use std::sync::Arc;

use sortie_model::{Destination, Finding};
use tokio::sync::broadcast;

use super::wire::{Close, ClosedAnswer, ModeChanged, Reloaded, Setting, SinkView, Status, Struck, Switched, TailLine};
use crate::config::Target;
use crate::view::explain::Explained;

/// The core, as operators reach it.
///
/// [`Control::status`], [`Control::set_mode`], [`Control::switch`] and [`Control::strike`] are called on the server's
/// own threads and must neither block nor wait for the engine or the store: they read counters and
/// flip atomics, so that `sortie off` works while everything behind the doors hangs. The others may
/// read the disk and are called where blocking is allowed.
pub trait Control: Send + Sync + 'static {
    /// Counts and troubles as they are now.
    fn status(&self) -> Status;

    /// Asks for a mode at a target. In force when it returns; [`Control::keep`] makes it last.
    fn set_mode(&self, target: &Target, asked: Setting) -> Result<ModeChanged, ControlError>;

    /// Switches a service, or all, to pass-through (`off`) or back. In force when it returns;
    /// [`Control::keep`] makes it last.
    fn switch(&self, target: &Target, off: bool) -> Result<Switched, ControlError>;

    /// Forgets that services call a destination of their own accord.
    fn strike(&self, target: &Target, destination: &Destination) -> Result<Struck, ControlError>;

    /// Makes changed modes and switches survive a restart, durably before it returns.
    fn keep(&self) -> Result<(), ControlError>;

    /// Reads the configuration again; one that is not valid changes nothing.
    fn reload(&self) -> Result<Reloaded, ControlError>;

    /// Lines for `sortie tail` from now on. A reader that is too slow loses the oldest.
    fn subscribe(&self) -> broadcast::Receiver<Arc<TailLine>>;

    /// Places whose candidates were obeyed or may be.
    fn sinks(&self) -> Vec<SinkView>;

    /// The open findings, the last seen first, at most `limit`.
    fn findings(&self, limit: u32) -> Result<Vec<Finding>, ControlError>;

    /// What is known of a reference as a person typed it.
    fn explain(&self, reference: &str) -> Result<Explained, ControlError>;

    /// Closes a finding, durably before it returns.
    fn close(&self, close: &Close) -> Result<ClosedAnswer, ControlError>;
}

/// Why the core did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be asked so.
    #[error("{0}")]
    Invalid(String),
    /// It should have worked.
    #[error("{0}")]
    Failed(String),
}
