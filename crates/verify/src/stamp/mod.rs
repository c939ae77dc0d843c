//! Stamps: evidence that the holder of a key meant exactly this body.
//!
//! [`api_key::check`] and [`webauthn::check`] each turn a well-formed stamp and the body it came
//! with into a proof that nothing else can construct. A proof says which key signed; that the key
//! belongs to anybody, and may do what the body asks, is for others to find out.

pub mod api_key;
pub mod webauthn;

mod body;
mod cache;
mod key;

pub use body::Body;
pub use cache::KeyCache;
pub use key::{KeyError, PublicKey};
pub use webauthn::PasskeyRecord;

/// Why a stamp is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The public key in the stamp is no point of its curve.
    #[error("public key {0}")]
    Key(#[from] KeyError),
    /// An ECDSA signature is not strict DER.
    #[error("signature is not strict DER")]
    SignatureNotDer,
    /// The signature is not by this key over this body.
    #[error("signature does not match key and body")]
    SignatureInvalid,
    /// The stamp is by another key than the one it should be by.
    #[error("stamp is by another key")]
    KeyMismatch,
    /// The key is the right one but its curve does not take the stamp's scheme.
    #[error("scheme does not fit the curve the key is registered with")]
    SchemeMismatch,
    /// The assertion in a passkey's stamp failed a step of its ceremony.
    #[error(transparent)]
    WebAuthn(#[from] crate::webauthn::Rejection),
}

impl Rejection {
    /// A stable code for tests, logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::SignatureNotDer => "sig_not_der",
            Self::SignatureInvalid => "signature_invalid",
            Self::KeyMismatch => "key_mismatch",
            Self::SchemeMismatch => "scheme_mismatch",
            Self::WebAuthn(rejection) => rejection.code(),
        }
    }
}
