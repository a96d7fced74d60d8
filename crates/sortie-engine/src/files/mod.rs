//! Files of the server: which of them a request names, and whether the content of one stands in the answer.
//!
//! A file is read without any dial, so that its content is there is all that proves it. Content of that kind
//! is ordinary at some endpoints, and says nothing where the request held it itself.

mod contents;
mod named;
mod shown;

pub use named::{is_named, is_plain, suggests};
pub use shown::shown;
