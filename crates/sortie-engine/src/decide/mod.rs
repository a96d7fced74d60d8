//! What a door does. Pure: a snapshot of what is learned, the table in flight, the policy, and the
//! dial or request in question.

mod grounds;
mod inbound;
mod outbound;

pub use grounds::grounds;
pub use inbound::{Admission, has_sink, template_of};
pub(crate) use outbound::SURE;
pub use outbound::decide;
