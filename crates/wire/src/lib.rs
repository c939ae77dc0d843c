//! How things are spelled.
//!
//! Encodings, stamps, WebAuthn structures, the log's text formats and the JSON of the protocol
//! families, as plain types that know nothing but bytes. Nothing here decides anything: a value
//! of these types is well-formed, never *true*. No I/O, no clock, no randomness.

pub mod activities;
pub mod encoding;
pub mod environment;
pub mod evm;
pub mod id;
pub mod json;
pub mod keys;
pub mod log;
pub mod request;
pub mod sealed;
pub mod signing;
pub mod solana;
pub mod stamp;
pub mod tenants;
pub mod time;
pub mod token;
pub mod webauthn;

pub use request::RawRequest;
pub use sealed::Sealed;
pub use time::Timestamp;
