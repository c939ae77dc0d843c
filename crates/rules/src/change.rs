//! Effects as data: what a completed command changes, one named statement each.

use wire::Timestamp;
use wire::id::{
    ApiKeyId, AuthenticatorId, OrganisationId, PrivateKeyId, TagId, UserId, WalletAccountId,
    WalletId,
};

use crate::credential::{ApiKey, Authenticator};
use crate::feature::FeatureName;
use crate::organisation::{Organisation, Quorum};
use crate::private_key::PrivateKey;
use crate::tag::Tag;
use crate::user::User;
use crate::wallet::{Wallet, WalletAccount};

/// One effect on the organisation a command addresses, unless the variant names another.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // Field names repeat the noun they belong to.
pub enum Change {
    /// A new organisation and everything in the value. The only change outside the addressed
    /// organisation.
    InsertOrganisation(Box<Organisation>),
    /// Remove the addressed organisation and everything in it; its activities stay.
    DeleteOrganisation,
    RenameOrganisation {
        name: String,
        at: Timestamp,
    },
    SetQuorum {
        quorum: Quorum,
        at: Timestamp,
    },
    SetFeature {
        name: FeatureName,
        value: Option<String>,
    },
    RemoveFeature {
        name: FeatureName,
    },

    /// A new user with its credentials and tags.
    InsertUser(Box<User>),
    /// The user's own fields and tags as they now are; credentials have changes of their own.
    UpdateUser(Box<User>),
    /// Remove the user with credentials and tag memberships.
    DeleteUser(UserId),
    InsertApiKey {
        user: UserId,
        key: ApiKey,
    },
    DeleteApiKey {
        user: UserId,
        id: ApiKeyId,
    },
    InsertAuthenticator {
        user: UserId,
        authenticator: Authenticator,
    },
    DeleteAuthenticator {
        user: UserId,
        id: AuthenticatorId,
    },

    InsertTag(Tag),
    RenameTag {
        id: TagId,
        name: String,
        at: Timestamp,
    },
    /// Remove the tag and its memberships.
    DeleteTag(TagId),
    TagUser {
        tag: TagId,
        user: UserId,
    },
    UntagUser {
        tag: TagId,
        user: UserId,
    },
    TagPrivateKey {
        tag: TagId,
        key: PrivateKeyId,
    },
    UntagPrivateKey {
        tag: TagId,
        key: PrivateKeyId,
    },

    InsertWallet(Box<Wallet>),
    RenameWallet {
        id: WalletId,
        name: String,
        at: Timestamp,
    },
    /// Remove the wallet with its accounts.
    DeleteWallet(WalletId),
    InsertWalletAccount(Box<WalletAccount>),
    RenameWalletAccount {
        id: WalletAccountId,
        name: String,
        at: Timestamp,
    },
    DeleteWalletAccount(WalletAccountId),

    /// A new private key with its addresses and tags.
    InsertPrivateKey(Box<PrivateKey>),
    DeletePrivateKey(PrivateKeyId),
}

impl Change {
    /// Whether the change shows in the organisation's aggregate, so that its revision must rise.
    pub fn touches_organisation(&self, addressed: OrganisationId) -> bool {
        match self {
            Self::InsertOrganisation(new) => new.id == addressed,
            // Accounts are unlimited and not part of the aggregate.
            // A deletion counts all the same, so that no signature made before it is recorded
            // after it.
            Self::InsertWalletAccount(_) | Self::RenameWalletAccount { .. } => false,
            Self::DeleteWalletAccount(_)
            | Self::DeleteOrganisation
            | Self::RenameOrganisation { .. }
            | Self::SetQuorum { .. }
            | Self::SetFeature { .. }
            | Self::RemoveFeature { .. }
            | Self::InsertUser(_)
            | Self::UpdateUser(_)
            | Self::DeleteUser(_)
            | Self::InsertApiKey { .. }
            | Self::DeleteApiKey { .. }
            | Self::InsertAuthenticator { .. }
            | Self::DeleteAuthenticator { .. }
            | Self::InsertTag(_)
            | Self::RenameTag { .. }
            | Self::DeleteTag(_)
            | Self::TagUser { .. }
            | Self::UntagUser { .. }
            | Self::TagPrivateKey { .. }
            | Self::UntagPrivateKey { .. }
            | Self::InsertWallet(_)
            | Self::RenameWallet { .. }
            | Self::DeleteWallet(_)
            | Self::InsertPrivateKey(_)
            | Self::DeletePrivateKey(_) => true,
        }
    }
}
