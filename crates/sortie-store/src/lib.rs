//! What Sortie keeps, and in what form.
//!
//! Everything lies in one data folder, whose file names are on one page ([`layout`]). One process at
//! a time writes there: it holds a [`Folder`]. Others may read beside it through
//! [`journal::Reader`] and [`index::IndexReader`].
//!
//! - [`journal`]: the events, in the order of their numbers, in append-only segments.
//! - [`index`]: findings, their aliases, and alerts that wait for delivery, in SQLite.
//! - [`record`]: how each kind of record is written, one file per kind.
//! - [`checkpoint`]: the engine's state at one event, replaced atomically.
//! - [`key`]: the secret of all digests.
//!
//! Nothing here reads a clock: whoever calls says what time it is.

mod bytes;
pub mod checkpoint;
pub mod error;
pub mod files;
pub mod folder;
pub mod index;
pub mod journal;
pub mod key;
pub mod layout;
pub mod limits;
pub mod record;

pub use checkpoint::{Checkpoint, Checkpoints};
pub use error::StoreError;
pub use folder::{Folder, FolderError};
pub use index::{Index, IndexReader};
pub use layout::Layout;
