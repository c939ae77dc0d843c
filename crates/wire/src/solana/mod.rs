//! How Solana spells things.

mod address;

pub use address::{Address, NotAnAddress};
