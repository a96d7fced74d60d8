//! The framing guard: HTTP/1.x message boundaries, read strictly before any other parser.
//!
//! hyper settles some ambiguities silently: it drops `Content-Length` beside `Transfer-Encoding`,
//! takes bare line feeds, forwards two `Host` fields. After that nobody can see that two parsers
//! would have read two different requests. So the raw bytes pass [`Scanner`] first, which follows
//! the boundaries itself (head, body by length or in chunks, next head) and refuses, in every mode,
//! only what two parsers read differently. hyper gets whole heads that were judged, or nothing of
//! them. All other strictness is counted ([`Oddity`]), not enforced.
//!
//! [`Scanner`] is pure: bytes in, verdict out. [`Guarded`] applies it to a stream and keeps the
//! clocks that only the raw stream can keep.

mod chunk;
mod clock;
mod closing;
mod guard;
mod handle;
mod head;
mod held;
mod problem;
mod scanner;
mod target;
mod token;

pub use guard::Guarded;
pub use handle::{GuardHandle, asks_to_leave};
pub use head::Role;
pub use problem::{FramingCounts, Oddity, Problem};
pub use scanner::{Phase, Scanned, Scanner, Then};
pub(crate) use token::is_token;
