//! Who really said it.
//!
//! Turns bytes plus stored facts into evidence, for stamps, WebAuthn ceremonies and receipts.
//! Pure: no I/O, no clock, no randomness. What an outsider can construct is a claim; what only
//! this crate can construct is a proof.

pub mod authenticate;
pub mod claim;
pub mod evidence;
pub mod evm;
pub mod receipt;
pub mod rejection;
pub mod session;
pub mod solana;
pub mod stamp;
pub mod tenant;
pub mod transaction;
pub mod webauthn;

pub use authenticate::{
    Authenticated, Credential, CredentialKey, Evidence, Reach, Scope, SessionCredential, Signer,
    Submitted, authenticate,
};
pub use claim::{Claim, ClaimedKey};
pub use rejection::Rejection;
