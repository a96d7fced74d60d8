//! What keeps the demonstration from taking place.

use std::net::SocketAddr;

/// The world could not be built, or its actors got no answer.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A network namespace could not be entered or furnished.
    #[error("cannot make a network namespace ({what}): run as root, or with --loopback")]
    Namespace {
        /// The step that failed, and why.
        what: String,
    },
    /// An address of the world is not free.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// No port is free on all addresses of the world.
    #[error(
        "no port from {first} to {last} is free on all addresses below 127.0.0.0/8: end what listens on all addresses"
    )]
    NoPort {
        /// First port tried.
        first: u16,
        /// Last port tried.
        last: u16,
    },
    /// An actor got no answer.
    #[error("no answer to {request}: {source}")]
    NoAnswer {
        /// What was asked.
        request: String,
        /// What the client said.
        source: reqwest::Error,
    },
    /// The HTTP client could not be built.
    #[error("cannot build an HTTP client: {0}")]
    Client(reqwest::Error),
}
