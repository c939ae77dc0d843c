//! The wall: an organisation and everything behind it that is bounded in number.

use std::collections::BTreeMap;

use wire::Timestamp;
use wire::id::{OrganisationId, PrivateKeyId, TagId, UserId, WalletId};

use crate::credential::{ApiKey, Authenticator};
use crate::feature::FeatureName;
use crate::private_key::PrivateKey;
use crate::tag::Tag;
use crate::user::User;
use crate::wallet::Wallet;

/// Sub-organisations are unlimited; these are not (per organisation).
pub const MAX_USERS: usize = 100;
/// Wallets in one organisation.
pub const MAX_WALLETS: usize = 100;
/// Raw private keys in one organisation.
pub const MAX_PRIVATE_KEYS: usize = 1000;
/// Tags of either kind in a root organisation.
pub const MAX_TAGS: usize = 100;
/// Tags of either kind in a sub-organisation.
pub const MAX_TAGS_IN_SUB_ORGANISATION: usize = 10;

/// An organisation as it stood at one revision.
///
/// Everything a decision commonly needs is here, because every kind of thing below has a limit.
/// Wallet accounts, sub-organisations and activities have none and are looked up one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct Organisation {
    /// Its identifier.
    pub id: OrganisationId,
    /// The root organisation this one belongs to; `None` for a root organisation.
    pub parent: Option<OrganisationId>,
    /// What people call it.
    pub name: String,
    /// Counts changes to anything in this value. What was decided at one revision is recorded
    /// only if the organisation still is at it.
    pub revision: u64,
    /// Who may do anything, together.
    pub quorum: Quorum,
    /// Users by identifier.
    pub users: BTreeMap<UserId, User>,
    /// Tags of both kinds by identifier.
    pub tags: BTreeMap<TagId, Tag>,
    /// Features that are switched on, with their values.
    pub features: BTreeMap<FeatureName, Option<String>>,
    /// Wallets by identifier, without their accounts.
    pub wallets: BTreeMap<WalletId, Wallet>,
    /// Raw private keys by identifier.
    pub private_keys: BTreeMap<PrivateKeyId, PrivateKey>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its own row last changed.
    pub updated_at: Timestamp,
}

/// The root quorum: `threshold` distinct members acting together need no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// How many members must agree; at least 1, at most the number of members.
    pub threshold: u32,
    /// The members.
    pub users: Vec<UserId>,
}

impl Quorum {
    /// Whether this user is a member.
    pub fn contains(&self, user: UserId) -> bool {
        self.users.contains(&user)
    }
}

impl Organisation {
    /// The organisation whose parent-level settings govern: its parent, or itself at the root.
    pub fn root_id(&self) -> OrganisationId {
        self.parent.unwrap_or(self.id)
    }

    /// The user and API key holding this public key (SEC1 compressed, or 32 bytes for Ed25519).
    pub fn api_key(&self, public_key: &[u8]) -> Option<(&User, &ApiKey)> {
        self.users.values().find_map(|user| {
            let key = user
                .api_keys
                .iter()
                .find(|key| key.public_key == public_key)?;
            Some((user, key))
        })
    }

    /// The user and passkey with this WebAuthn credential id.
    pub fn authenticator(&self, credential_id: &[u8]) -> Option<(&User, &Authenticator)> {
        self.users.values().find_map(|user| {
            let found = user
                .authenticators
                .iter()
                .find(|a| a.credential_id == credential_id)?;
            Some((user, found))
        })
    }
}
