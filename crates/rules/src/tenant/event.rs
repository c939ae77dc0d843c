//! What happened in a tenant: the audit log, and a leaf in the one log for each entry.

use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::id::{EventId, TenantId};

/// One outcome, whatever it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its identifier. Version 7.
    pub id: EventId,
    /// Where it happened.
    pub tenant: TenantId,
    /// What was asked for.
    pub kind: EventKind,
    /// Why it was refused; `None` if it was done.
    pub error: Option<String>,
    /// Whom it was about, as the tenant calls them.
    pub user_id: Option<String>,
    /// Which transaction, as the tenant calls it.
    pub transaction_id: Option<String>,
    /// Where the request came from.
    pub source: Source,
    /// SHA-256 of the request's body.
    pub fingerprint: [u8; 32],
    /// What a third party needs to check it again: a JSON object.
    pub detail: serde_json::Value,
    /// When it was decided.
    pub at: Timestamp,
}

/// Where a request came from, as far as it can be known. Each [cut] to what is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The caller's address.
    pub ip: String,
    /// What its program calls itself.
    pub user_agent: String,
    /// The request's identifier.
    pub request_id: String,
}

/// The longest text an event keeps of what a request says, in characters.
const MAX_TEXT: usize = 255;

/// As much of a text as an event keeps: an overlong one is cut, never a reason to fail.
pub fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

impl Source {
    /// A source, cut to what is kept.
    pub fn new(ip: &str, user_agent: &str, request_id: &str) -> Self {
        Self {
            ip: cut(ip),
            user_agent: cut(user_agent),
            request_id: cut(request_id),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// What was asked for. The protocol's audit types are these names with `_succeeded` or
        /// `_failed`, and the log's leaf types the same in capitals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $variant,)* }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, without the outcome.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    /// A registration was begun.
    RegistrationInit "webauthn_registration_init";
    /// A registration was finished.
    RegistrationFinal "webauthn_registration_final";
    /// A login was begun.
    AuthenticationInit "webauthn_authentication_init";
    /// A login was finished.
    AuthenticationFinal "webauthn_authentication_final";
    /// A transaction was begun.
    TransactionInit "webauthn_transaction_init";
    /// A transaction was confirmed.
    TransactionFinal "webauthn_transaction_final";
    /// A transaction was called off.
    TransactionCancelled "webauthn_transaction_cancelled";
    /// A confirmation was taken by the executing system.
    TransactionConsumed "webauthn_transaction_consumed";
    /// A second factor's registration was begun.
    MfaRegistrationInit "mfa_registration_init";
    /// A second factor's registration was finished.
    MfaRegistrationFinal "mfa_registration_final";
    /// A second factor was asked for.
    MfaAuthenticationInit "mfa_authentication_init";
    /// A second factor was used.
    MfaAuthenticationFinal "mfa_authentication_final";
    /// A credential was renamed.
    CredentialUpdated "webauthn_credential_updated";
    /// A credential was removed.
    CredentialDeleted "webauthn_credential_deleted";
    /// A passkey session was opened.
    SessionOpened "passkey_session_opened";
    /// A session key was bound to a passkey account.
    SessionBound "passkey_session_bound";
    /// A passkey told which account is its own.
    AccountFound "passkey_account_found";
    /// A passkey signed a document.
    PasskeySigned "passkey_signed";
    /// The passkeys of an account were asked whether one is to join or to go.
    PasskeyChangeOpened "passkey_change_opened";
    /// A passkey joined an account.
    AccountPasskeyAdded "account_passkey_added";
    /// A passkey left an account.
    AccountPasskeyRemoved "account_passkey_removed";
    /// A session key was taken away.
    SessionRevoked "passkey_session_revoked";
    /// A session key's transaction was prepared.
    ChainPrepared "chain_transaction_prepared";
    /// A session key's transaction was handed in, signed.
    ChainSubmitted "chain_transaction_submitted";
    /// It is known what became of a transaction on a chain.
    ChainSettled "chain_transaction_settled";
    /// A tenant was made.
    TenantCreated "tenant_created";
    /// A tenant was renamed or configured anew.
    TenantUpdated "tenant_updated";
    /// A tenant was removed.
    TenantDeleted "tenant_deleted";
    /// An API key was made.
    ApiKeyCreated "api_key_created";
    /// An API key was removed.
    ApiKeyDeleted "api_key_deleted";
    /// A token key was made.
    TokenKeyCreated "token_key_created";
    /// A token key was retired.
    TokenKeyDeleted "token_key_deleted";
    /// A user was removed.
    UserDeleted "user_deleted";
}

impl EventKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The type in the protocol's audit log, when it was done or failed. Kinds whose names say what
    /// was done have no second ending unless it was not done.
    pub fn audit_type(self, failed: bool) -> String {
        let name = self.name();
        match failed {
            true => format!("{name}_failed"),
            false if name.ends_with("ed") => name.to_owned(),
            false => format!("{name}_succeeded"),
        }
    }
}

impl Event {
    /// The type in the protocol's audit log.
    pub fn audit_type(&self) -> String {
        self.kind.audit_type(self.error.is_some())
    }

    /// The status in the log's leaf.
    pub fn status(&self) -> &'static str {
        match self.error {
            None => "SUCCEEDED",
            Some(_) => "FAILED",
        }
    }
}
