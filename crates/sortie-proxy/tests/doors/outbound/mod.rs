//! The outbound door over real sockets: loopback, or a network of the test's own.

mod absolute;
mod bodies;
mod clients;
mod dns;
mod ending;
mod failures;
mod names;
mod namespace;
mod reach;
mod tunnels;
pub(crate) mod world;
