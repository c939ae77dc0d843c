//! Why a ceremony was not believed.

use wire::webauthn::{
    AttestationObjectError, AuthenticatorDataError, ClientDataError, CoseKeyError,
};

use super::attestation::AttestationRejection;
use super::payment::PaymentRejection;

/// The first step of a ceremony that failed.
///
/// Every variant has a stable [`code`](Self::code). A rejection is for logs, counters and tests;
/// what a stranger is told is decided elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The client data is malformed.
    #[error(transparent)]
    ClientData(#[from] ClientDataError),
    /// The authenticator data is malformed.
    #[error(transparent)]
    AuthenticatorData(#[from] AuthenticatorDataError),
    /// The attestation object is malformed.
    #[error(transparent)]
    AttestationObject(#[from] AttestationObjectError),
    /// The credential public key is malformed.
    #[error(transparent)]
    CoseKey(#[from] CoseKeyError),
    /// The attestation statement does not hold, or is not acceptable here.
    #[error(transparent)]
    Attestation(#[from] AttestationRejection),
    /// The payment that was signed is not the one that was asked for.
    #[error(transparent)]
    Payment(#[from] PaymentRejection),

    /// The client data is of another ceremony.
    #[error("the client data is of another ceremony")]
    TypeMismatch,
    /// The challenge is not, character for character, the one that was issued.
    #[error("the challenge is not the one that was issued")]
    ChallengeMismatch,
    /// The ceremony ran on an origin that is not accepted.
    #[error("the origin is not accepted")]
    OriginMismatch,
    /// The ceremony ran in a cross-origin frame.
    #[error("cross-origin use is not allowed")]
    CrossOriginNotAllowed,
    /// The top-level page is not accepted.
    #[error("the top-level origin is not accepted")]
    TopOriginMismatch,
    /// A top-level origin is told for a ceremony that was not cross-origin.
    #[error("a top-level origin without cross-origin use")]
    TopOriginWithoutCrossOrigin,
    /// Conformance profile: `tokenBinding` is not an object.
    #[error("tokenBinding is not an object")]
    TokenBindingNotObject,
    /// Conformance profile: `tokenBinding` has no `status`.
    #[error("tokenBinding has no status")]
    TokenBindingStatusMissing,
    /// Conformance profile: `tokenBinding.status` is not a known one.
    #[error("the status of tokenBinding is not known")]
    TokenBindingStatusUnknown,

    /// The authenticator data is for another RP ID.
    #[error("the credential belongs to another RP ID")]
    RpIdHashMismatch,
    /// UP is clear.
    #[error("no user was present")]
    UserPresenceMissing,
    /// UV is clear although verification is required.
    #[error("the user was not verified")]
    UserVerificationMissing,
    /// BS is set and BE is not.
    #[error("backed up without being eligible")]
    BackupStateWithoutEligibility,
    /// BE differs from what it was at registration.
    #[error("backup eligibility changed since registration")]
    BackupEligibilityChanged,

    /// A registration carries no credential.
    #[error("the authenticator data has no attested credential")]
    AttestedCredentialMissing,
    /// The credential id in the envelope is not the signed one.
    #[error("the credential id is not the one that was signed")]
    CredentialIdMismatch,
    /// The algorithm was not offered.
    #[error("the algorithm was not offered")]
    AlgNotAllowed,
    /// The coordinates are not a point on the curve.
    #[error("the public key is not a point on its curve")]
    PointNotOnCurve,
    /// The credential id is registered already.
    #[error("the credential is registered already")]
    CredentialAlreadyRegistered,
    /// The authenticator model is not accepted.
    #[error("the authenticator model is not accepted")]
    AaguidNotAllowed,

    /// The credential is not among those the ceremony was begun for.
    #[error("the credential was not asked for")]
    CredentialNotAllowed,
    /// No such credential is known.
    #[error("the credential is not known")]
    CredentialUnknown,
    /// The credential may not be used.
    #[error("the credential is disabled")]
    CredentialDisabled,
    /// The credential is not of the user the ceremony was begun for.
    #[error("the credential belongs to another user")]
    CredentialWrongUser,
    /// Nobody was identified beforehand and the authenticator told no user handle.
    #[error("the user handle is missing")]
    UserHandleMissing,
    /// The user handle is not that of the credential's owner.
    #[error("the user handle is of another user")]
    UserHandleMismatch,

    /// An ECDSA signature is not strict DER.
    #[error("the signature is not DER")]
    SignatureNotDer,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    SignatureInvalid,
    /// The signature counter did not increase.
    #[error("the signature counter did not increase")]
    SignCountNotIncreased,
}

impl Rejection {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClientData(error) => error.code(),
            Self::AuthenticatorData(error) => error.code(),
            Self::AttestationObject(error) => error.code(),
            Self::CoseKey(error) => error.code(),
            Self::Attestation(error) => error.code(),
            Self::Payment(error) => error.code(),
            Self::TypeMismatch => "type_mismatch",
            Self::ChallengeMismatch => "challenge_mismatch",
            Self::OriginMismatch => "origin_mismatch",
            Self::CrossOriginNotAllowed => "cross_origin_not_allowed",
            Self::TopOriginMismatch => "top_origin_mismatch",
            Self::TopOriginWithoutCrossOrigin => "top_origin_without_cross_origin",
            Self::TokenBindingNotObject => "token_binding_not_object",
            Self::TokenBindingStatusMissing => "token_binding_status_missing",
            Self::TokenBindingStatusUnknown => "token_binding_status_unknown",
            Self::RpIdHashMismatch => "rp_id_hash_mismatch",
            Self::UserPresenceMissing => "user_presence_missing",
            Self::UserVerificationMissing => "user_verification_missing",
            Self::BackupStateWithoutEligibility => "backup_state_without_eligibility",
            Self::BackupEligibilityChanged => "backup_eligibility_changed",
            Self::AttestedCredentialMissing => "authdata_at_missing",
            Self::CredentialIdMismatch => "credential_id_mismatch",
            Self::AlgNotAllowed => "alg_not_allowed",
            Self::PointNotOnCurve => "cose_point_not_on_curve",
            Self::CredentialAlreadyRegistered => "credential_already_registered",
            Self::AaguidNotAllowed => "aaguid_not_allowed",
            Self::CredentialNotAllowed => "credential_not_allowed",
            Self::CredentialUnknown => "credential_unknown",
            Self::CredentialDisabled => "credential_disabled",
            Self::CredentialWrongUser => "credential_wrong_user",
            Self::UserHandleMissing => "user_handle_missing",
            Self::UserHandleMismatch => "user_handle_mismatch",
            Self::SignatureNotDer => "sig_not_der",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignCountNotIncreased => "sign_count_not_increased",
        }
    }
}
