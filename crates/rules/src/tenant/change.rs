//! What a command on a tenant leaves behind, as data.

use wire::Timestamp;
use wire::id::{TenantId, TenantSecretId, TenantUserId, TokenKeyId};

use super::member::Member;
use super::session::PasskeyAccount;
use super::{
    ApiSecret, Ceremony, Config, Passkey, Sending, SendingOutcome, Tenant, TenantUser, TokenKey,
    Transaction,
};

/// One effect. Every one has its precondition in itself: the row is not there yet, or it is still
/// at the revision that was read. If not, the whole batch is a conflict.
#[derive(Clone, Debug, PartialEq)]
pub enum TenantChange {
    /// A new tenant, with its secrets and keys.
    InsertTenant(Box<Tenant>),
    /// Another name or configuration.
    UpdateTenant {
        /// The name.
        name: String,
        /// The configuration.
        config: Box<Config>,
        /// When.
        at: Timestamp,
    },
    /// The tenant goes with everything in it; of its events the leaves stay and the content goes.
    DeleteTenant,
    /// A new API key.
    InsertSecret(ApiSecret),
    /// An API key goes.
    DeleteSecret(TenantSecretId),
    /// A new token key.
    InsertTokenKey(TokenKey),
    /// A token key goes, and tokens signed with it verify no more.
    DeleteTokenKey(TokenKeyId),

    /// A new user.
    InsertUser(TenantUser),
    /// A user's profile as it is now.
    UpdateUser(TenantUser),
    /// A user goes with credentials and transactions.
    DeleteUser(TenantUserId),
    /// A new credential.
    InsertPasskey(Passkey),
    /// A credential as it is now; its `revision` is the one that was read, and rises by one.
    UpdatePasskey(Passkey),
    /// A credential goes, if it is still at this revision.
    DeletePasskey(Passkey),

    /// A new passkey account; its address must be free in the tenant.
    InsertAccount(Box<PasskeyAccount>),
    /// A passkey account as it is now; its `revision` is the one that was read, and rises by one.
    UpdateAccount(Box<PasskeyAccount>),
    /// A passkey joins an account; it must not have. The account is updated in the same batch, so
    /// that of two changes to its passkeys one is decided after the other.
    InsertMember(Member),
    /// A passkey leaves an account, of which it must be.
    DeleteMember(Member),

    /// A transaction is on its way to a chain; its signature must be new.
    InsertSending(Box<Sending>),
    /// What became of a transaction on a chain, which must not be known yet.
    SettleSending {
        /// The transaction's first signature.
        signature: Vec<u8>,
        /// What became of it.
        outcome: SendingOutcome,
    },

    /// A ceremony is begun.
    OpenCeremony(Ceremony),
    /// A ceremony's challenge is spent: it must still be there (threat T28).
    SpendCeremony(Vec<u8>),

    /// A new transaction; its identifier must be free.
    InsertTransaction(Transaction),
    /// A transaction as it is now; its `revision` is the one that was read, and rises by one.
    UpdateTransaction(Transaction),
}

impl TenantChange {
    /// Whether it raises the tenant's own revision.
    pub fn touches_tenant(&self) -> bool {
        matches!(
            self,
            Self::UpdateTenant { .. }
                | Self::DeleteTenant
                | Self::InsertSecret(_)
                | Self::DeleteSecret(_)
                | Self::InsertTokenKey(_)
                | Self::DeleteTokenKey(_)
        )
    }

    /// Keeps a passkey account as it is now: anew, if nothing was kept of it.
    pub fn keep(account: PasskeyAccount) -> Self {
        match account.revision {
            Some(_) => Self::UpdateAccount(Box::new(account)),
            None => Self::InsertAccount(Box::new(account)),
        }
    }

    /// The tenant this makes, if it makes one.
    pub fn founds(&self) -> Option<TenantId> {
        match self {
            Self::InsertTenant(tenant) => Some(tenant.id),
            _ => None,
        }
    }
}
