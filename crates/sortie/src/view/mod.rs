//! How things look in a terminal. Everything here turns data into text and does nothing else.
//!
//! Text that a client could have chosen passes [`text::clean`] on its way out.

mod advice;
mod classified;
pub mod explain;
mod finding;
mod findings;
#[cfg(test)]
mod fixtures;
mod mode;
mod paint;
mod ready;
mod reload;
pub mod silence;
mod sinks;
mod status;
mod table;
mod tail;
pub mod text;

pub use classified::classified;
pub use finding::finding;
pub use findings::{findings, table as findings_table};
pub use mode::{mode_changed, switched};
pub use paint::Paint;
pub use ready::ready;
pub use reload::reloaded;
pub use sinks::sinks;
pub use status::{modes, status};
pub use tail::Follower;
