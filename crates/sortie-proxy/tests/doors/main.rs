//! Both doors over real sockets.
#![allow(clippy::disallowed_methods, reason = "the clients of these tests connect; what they test must not")]

mod inbound;
mod outbound;
