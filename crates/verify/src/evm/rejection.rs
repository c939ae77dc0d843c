//! Why a contract would not take an assertion.

use wire::webauthn::ClientDataError;

use super::SignatureRejection;

/// The first thing that a contract would stumble over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvmRejection {
    /// The authenticator data ends before the counter.
    #[error("the authenticator data is shorter than 37 bytes")]
    AuthenticatorData,
    /// No user was present. Safe's module does not ask; a passkey always tells.
    #[error("no user was present")]
    UserPresence,
    /// The user was not verified, and these contracts demand it.
    #[error("the user was not verified, which these contracts demand")]
    UserVerification,
    /// Backed up without being eligible for it.
    #[error("the credential is backed up and not eligible for it")]
    BackupState,
    /// Not client data at all.
    #[error(transparent)]
    ClientData(ClientDataError),
    /// Something other than `webauthn.get`.
    #[error("client data of another ceremony")]
    Ceremony,
    /// Another challenge than these contracts compute, or the same in another spelling.
    #[error("the challenge is not the one these contracts compute")]
    Challenge,
    /// Type or challenge are written with blanks or escapes: no contract finds them.
    #[error("type or challenge are spelled otherwise")]
    Spelling,
    /// The client data does not begin with type and challenge, and these contracts look nowhere
    /// else.
    #[error("the client data does not begin with type and challenge")]
    Beginning,
    /// The client data does not go on after the challenge as Safe's module writes it.
    #[error("the client data cannot be rebuilt after the challenge")]
    Fields,
    /// The signature is none, or not this key's.
    #[error(transparent)]
    Signature(SignatureRejection),
}

impl EvmRejection {
    /// The stable name of this rejection.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthenticatorData => "authenticator_data_too_short",
            Self::UserPresence => "user_presence",
            Self::UserVerification => "user_verification",
            Self::BackupState => "backup_state",
            Self::ClientData(_) => "client_data_malformed",
            Self::Ceremony => "ceremony",
            Self::Challenge => "challenge",
            Self::Spelling => "spelling",
            Self::Beginning => "beginning",
            Self::Fields => "fields",
            Self::Signature(SignatureRejection::Malformed) => "signature_malformed",
            Self::Signature(SignatureRejection::Key) => "key",
            Self::Signature(SignatureRejection::Mismatch) => "signature_mismatch",
            Self::Signature(SignatureRejection::TooLong) => "too_long",
        }
    }
}
