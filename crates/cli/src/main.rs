//! The `zegel` binary.
fn main() {}
