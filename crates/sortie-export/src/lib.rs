//! How findings leave Sortie: which of them alert whom, and in what form.
//!
//! Everything here is a function of its arguments. Who sends, when, and what has been sent is the
//! caller's business.

pub mod alert;
pub mod jsonl;
pub mod retry;
pub mod summary;
pub mod text;
pub mod webhook;

pub use alert::{Alert, AlertRule, Occasion};
pub use retry::Schedule;
pub use summary::{Summarised, further_destinations, rung, summary};
pub use text::escape_terminal;
