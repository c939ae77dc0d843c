//! Users.

use wire::Timestamp;
use wire::encoding::{base64url, hex};
use wire::id::{ApiKeyId, TagId, UserId};

use crate::command::NewApiKey;
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

    /// Which expiring keys make room for new ones at `now`: those that have expired first, then
    /// the oldest.
    pub fn evicted_by(&self, new: &[NewApiKey], now: Timestamp) -> Vec<ApiKeyId> {
        let coming = new.iter().filter(|key| key.expiration_seconds.is_some());
        let held = self
            .api_keys
            .iter()
            .filter(|key| key.expiration_seconds.is_some());
        let mut held: Vec<&ApiKey> = held.collect();
        let excess = (held.len() + coming.count()).saturating_sub(MAX_EXPIRING_API_KEYS);
        held.sort_by_key(|key| (!key.expired(now), key.created_at));
        held.iter().take(excess).map(|key| key.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Label;
    use wire::keys::Curve;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// A key made at second `made` after the start, with this life in seconds.
    fn key(made: u8, life: Option<u64>) -> ApiKey {
        ApiKey {
            id: id(made),
            name: String::new(),
            curve: Curve::P256,
            public_key: vec![made],
            expiration_seconds: life,
            created_at: NOW.plus_seconds(made.into()),
        }
    }

    fn id(made: u8) -> ApiKeyId {
        ApiKeyId::from_bytes([made; 16])
    }

    fn user(api_keys: Vec<ApiKey>) -> User {
        User {
            id: UserId::from_bytes([1; 16]),
            name: String::new(),
            email: None,
            phone: None,
            tags: Vec::new(),
            api_keys,
            authenticators: Vec::new(),
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn coming(count: usize, life: Option<u64>) -> Vec<NewApiKey> {
        let new = NewApiKey {
            name: Label::parse("new").unwrap(),
            curve: Curve::P256,
            public_key: Vec::new(),
            expiration_seconds: life,
        };
        vec![new; count]
    }

    #[test]
    fn the_oldest_expiring_keys_make_room_and_lasting_ones_never() {
        let held = (0..12).map(|made| key(made, (made >= 2).then_some(3600)));
        let user = user(held.collect());
        assert_eq!(user.evicted_by(&coming(3, None), NOW), []);
        assert_eq!(user.evicted_by(&coming(1, Some(60)), NOW), [id(2)]);
        assert_eq!(user.evicted_by(&coming(2, Some(60)), NOW), [id(2), id(3)]);
    }

    #[test]
    fn expired_keys_go_before_older_ones_that_still_live() {
        let mut held: Vec<ApiKey> = (0..10).map(|made| key(made, Some(3600))).collect();
        held[7].expiration_seconds = Some(1);
        let (user, now) = (user(held), NOW.plus_seconds(10));
        assert_eq!(user.evicted_by(&coming(2, Some(60)), now), [id(7), id(0)]);
    }

    #[test]
    fn nobody_is_evicted_while_there_is_room() {
        let user = user((0..9).map(|made| key(made, Some(3600))).collect());
        assert_eq!(user.evicted_by(&coming(1, Some(60)), NOW), []);
    }

    #[test]
    fn a_key_is_good_up_to_its_last_millisecond() {
        let user = user(vec![key(0, Some(60))]);
        let end = NOW.plus_seconds(60);
        assert!(user.can_authenticate(Timestamp::from_millis(end.as_millis() - 1)));
        assert!(!user.can_authenticate(end));
        assert!(!user.has_lasting_credential());
    }

    #[test]
    fn a_key_is_held_by_the_spelling_votes_use() {
        let user = user(vec![key(0xab, None)]);
        assert!(user.holds("ab"));
        assert!(!user.holds("AB"));
        assert!(!user.holds(""));
    }
}
