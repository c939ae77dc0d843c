//! WebAuthn structures as they travel (W3C WebAuthn Level 3).
//!
//! Plain types read strictly from bytes. A value of these types is well-formed; whether it is
//! *true* is for the `verify` crate. Every error has a stable `code()`, and the codes are part
//! of the interface: callers log them and tests assert them.

mod attestation_object;
mod authenticator_data;
mod client_data;
mod cose;
mod payment;
mod response;

pub use attestation_object::{AttestationObject, AttestationObjectError, Statement};
pub use authenticator_data::{
    AttestedCredential, AuthenticatorData, AuthenticatorDataError, Flags, MAX_CREDENTIAL_ID,
};
pub use client_data::{ClientData, ClientDataError, TokenBinding};
pub use cose::{CoseAlgorithm, CoseKey, CoseKeyError, KeyMaterial};
pub use payment::{CurrencyAmount, EntityLogo, Instrument, PaymentData, PaymentDataError};
pub use response::{
    AssertionResponse, ClientExtensionOutputs, EnvelopeError, RegistrationResponse,
};
