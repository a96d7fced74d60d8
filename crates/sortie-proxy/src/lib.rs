//! The two doors of Sortie: inbound and outbound.

pub mod body;
pub mod clock;
pub mod dial;
pub mod framing;
pub mod gate;
mod hop;
pub mod inbound;
mod listener;
pub mod outbound;
mod patience;
pub mod permit;
pub mod pool;
mod proxy_status;
pub mod relay;
pub mod resolve;
mod shutdown;
pub mod timeouts;
pub mod tls;
pub mod workers;
