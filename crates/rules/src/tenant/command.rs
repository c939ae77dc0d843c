//! What a caller of the Passkey API asks for, in our words.

use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TenantUserId, TokenKeyId};
use wire::solana::{self, Address};
use wire::tenants::Payment;
use wire::webauthn::{AssertionResponse, RegistrationResponse};

use super::config::Config;
use super::event::EventKind;
use super::member::PasskeyChange;
use super::session::{AskedKey, SessionAction, SessionAnswer};
use super::signing::AskedSigning;
use super::transaction::Method;
use super::user::{Purpose, UserProfile};

/// How far a caller must have proven to be somebody. The catalogue names the least for each
/// command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Least {
    /// Anybody: the ceremony itself is the proof, or there is nothing to protect.
    Nobody,
    /// Who holds one of the tenant's API keys.
    Bearer,
    /// Who holds the operator's token.
    Operator,
}

/// A command on a tenant.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // Field names repeat the noun they belong to.
#[allow(clippy::large_enum_variant)] // One is made for each request, and never a list of them.
pub enum Command {
    /// Begin to register a credential.
    BeginRegistration {
        user_id: String,
        profile: UserProfile,
        purpose: Purpose,
        conditional: bool,
    },
    /// Finish it. `mfa` is the road it came by, which must be the one it was begun on.
    FinishRegistration {
        mfa: bool,
        response: Box<RegistrationResponse>,
    },
    /// Begin a login of a named user, or of whoever answers.
    BeginLogin { mfa: bool, user_id: Option<String> },
    /// Finish it.
    FinishLogin {
        mfa: bool,
        response: Box<AssertionResponse>,
    },
    /// Begin a transaction with any JSON as its content, in canonical text.
    BeginTransaction {
        transaction_id: String,
        user_id: String,
        data: String,
    },
    /// Begin a typed payment, or ask for a fresh challenge for the same one.
    BeginPayment {
        transaction_id: String,
        user_id: String,
        payment: Payment,
        method: Method,
        expires_in_seconds: u64,
        return_url: Option<String>,
    },
    /// A fresh challenge; the one before it is void.
    RenewChallenge { which: Which },
    /// Confirm a transaction, found by the challenge that was answered, which must be of this
    /// transaction if one is named.
    ConfirmTransaction {
        which: Option<Which>,
        response: Box<AssertionResponse>,
    },
    /// Call a transaction off.
    CancelTransaction { which: Which },
    /// Take a confirmation, once, for exactly this payment.
    ConsumeTransaction {
        transaction_id: String,
        payment: Payment,
    },
    /// Open a passkey session, whose challenge covers the session key.
    OpenSession {
        environment: Environment,
        action: SessionAction,
        key: Option<AskedKey>,
        base_url: Option<String>,
        redirect_url: Option<String>,
        app_name: Option<String>,
        /// An account that any of its passkeys may answer for.
        account: Option<Address>,
    },
    /// Ask the passkeys of an account whether one is to join or to go.
    ChangePasskeys {
        environment: Environment,
        account: Address,
        change: PasskeyChange,
        base_url: Option<String>,
        redirect_url: Option<String>,
        app_name: Option<String>,
    },
    /// Answer it. What the caller repeats of it is only compared.
    BindSession {
        action: SessionAction,
        key: Option<Address>,
        slot: Option<u64>,
        answer: Box<SessionAnswer>,
    },
    /// Ask for a passkey's signature on a document.
    OpenSigning {
        environment: Environment,
        asked: Box<AskedSigning>,
        base_url: Option<String>,
        redirect_url: Option<String>,
        app_name: Option<String>,
    },
    /// Bring it.
    FinishSigning { answer: Box<SessionAnswer> },
    /// Take a session key away before its time.
    RevokeSession {
        environment: Environment,
        account: Address,
    },
    /// Prepare what a session key is to sign: a client's transaction, wrapped.
    PrepareTransaction {
        environment: Environment,
        account: Address,
        transaction: Box<solana::Transaction>,
        payer: Paying,
    },
    /// Have it carried out, signed.
    SubmitTransaction {
        environment: Environment,
        account: Address,
        transaction: Box<solana::Transaction>,
    },
    /// Call a credential something else.
    RenameCredential {
        credential_id: Vec<u8>,
        name: String,
    },
    /// Remove a credential.
    DeleteCredential { credential_id: Vec<u8> },

    /// Make a tenant, with an API key if asked.
    CreateTenant {
        tenant: TenantId,
        name: String,
        config: Box<Config>,
        with_key: bool,
    },
    /// Rename it.
    RenameTenant { name: String },
    /// Configure it anew.
    ConfigureTenant { config: Box<Config> },
    /// Remove it.
    DeleteTenant,
    /// Make an API key.
    CreateSecret {
        name: String,
        environment: Option<Environment>,
    },
    /// Remove one.
    DeleteSecret { id: TenantSecretId },
    /// Make a token key, which signs from now on.
    CreateTokenKey { name: String },
    /// Retire one.
    DeleteTokenKey { id: TokenKeyId },
    /// Remove a user with everything.
    DeleteUser { id: TenantUserId },
}

/// Who is to pay for a session key's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paying {
    /// The server.
    Server,
    /// The session key.
    SessionKey,
    /// Somebody else, who signs as well.
    Other(Address),
}

/// Which transaction is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// As the tenant calls it.
    Identifier(String),
    /// By our id: who has it, has the link to the confirmation page.
    Link(wire::id::TransactionId),
}

impl Which {
    /// Knowing the link is enough to look, to answer and to say no; the tenant's own name for it
    /// needs the tenant's key.
    fn least(&self) -> Least {
        match self {
            Self::Identifier(_) => Least::Bearer,
            Self::Link(_) => Least::Nobody,
        }
    }
}

impl Command {
    /// The least proof it accepts.
    pub fn least(&self) -> Least {
        match self {
            Self::FinishRegistration { mfa, .. } | Self::FinishLogin { mfa, .. } => match mfa {
                true => Least::Bearer,
                false => Least::Nobody,
            },
            Self::BeginLogin { mfa, user_id } => match (mfa, user_id) {
                (false, None) => Least::Nobody,
                _ => Least::Bearer,
            },
            Self::RenewChallenge { which } | Self::CancelTransaction { which } => which.least(),
            Self::ConfirmTransaction { which, .. } => {
                which.as_ref().map_or(Least::Bearer, Which::least)
            }
            Self::BeginRegistration { .. }
            | Self::BeginTransaction { .. }
            | Self::BeginPayment { .. }
            | Self::ConsumeTransaction { .. }
            | Self::OpenSession { .. }
            | Self::OpenSigning { .. }
            | Self::ChangePasskeys { .. }
            | Self::RevokeSession { .. }
            | Self::PrepareTransaction { .. }
            | Self::SubmitTransaction { .. }
            | Self::RenameCredential { .. }
            | Self::DeleteCredential { .. } => Least::Bearer,
            Self::BindSession { .. } | Self::FinishSigning { .. } => Least::Nobody,
            Self::CreateTenant { .. }
            | Self::RenameTenant { .. }
            | Self::ConfigureTenant { .. }
            | Self::DeleteTenant
            | Self::CreateSecret { .. }
            | Self::DeleteSecret { .. }
            | Self::CreateTokenKey { .. }
            | Self::DeleteTokenKey { .. }
            | Self::DeleteUser { .. } => Least::Operator,
        }
    }

    /// The environment it means to act in, if it says so.
    pub fn environment(&self) -> Option<Environment> {
        match self {
            Self::OpenSession { environment, .. }
            | Self::OpenSigning { environment, .. }
            | Self::ChangePasskeys { environment, .. }
            | Self::RevokeSession { environment, .. }
            | Self::PrepareTransaction { environment, .. }
            | Self::SubmitTransaction { environment, .. } => Some(*environment),
            _ => None,
        }
    }

    /// What its outcome is recorded as.
    pub fn event(&self) -> EventKind {
        use EventKind as E;
        match self {
            Self::BeginRegistration { purpose, .. } => match purpose.is_mfa() {
                true => E::MfaRegistrationInit,
                false => E::RegistrationInit,
            },
            Self::FinishRegistration { mfa: true, .. } => E::MfaRegistrationFinal,
            Self::FinishRegistration { mfa: false, .. } => E::RegistrationFinal,
            Self::BeginLogin { mfa: true, .. } => E::MfaAuthenticationInit,
            Self::BeginLogin { mfa: false, .. } => E::AuthenticationInit,
            Self::FinishLogin { mfa: true, .. } => E::MfaAuthenticationFinal,
            Self::FinishLogin { mfa: false, .. } => E::AuthenticationFinal,
            Self::BeginTransaction { .. }
            | Self::BeginPayment { .. }
            | Self::RenewChallenge { .. } => E::TransactionInit,
            Self::ConfirmTransaction { .. } => E::TransactionFinal,
            Self::CancelTransaction { .. } => E::TransactionCancelled,
            Self::ConsumeTransaction { .. } => E::TransactionConsumed,
            Self::OpenSession { .. } | Self::OpenSigning { .. } => E::SessionOpened,
            Self::FinishSigning { .. } => E::PasskeySigned,
            Self::ChangePasskeys { .. } => E::PasskeyChangeOpened,
            Self::BindSession { action, .. } => match action {
                SessionAction::Create | SessionAction::Auth => E::SessionBound,
                SessionAction::Find => E::AccountFound,
            },
            Self::RevokeSession { .. } => E::SessionRevoked,
            Self::PrepareTransaction { .. } => E::ChainPrepared,
            Self::SubmitTransaction { .. } => E::ChainSubmitted,
            Self::RenameCredential { .. } => E::CredentialUpdated,
            Self::DeleteCredential { .. } => E::CredentialDeleted,
            Self::CreateTenant { .. } => E::TenantCreated,
            Self::RenameTenant { .. } | Self::ConfigureTenant { .. } => E::TenantUpdated,
            Self::DeleteTenant => E::TenantDeleted,
            Self::CreateSecret { .. } => E::ApiKeyCreated,
            Self::DeleteSecret { .. } => E::ApiKeyDeleted,
            Self::CreateTokenKey { .. } => E::TokenKeyCreated,
            Self::DeleteTokenKey { .. } => E::TokenKeyDeleted,
            Self::DeleteUser { .. } => E::UserDeleted,
        }
    }
}
