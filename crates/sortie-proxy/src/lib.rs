//! The two doors of Sortie: inbound and outbound.

pub mod clock;
pub mod dial;
pub mod framing;
pub mod gate;
pub mod outbound;
pub mod permit;
pub mod resolve;
pub mod timeouts;
pub mod tls;
