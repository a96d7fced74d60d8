//! `sortie demo`: one hour at a small shop, played twice around the real product.
//!
//! [`sortie_demo`] is the world: shop, hosts, customers, attacker. Here the product is started
//! around it as [`crate::compose`] does for `sortie run`, the hour is played in `observe` and then
//! in `block`, and what Sortie found is laid beside what really arrived. The demonstration fails
//! where the two do not agree, so it is a test as well.

mod attack;
mod compare;
mod front;
mod hour;
mod keep;
mod promise;
mod settings;
mod stage;
mod story;
mod tale;

use std::io;
use std::process::Command;

use sortie_demo::Ground;
use sortie_store::error::StoreError;

use crate::compose::StartError;

pub use tale::Tale;

/// How the demonstration is to be.
#[derive(Debug, Default)]
pub struct Options {
    /// Leave everything running afterwards, for the reader's own requests.
    pub keep: bool,
    /// Stay on 127.0.0.0/8 even where a network namespace is possible.
    pub loopback: bool,
    /// How to run [`is_namespace_possible`] in a process of its own, see [`Ground::enter`].
    pub probe: Option<Command>,
}

/// Whether a user namespace can be made for the demonstration. The process should end afterwards.
pub fn is_namespace_possible() -> bool {
    Ground::is_possible()
}

/// The demonstration could not take place. That it came out otherwise than promised is no error of
/// this kind.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The world could not be built, or its actors got no answer.
    #[error(transparent)]
    World(#[from] sortie_demo::DemoError),
    /// The demo's own configuration was not accepted.
    #[error("the demo's own configuration is not valid: {0}")]
    Settings(String),
    /// Sortie did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The findings could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something of the operating system failed.
    #[error("cannot {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> DemoError {
    move |source| DemoError::System { what, source }
}

/// Plays the demonstration and says whether it came out as promised.
///
/// To be called before the process has a second thread, see [`Ground::enter`].
///
/// # Errors
/// [`DemoError`].
pub fn run(options: Options, tale: Tale) -> Result<bool, DemoError> {
    // What listens before the namespace is entered can be reached from outside of it.
    let front = options.keep.then(front::bind).transpose().map_err(system("listen on 127.0.0.1"))?;
    let ground = if options.loopback { Ground::Loopback } else { Ground::enter(options.probe)? };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(system("start the runtime"))?;
    runtime.block_on(story::tell(ground, front, tale))
}
