//! Requests as a whole: head and body.
