//! Why a rule of the Passkey API said no.

use verify::evm::EvmRejection;
use verify::solana::{ForChainRejection, PayableRejection};
use verify::webauthn::Rejection;
use wire::environment::Environment;

use super::prepare::PrepareRefusal;
use super::transaction::State;
use super::wanted::ScopeRefusal;

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
    /// The API key is for another environment.
    #[error("the api key is for {0} alone")]
    OtherEnvironment(Environment),
    /// This server does not serve the environment.
    #[error("this server keeps no passkey sessions for {0}")]
    NoNetwork(Environment),
    /// A session key is needed for this.
    #[error("sessionKey is needed: a session binds a key")]
    MissingSessionKey,
    /// No account belongs to this passkey, or there is none at this address.
    #[error("no account belongs to this passkey")]
    AccountUnknown,
    /// What was repeated of the session is not what it was opened with.
    #[error("{0} is not the one the session was opened with")]
    SessionMismatch(&'static str),
    /// The challenge's slot is too long ago for the chain.
    #[error("the chain has forgotten the slot of the challenge: it lives for 150 slots")]
    SlotExpired,
    /// The passkey signed, and the program on the chain could not believe it.
    #[error("the chain cannot verify this: {0}")]
    NotOnChain(ForChainRejection),
    /// The passkey signed, and the account's contract would not take it.
    #[error("the account's contract would not take this: {0}")]
    NotForContract(EvmRejection),
    /// The passkey has an account on the chain already.
    #[error("the passkey has an account already; open a session with auth")]
    AccountExists,
    /// What is asked for happens on a chain, and there is none.
    #[error("{0} has no chain here: accounts are kept, transactions are not made")]
    NoChain(Environment),
    /// On a chain an account has the passkey that made it, and no other.
    #[error(
        "on the chain of {0} an account has one passkey for good; several need a smart account, \
         which zegel does not make"
    )]
    OnePasskey(Environment),
    /// The passkey is none of the account's.
    #[error("this passkey is none of the account's")]
    NotAMember,
    /// The account has no such passkey.
    #[error("the account has no such passkey")]
    MemberUnknown,
    /// A passkey does not say yes to what is about itself.
    #[error("another passkey of the account has to approve this: it is about this one")]
    OwnChange,
    /// The passkey belongs to the account already.
    #[error("the passkey belongs to the account already")]
    MemberExists,
    /// The account's own passkey cannot go.
    #[error("the account's own passkey stays: the account's address is made of it")]
    PrimaryStays,
    /// The chain carried the transaction out, and it failed.
    #[error("the chain refused the transaction: {error}")]
    OnChain {
        /// The program's own number for why, if it gave one.
        custom: Option<u32>,
        /// In the chain's words.
        error: String,
    },
    /// The chain did not carry the transaction out in time.
    #[error(
        "the chain did not carry the transaction out in time: ask for a new URL, or prepare it again"
    )]
    Lapsed,
    /// The tenant has had as many transactions made as it may in a day.
    #[error(
        "the tenant has had as many transactions made as config.zegel.sessions allows in a day"
    )]
    DayIsSpent,
    /// No session key that was bound through us may act for the account.
    #[error("no session key bound here may act for the account: open a session")]
    SessionOver,
    /// The client's transaction is not one the session key can sign.
    #[error("{0}")]
    NotPrepared(PrepareRefusal),
    /// The very same transaction waits for its signatures already.
    #[error("the same transaction is prepared already: submit it, or ask again in a second")]
    Waiting,
    /// Not prepared, or too long ago.
    #[error("no such transaction was prepared, or it has expired: prepare it again")]
    PreparationUnknown,
    /// Signatures are missing or false.
    #[error("{0}")]
    NotSigned(PayableRejection),
    /// The session key may do no more.
    #[error("{0}")]
    OutOfScope(ScopeRefusal),
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
            Self::OtherEnvironment(_) => "other_environment",
            Self::NoNetwork(_) => "no_network",
            Self::MissingSessionKey => "missing_session_key",
            Self::AccountUnknown => "account_unknown",
            Self::SessionMismatch(_) => "session_mismatch",
            Self::SlotExpired => "slot_expired",
            Self::NotOnChain(rejection) => rejection.code(),
            Self::NotForContract(rejection) => rejection.code(),
            Self::AccountExists => "account_exists",
            Self::NoChain(_) => "no_chain",
            Self::OnePasskey(_) => "one_passkey",
            Self::NotAMember => "not_a_member",
            Self::MemberUnknown => "member_unknown",
            Self::OwnChange => "own_change",
            Self::MemberExists => "member_exists",
            Self::PrimaryStays => "primary_stays",
            Self::OnChain { .. } => "on_chain",
            Self::Lapsed => "lapsed",
            Self::DayIsSpent => "day_is_spent",
            Self::SessionOver => "session_over",
            Self::NotPrepared(refusal) => refusal.code(),
            Self::Waiting => "transaction_waiting",
            Self::PreparationUnknown => "preparation_unknown",
            Self::NotSigned(rejection) => rejection.code(),
            Self::OutOfScope(refusal) => refusal.code(),
            Self::OtherRelyingParty(_) => "other_relying_party",
            Self::SecretNotFound => "secret_not_found",
            Self::SecretNameTaken => "secret_name_taken",
            Self::LastTokenKey => "last_token_key",
            Self::LimitExceeded(_) => "limit_exceeded",
            Self::Invalid(_) => "invalid",
        }
    }
}
