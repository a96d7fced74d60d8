//! Bodies on their way through a door: passed on while a bounded prefix is looked at.

mod inspect;
mod prefix;

pub use inspect::{BodyError, InspectBody, Inspector, Refused, Release};
pub use prefix::Prefix;
