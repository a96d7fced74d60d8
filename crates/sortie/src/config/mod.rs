//! The configuration: read, checked, and then without a doubt.
//!
//! Raw ([`raw`]) → checked ([`checked`]) → built and started elsewhere. Checking changes
//! nothing, and touches no address and no name: it reads the configuration, and looks at the files that its
//! alerts need.

pub mod at;
mod check;
pub mod checked;
mod load;
mod named;
pub mod problem;
pub mod quantity;
pub mod raw;
mod schema;
mod shape;
pub mod target;
mod tree;
mod word;
mod words;

pub use checked::Config;
pub use load::{Flags, LoadError, Loaded, from_file, from_flags, from_text};
pub use schema::schema;
pub use target::Target;
