//! The inbound door.

mod bodies;
mod connections;
mod failures;
mod forwarding;
mod framing;
mod inspection;
mod streaming;
mod upgrades;
mod websockets;
mod world;
