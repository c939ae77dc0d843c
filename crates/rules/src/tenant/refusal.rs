//! Why a rule of the Passkey API said no.

use verify::webauthn::Rejection;

use super::transaction::State;

/// A refusal. Recorded like any other outcome; the doors map it to their own statuses and words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The command needs more proof than the caller brought.
    #[error("the api key is missing or wrong")]
    NotProven,
    /// No such user.
    #[error("user not found")]
    UserNotFound,
    /// The user has no credential that could answer.
    #[error("the user has no passkey registered for this")]
    NoCredentials,
    /// No such credential.
    #[error("credential not found")]
    CredentialNotFound,
    /// The credential is registered already, with this tenant.
    #[error("the credential is already registered")]
    CredentialTaken,
    /// The authenticator's model is not welcome.
    #[error("this kind of authenticator is not accepted: {0}")]
    AuthenticatorNotWelcome(String),
    /// Nobody waits for an answer to this challenge: never issued, spent, or issued for something
    /// else. The three are told alike.
    #[error("received challenge does not match with any stored one")]
    ChallengeUnknown,
    /// The answer came too late.
    #[error("Session has Expired")]
    CeremonyExpired,
    /// The answer is not what was asked for, by the first step that failed.
    #[error("{0}")]
    NotBelieved(Rejection),
    /// No such transaction.
    #[error("transaction not found")]
    TransactionNotFound,
    /// The identifier is taken.
    #[error("transaction already exists")]
    TransactionExists,
    /// The transaction stands where this is no longer possible.
    #[error("the transaction is {}", .0.name())]
    TransactionIs(State),
    /// The confirmation was taken before.
    #[error("the confirmation has already been consumed")]
    AlreadyConsumed,
    /// The payment is not the one that was confirmed.
    #[error("the payment is not the one that was confirmed")]
    PaymentMismatch,
    /// A session key is needed for this.
    #[error("sessionKey is needed: a session binds a key")]
    MissingSessionKey,
    /// No account belongs to this passkey, or there is none at this address.
    #[error("no account belongs to this passkey")]
    AccountUnknown,
    /// What was repeated of the session is not what it was opened with.
    #[error("{0} is not the one the session was opened with")]
    SessionMismatch(&'static str),
    /// The passkey's account is of another relying party.
    #[error("the account belongs to the relying party {0}")]
    OtherRelyingParty(String),
    /// No such key.
    #[error("secret not found")]
    SecretNotFound,
    /// A key of the tenant is called that already.
    #[error("Secret with this name already exists")]
    SecretNameTaken,
    /// The only token key cannot go.
    #[error("the only token key cannot be removed; create another one first")]
    LastTokenKey,
    /// A limit is reached.
    #[error("{0}")]
    LimitExceeded(String),
    /// The command contradicts itself or the tenant's configuration: names the field and the fix.
    #[error("{0}")]
    Invalid(String),
}

impl Refusal {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotProven => "not_proven",
            Self::UserNotFound => "user_not_found",
            Self::NoCredentials => "no_credentials",
            Self::CredentialNotFound => "credential_not_found",
            Self::CredentialTaken => "credential_taken",
            Self::AuthenticatorNotWelcome(_) => "authenticator_not_welcome",
            Self::ChallengeUnknown => "challenge_unknown",
            Self::CeremonyExpired => "ceremony_expired",
            Self::NotBelieved(rejection) => rejection.code(),
            Self::TransactionNotFound => "transaction_not_found",
            Self::TransactionExists => "transaction_exists",
            Self::TransactionIs(State::Pending) => "not_confirmed",
            Self::TransactionIs(State::Confirmed) => "transaction_confirmed",
            Self::TransactionIs(State::Expired) => "transaction_expired",
            Self::TransactionIs(State::Cancelled) => "transaction_cancelled",
            Self::TransactionIs(State::Blocked) => "transaction_blocked",
            Self::AlreadyConsumed => "already_consumed",
            Self::PaymentMismatch => "payment_mismatch",
            Self::MissingSessionKey => "missing_session_key",
            Self::AccountUnknown => "account_unknown",
            Self::SessionMismatch(_) => "session_mismatch",
            Self::OtherRelyingParty(_) => "other_relying_party",
            Self::SecretNotFound => "secret_not_found",
            Self::SecretNameTaken => "secret_name_taken",
            Self::LastTokenKey => "last_token_key",
            Self::LimitExceeded(_) => "limit_exceeded",
            Self::Invalid(_) => "invalid",
        }
    }
}
