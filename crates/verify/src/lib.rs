//! Who really said it.
//!
//! Turns bytes plus stored facts into evidence, for stamps, WebAuthn ceremonies and receipts.
//! Pure: no I/O, no clock, no randomness. What an outsider can construct is a claim; what only
//! this crate can construct is a proof.

pub mod receipt;
pub mod stamp;
pub mod webauthn;
