//! At whose order did your server make that request?

fn main() {}
