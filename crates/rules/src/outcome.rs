//! What became of a command.

use serde::{Deserialize, Serialize};
use wire::id::{
    ActivityId, ApiKeyId, AuthenticatorId, OrganisationId, PrivateKeyId, TagId, UserId,
    WalletAccountId, WalletId,
};
use wire::keys::AddressFormat;

use crate::refusal::Refusal;

/// The three ways a believed command ends. All three are recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Done, with what the submitter is told.
    Completed(Done),
    /// Waits for more approvals.
    Held,
    /// A rule said no.
    Refused(Refusal),
}

/// What a completed command yields. Serialised as it is into the record; each protocol family
/// renders it in its own dialect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "snake_case")]
#[allow(missing_docs)] // Field names repeat the noun they belong to.
pub enum Done {
    OrganisationFounded {
        organisation: OrganisationId,
    },
    SubOrganisationCreated {
        organisation: OrganisationId,
        wallet: Option<NewWallet>,
        private_keys: Vec<NewPrivateKey>,
        root_users: Vec<UserId>,
    },
    SubOrganisationDeleted {
        organisation: OrganisationId,
    },
    OrganisationRenamed {
        organisation: OrganisationId,
        name: String,
    },
    QuorumUpdated,
    /// The features after the change, name and value.
    FeaturesChanged {
        features: Vec<(String, Option<String>)>,
    },
    UsersCreated {
        users: Vec<UserId>,
    },
    UserUpdated {
        user: UserId,
    },
    UsersDeleted {
        users: Vec<UserId>,
    },
    ApiKeysCreated {
        keys: Vec<ApiKeyId>,
    },
    ApiKeysDeleted {
        keys: Vec<ApiKeyId>,
    },
    AuthenticatorsCreated {
        authenticators: Vec<AuthenticatorId>,
    },
    AuthenticatorsDeleted {
        authenticators: Vec<AuthenticatorId>,
    },
    UserTagCreated {
        tag: TagId,
        users: Vec<UserId>,
    },
    UserTagUpdated {
        tag: TagId,
    },
    UserTagsDeleted {
        tags: Vec<TagId>,
        users: Vec<UserId>,
    },
    PrivateKeyTagCreated {
        tag: TagId,
        keys: Vec<PrivateKeyId>,
    },
    PrivateKeyTagUpdated {
        tag: TagId,
    },
    PrivateKeyTagsDeleted {
        tags: Vec<TagId>,
        keys: Vec<PrivateKeyId>,
    },
    WalletCreated(NewWallet),
    WalletAccountsCreated {
        addresses: Vec<String>,
    },
    WalletUpdated {
        wallet: WalletId,
    },
    WalletsDeleted {
        wallets: Vec<WalletId>,
    },
    WalletAccountRenamed {
        account: WalletAccountId,
    },
    WalletAccountsDeleted {
        accounts: Vec<WalletAccountId>,
    },
    PrivateKeysCreated {
        keys: Vec<NewPrivateKey>,
    },
    PrivateKeysDeleted {
        keys: Vec<PrivateKeyId>,
    },
    PayloadSigned(Signature),
    PayloadsSigned {
        signatures: Vec<Signature>,
    },
    /// Lower-case hex without prefix.
    TransactionSigned {
        transaction: String,
    },
    /// A vote was counted on this activity.
    Voted {
        activity: ActivityId,
    },
}

/// A wallet as its maker is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewWallet {
    /// Its identifier.
    pub wallet: WalletId,
    /// Addresses in the order the accounts were asked for.
    pub addresses: Vec<String>,
}

/// A private key as its maker is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewPrivateKey {
    /// Its identifier.
    pub key: PrivateKeyId,
    /// One address for each format asked for.
    pub addresses: Vec<(AddressFormat, String)>,
}

/// Components of a signature: lower-case hex, no prefix; `r` and `s` 64 digits, `v` two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// r, or R for Ed25519.
    pub r: String,
    /// s, or S for Ed25519.
    pub s: String,
    /// The recovery id, `00` or `01`; `00` where there is none.
    pub v: String,
}
