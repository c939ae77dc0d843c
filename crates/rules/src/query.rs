//! Everything a signer can ask to see.

use wire::id::{ActivityId, ApiKeyId, AuthenticatorId, PrivateKeyId, UserId, WalletId};

/// A question about one organisation. Reading needs no policy: whoever belongs to the
/// organisation, or to its parent, may ask.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // One variant for each query of the protocol, under its name.
pub enum Query {
    Whoami,
    GetActivity {
        activity: ActivityId,
    },
    GetReceipt {
        activity: ActivityId,
    },
    ListActivities {
        statuses: Option<Vec<StatusFilter>>,
        kinds: Vec<String>,
        page: Page<ActivityId>,
    },
    GetOrganizationConfigs,
    ListSuborgs {
        filter: Option<SubOrganisationFilter>,
        page: Page<wire::id::OrganisationId>,
    },
    GetUser {
        user: UserId,
    },
    ListUsers,
    GetApiKey {
        key: ApiKeyId,
    },
    GetApiKeys {
        user: Option<UserId>,
    },
    GetAuthenticator {
        authenticator: AuthenticatorId,
    },
    GetAuthenticators {
        user: UserId,
    },
    GetOauthProviders,
    ListUserTags,
    ListPrivateKeyTags,
    GetWallet {
        wallet: WalletId,
    },
    ListWallets,
    GetWalletAccount {
        wallet: WalletId,
        address: Option<String>,
        path: Option<String>,
    },
    ListWalletAccounts {
        wallet: Option<WalletId>,
        with_wallets: bool,
        page: Page<wire::id::WalletAccountId>,
    },
    GetPrivateKey {
        key: PrivateKeyId,
    },
    ListPrivateKeys,
}

/// A question as it was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked.
    pub query: Query,
    /// When the signer says it was stamped, if the body says so.
    pub timestamp: Option<wire::Timestamp>,
    /// The server it is meant for, if it says so.
    pub audience: Option<String>,
}

/// Part of a long list: `limit` items (1 to 100) next to a cursor, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// At most this many.
    pub limit: u32,
    /// Items that come before this one in the list.
    pub before: Option<Id>,
    /// Items that come after this one in the list.
    pub after: Option<Id>,
}

/// Which sub-organisations are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SubOrganisationFilter {
    Name(String),
    UserName(String),
    Email(String),
    PhoneNumber(String),
    /// A WebAuthn credential id.
    CredentialId(Vec<u8>),
    /// An API key's public key.
    PublicKey(Vec<u8>),
    WalletAccountAddress(String),
}

/// The status of an activity without what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum StatusFilter {
    Held,
    Completed,
    Refused,
    Rejected,
}
