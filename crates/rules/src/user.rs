//! Users.

use wire::Timestamp;
use wire::encoding::{base64url, hex};
use wire::id::{TagId, UserId};

use crate::credential::{ApiKey, Authenticator};

/// Passkeys one user may hold.
pub const MAX_AUTHENTICATORS: usize = 10;
/// API keys without expiry one user may hold.
pub const MAX_LONG_LIVED_API_KEYS: usize = 10;
/// API keys with an expiry one user may hold; one more evicts an expired one, else the oldest.
pub const MAX_EXPIRING_API_KEYS: usize = 10;

/// A person or machine inside one organisation.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Its identifier.
    pub id: UserId,
    /// Unique among the users of the organisation.
    pub name: String,
    /// An e-mail address nobody has verified.
    pub email: Option<String>,
    /// A telephone number in E.164 form nobody has verified.
    pub phone: Option<String>,
    /// Tags of kind user.
    pub tags: Vec<TagId>,
    /// API keys, oldest first.
    pub api_keys: Vec<ApiKey>,
    /// Passkeys, oldest first.
    pub authenticators: Vec<Authenticator>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its own row last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// Whether a credential with this public key, spelled as in a [vote](crate::Vote), is the
    /// user's.
    pub fn holds(&self, public_key: &str) -> bool {
        let spelled_hex = |key: &ApiKey| hex::encode(&key.public_key) == public_key;
        let spelled_base64 = |key: &Authenticator| base64url::encode(&key.public_key) == public_key;
        self.api_keys.iter().any(spelled_hex) || self.authenticators.iter().any(spelled_base64)
    }

    /// Whether the user could stamp for ever: an API key that expires is no way back in.
    pub fn has_lasting_credential(&self) -> bool {
        !self.authenticators.is_empty()
            || self
                .api_keys
                .iter()
                .any(|key| key.expiration_seconds.is_none())
    }

    /// Whether the user could stamp anything at `now`.
    pub fn can_authenticate(&self, now: Timestamp) -> bool {
        !self.authenticators.is_empty() || self.api_keys.iter().any(|key| !key.expired(now))
    }
}
