//! Bodies on their way through a door: passed on while a bounded prefix is looked at.

mod inspect;
mod prefix;

pub use inspect::{BodyError, InspectBody, Inspector, Partial, Refused};
pub use prefix::Prefix;
