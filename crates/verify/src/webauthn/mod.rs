//! WebAuthn ceremonies (W3C WebAuthn Level 3 §7).
//!
//! [`registration::finish`] and [`assertion::finish`] walk the numbered steps of §7.1 and §7.2,
//! [`payment::finish`] those of Secure Payment Confirmation, and answer facts, or the first step
//! that failed. They keep no state: which challenge was issued, whether it was spent, and which
//! credential is whose come in as arguments, and what to store afterwards is the caller's. Only
//! they can make a [`VerifiedRegistration`] or a [`VerifiedAssertion`], so holding one is the proof
//! that every step passed.
//!
//! Cheap checks run before the signature, and a caller that keeps a [`ParsedKey`] pays for
//! decoding the point once.

pub mod assertion;
pub mod attestation;
mod authenticator_data;
mod client_data;
pub(crate) mod der;
mod key;
mod origin;
pub mod payment;
pub mod registration;
mod rejection;
mod relying_party;

pub use assertion::{
    AssertionExpect, CounterVerdict, CredentialRecord, ExpectedUser, VerifiedAssertion,
};
pub use attestation::{
    AndroidKeyPolicy, Attestation, AttestationFault, AttestationFormat, AttestationKind,
    AttestationPolicy, AttestationRejection, AttestationTrust, NotACertificate, TrustStore,
};
pub use key::ParsedKey;
pub use payment::{PaymentExpect, PaymentRejection};
pub use registration::{RegistrationExpect, VerifiedRegistration};
pub use rejection::Rejection;
pub use relying_party::{
    CounterPolicy, CrossOrigin, Origins, Profile, RelyingParty, TopOrigins, UserVerification,
};

use aws_lc_rs::digest;

/// SHA-256, the only hash ceremonies and calls themselves use.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests;
