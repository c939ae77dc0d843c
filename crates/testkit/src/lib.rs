//! Personas, a software authenticator, a reader of vectors, and a private PostgreSQL server.
//!
//! Everything is deterministic: the same seed makes the same key, and the same key signs the same
//! bytes in the same way, so a vector that was generated once can be generated again and compared.
//! Nothing in here is fit to guard anything.
//!
//! The easy road:
//!
//! ```
//! let (name, value) = testkit::ApiKey::p256(1).stamp(b"{}");
//! assert_eq!(name, "X-Stamp");
//! # assert!(value.starts_with("eyJ"));
//!
//! let passkey = testkit::Passkey::es256(1, "example.org", "https://example.org");
//! let attestation = passkey.attestation(b"a challenge");
//! let (name, value) = passkey.stamp(b"{}");
//! assert_eq!(name, "X-Stamp-Webauthn");
//! # assert!(value.starts_with("{"));
//! # assert_eq!(attestation.credential_id, passkey.credential_id());
//! ```

mod api_key;
pub mod authenticator;
pub mod encode;
pub mod keys;
pub mod negative;
pub mod postgres;
pub mod vectors;

pub use api_key::ApiKey;
pub use authenticator::{Assertion, Attestation, BrowserKey, Passkey, PaymentAssertion};
