//! Everything a signer can ask to be done, in our words, latest meaning only.

use wire::Timestamp;
use wire::id::{
    ApiKeyId, AuthenticatorId, OrganisationId, PrivateKeyId, TagId, UserId, WalletAccountId,
    WalletId,
};
use wire::keys::{AddressFormat, Curve, DerivationPath};
use wire::signing::{HashFunction, PayloadEncoding, TransactionType};

use crate::feature::FeatureName;
use crate::text::{Email, Label, Phone};

/// A command as it was submitted: what is meant, where, and under which name and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Where the command is to take effect. Judged by `decide`, never trusted.
    pub organisation: OrganisationId,
    /// What is meant.
    pub command: Command,
    /// The name it was submitted under, version included.
    pub kind: String,
    /// When the signer says it was stamped.
    pub timestamp: Timestamp,
    /// The server it is meant for, if it says so.
    pub audience: Option<String>,
}

/// One variant for each kind in the [catalogue](crate::catalogue).
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The catalogue holds one line of documentation for each.
pub enum Command {
    CreateSubOrganisation(NewSubOrganisation),
    DeleteSubOrganisation {
        delete_without_export: bool,
    },
    UpdateOrganisationName {
        name: Label,
    },
    UpdateRootQuorum {
        threshold: u32,
        users: Vec<UserId>,
    },
    SetOrganisationFeature {
        name: FeatureName,
        value: Option<String>,
    },
    RemoveOrganisationFeature {
        name: FeatureName,
    },

    CreateUsers {
        users: Vec<NewUser>,
    },
    UpdateUser {
        user: UserId,
        update: UserUpdate,
    },
    UpdateUserName {
        user: UserId,
        name: Label,
    },
    UpdateUserEmail {
        user: UserId,
        email: Option<Email>,
    },
    UpdateUserPhoneNumber {
        user: UserId,
        phone: Option<Phone>,
    },
    DeleteUsers {
        users: Vec<UserId>,
    },

    CreateApiKeys {
        user: UserId,
        keys: Vec<NewApiKey>,
    },
    DeleteApiKeys {
        user: UserId,
        keys: Vec<ApiKeyId>,
    },
    CreateAuthenticators {
        user: UserId,
        authenticators: Vec<NewAuthenticator>,
    },
    DeleteAuthenticators {
        user: UserId,
        authenticators: Vec<AuthenticatorId>,
    },

    CreateUserTag {
        name: Label,
        users: Vec<UserId>,
    },
    UpdateUserTag {
        tag: TagId,
        name: Option<Label>,
        add: Vec<UserId>,
        remove: Vec<UserId>,
    },
    DeleteUserTags {
        tags: Vec<TagId>,
    },
    CreatePrivateKeyTag {
        name: Label,
        keys: Vec<PrivateKeyId>,
    },
    UpdatePrivateKeyTag {
        tag: TagId,
        name: Option<Label>,
        add: Vec<PrivateKeyId>,
        remove: Vec<PrivateKeyId>,
    },
    DeletePrivateKeyTags {
        tags: Vec<TagId>,
    },

    CreateWallet(NewWallet),
    CreateWalletAccounts {
        wallet: WalletId,
        accounts: Vec<NewAccount>,
        persist: bool,
    },
    UpdateWallet {
        wallet: WalletId,
        name: Option<Label>,
    },
    UpdateWalletAccountName {
        account: WalletAccountId,
        name: Label,
    },
    DeleteWallets {
        wallets: Vec<WalletId>,
        delete_without_export: bool,
    },
    DeleteWalletAccounts {
        accounts: Vec<WalletAccountId>,
        delete_without_export: bool,
    },

    CreatePrivateKeys {
        keys: Vec<NewPrivateKey>,
    },
    DeletePrivateKeys {
        keys: Vec<PrivateKeyId>,
        delete_without_export: bool,
    },

    SignRawPayload {
        sign_with: String,
        payload: String,
        how: PayloadForm,
    },
    SignRawPayloads {
        sign_with: String,
        payloads: Vec<String>,
        how: PayloadForm,
    },
    SignTransaction {
        sign_with: String,
        transaction: String,
        kind: TransactionType,
    },

    ApproveActivity {
        fingerprint: [u8; 32],
    },
    RejectActivity {
        fingerprint: [u8; 32],
    },
}

/// A sub-organisation to be made, owned by its root users alone.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubOrganisation {
    /// What to call it.
    pub name: Label,
    /// Its users, all of them members of its root quorum.
    pub root_users: Vec<NewUser>,
    /// How many of them must agree.
    pub threshold: u32,
    /// A first wallet.
    pub wallet: Option<NewWallet>,
    /// First private keys (an old form of the command).
    pub private_keys: Vec<NewPrivateKey>,
    /// Features of e-mail and telephone sign-in that are to be off.
    pub disabled: Vec<FeatureName>,
}

/// A user to be made.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct NewUser {
    pub name: Label,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub api_keys: Vec<NewApiKey>,
    pub authenticators: Vec<NewAuthenticator>,
    pub tags: Vec<TagId>,
}

/// What to change on a user; `None` leaves a member as it is.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct UserUpdate {
    pub name: Option<Label>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub tags: Option<Vec<TagId>>,
}

/// An API key to be registered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewApiKey {
    /// What to call it.
    pub name: Label,
    /// Which curve the key is on.
    pub curve: Curve,
    /// SEC1 compressed, or 32 bytes for Ed25519. Checked to be a point when it is parsed.
    pub public_key: Vec<u8>,
    /// Life in seconds; `None` means until removed.
    pub expiration_seconds: Option<u64>,
}

/// A passkey to be registered: what `navigator.credentials.create` returned.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAuthenticator {
    /// What to call it.
    pub name: Label,
    /// The challenge the client made; proves nothing about freshness, only coherence.
    pub challenge: String,
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// The client data, byte for byte.
    pub client_data_json: Vec<u8>,
    /// The attestation object, byte for byte.
    pub attestation_object: Vec<u8>,
    /// Transports by wire name.
    pub transports: Vec<String>,
}

/// A wallet to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewWallet {
    /// What to call it.
    pub name: Label,
    /// Accounts to derive at once.
    pub accounts: Vec<NewAccount>,
    /// Mnemonic length: 12, 15, 18, 21 or 24 words.
    pub words: u8,
}

/// An account to be derived.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct NewAccount {
    pub curve: Curve,
    pub path: DerivationPath,
    pub address_format: AddressFormat,
    pub name: Option<Label>,
}

/// A private key to be made.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct NewPrivateKey {
    pub name: Label,
    pub curve: Curve,
    pub address_formats: Vec<AddressFormat>,
    pub tags: Vec<TagId>,
}

/// How the text of a payload becomes bytes, and how those are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PayloadForm {
    pub encoding: PayloadEncoding,
    pub hash: HashFunction,
}

/// Unbounded things a decision needs beside the organisation itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Needs<'a> {
    /// The organisation is enough.
    Nothing,
    /// The key a signature is asked of: an address, a private key's id or a public key.
    SignWith(&'a str),
    /// These accounts.
    Accounts(&'a [WalletAccountId]),
    /// Whatever accounts of this wallet already sit where these are to be put.
    AccountsAt(WalletId, &'a [NewAccount]),
    /// The activity with this fingerprint.
    Activity([u8; 32]),
}

impl Command {
    /// What must be looked up before [`decide`](crate::decide()) can judge the command.
    pub fn needs(&self) -> Needs<'_> {
        match self {
            Self::SignRawPayload { sign_with, .. }
            | Self::SignRawPayloads { sign_with, .. }
            | Self::SignTransaction { sign_with, .. } => Needs::SignWith(sign_with),
            Self::UpdateWalletAccountName { account, .. } => {
                Needs::Accounts(std::slice::from_ref(account))
            }
            Self::DeleteWalletAccounts { accounts, .. } => Needs::Accounts(accounts),
            Self::CreateWalletAccounts {
                wallet, accounts, ..
            } => Needs::AccountsAt(*wallet, accounts),
            Self::ApproveActivity { fingerprint } | Self::RejectActivity { fingerprint } => {
                Needs::Activity(*fingerprint)
            }
            Self::CreateSubOrganisation(_)
            | Self::DeleteSubOrganisation { .. }
            | Self::UpdateOrganisationName { .. }
            | Self::UpdateRootQuorum { .. }
            | Self::SetOrganisationFeature { .. }
            | Self::RemoveOrganisationFeature { .. }
            | Self::CreateUsers { .. }
            | Self::UpdateUser { .. }
            | Self::UpdateUserName { .. }
            | Self::UpdateUserEmail { .. }
            | Self::UpdateUserPhoneNumber { .. }
            | Self::DeleteUsers { .. }
            | Self::CreateApiKeys { .. }
            | Self::DeleteApiKeys { .. }
            | Self::CreateAuthenticators { .. }
            | Self::DeleteAuthenticators { .. }
            | Self::CreateUserTag { .. }
            | Self::UpdateUserTag { .. }
            | Self::DeleteUserTags { .. }
            | Self::CreatePrivateKeyTag { .. }
            | Self::UpdatePrivateKeyTag { .. }
            | Self::DeletePrivateKeyTags { .. }
            | Self::CreateWallet(_)
            | Self::UpdateWallet { .. }
            | Self::DeleteWallets { .. }
            | Self::CreatePrivateKeys { .. }
            | Self::DeletePrivateKeys { .. } => Needs::Nothing,
        }
    }
}
