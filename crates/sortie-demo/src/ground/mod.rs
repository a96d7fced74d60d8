//! The ground that the world stands on.

mod namespace;

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use crate::DemoError;

/// Where the world's addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The real addresses, in a network namespace that only this process sees.
    Namespace,
    /// Names on addresses below 127.0.0.0/8.
    Loopback,
}

impl Ground {
    /// Moves the process into a network namespace of its own: as root, or in a user namespace.
    /// Where the kernel allows neither, nothing changes and the ground is [`Ground::Loopback`].
    ///
    /// To be called before the process has a second thread: a user namespace wants that, and threads
    /// that exist already would stay outside.
    ///
    /// Some kernels let a process into a user namespace and deny it every right there, and there is
    /// no way back. So `probe`, which is to run [`Ground::is_possible`] in a process of its own and
    /// this very program, and to succeed where it is true, goes first; without it only root gets a
    /// namespace.
    ///
    /// # Errors
    /// [`DemoError::Namespace`] where the process got inside, but without the rights it needs.
    pub fn enter(probe: Option<Command>) -> Result<Self, DemoError> {
        if namespace::enter_as_root() {
            return Ok(Self::Namespace);
        }
        if probe.is_some_and(succeeds) {
            return namespace::enter_as_user().map(|()| Self::Namespace);
        }
        Ok(Self::Loopback)
    }

    /// Whether a user namespace can be entered and furnished. The process is in one afterwards, for
    /// good or ill, and should end.
    pub fn is_possible() -> bool {
        let build = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        namespace::enter_as_user().is_ok()
            && build().is_ok_and(|runtime| runtime.block_on(namespace::furnish(&[])).is_ok())
    }

    /// Brings the namespace's loopback device up and gives it `addresses`. Nothing to do on
    /// [`Ground::Loopback`], where they are there.
    pub(crate) async fn furnish(self, addresses: &[Ipv4Addr]) -> Result<(), DemoError> {
        match self {
            Self::Namespace => namespace::furnish(addresses).await,
            Self::Loopback => Ok(()),
        }
    }
}

fn succeeds(mut probe: Command) -> bool {
    let probe = probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
