//! The ground that the world stands on.

mod namespace;

use std::net::Ipv4Addr;

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
    /// # Errors
    /// [`DemoError::Namespace`] where the process got inside, but without the rights it needs.
    pub fn enter() -> Result<Self, DemoError> {
        Ok(if namespace::enter()? { Self::Namespace } else { Self::Loopback })
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
