//! The world of `sortie demo`: a small shop with its API, the hosts around it, customers, and an
//! attacker.
//!
//! Nothing here knows the product. The world tells where its doors are to stand, the [`Hour`] plays
//! customers and [`Attack`]s against whatever listens there, and the listeners tell what arrived:
//! so the same hour can be played with and without Sortie in between, and the outcomes compared.
//!
//! Everything stays on this machine: in a network namespace where the kernel allows one, else on
//! addresses below 127.0.0.0/8 ([`Ground`]).

mod actors;
mod arrivals;
mod atlas;
mod error;
mod ground;
mod hour;
mod serve;
mod shop;
mod sites;
mod world;

pub use actors::{ATTACKER, Account, Attack, CUSTOMERS, Deed, Step};
pub use arrivals::{Arrival, Arrivals};
pub use atlas::{Atlas, Doors, Site};
pub use error::DemoError;
pub use ground::Ground;
pub use hour::{Benign, Hour, Mention, Tally};
pub use world::{Route, World};
