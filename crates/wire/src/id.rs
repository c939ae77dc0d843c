//! One type per identifier, so that two kinds are never confused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID in its canonical spelling (36 characters, lower case, hyphens).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in canonical lower-case form")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A random (version 4) identifier from sixteen random bytes.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// A time-ordered (version 7) identifier: 48 bits of `now`, the rest random.
            pub fn from_time(now: crate::Timestamp, random: [u8; 16]) -> Self {
                let mut tail = [0; 10];
                tail.copy_from_slice(&random[..10]);
                Self(uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &tail).into_uuid())
            }

            /// The sixteen bytes, as they are stored and sealed under.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The identifier with exactly these bytes, as read back from the store.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            // One spelling per value: `Uuid::parse_str` alone would also take braces, URNs,
            // upper case and the unhyphenated form (threat T85).
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let id = Uuid::try_parse(text).map_err(|_| NotAnId)?;
                if id.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text {
                    Ok(Self(id))
                } else {
                    Err(NotAnId)
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// One submitted command and its outcome. Version 7.
    ActivityId;
    /// An API key registered for a user.
    ApiKeyId;
    /// A passkey registered for a user.
    AuthenticatorId;
    /// One recorded outcome of the Passkey API. Version 7.
    EventId;
    /// A root organisation or a sub-organisation: the wall around everything it owns.
    OrganisationId;
    /// A raw private key outside any wallet.
    PrivateKeyId;
    /// A label on users or private keys.
    TagId;
    /// A tenant of the Passkey API: the wall around its users and keys.
    TenantId;
    /// A secret by which a tenant's own server is known, such as an API key.
    TenantSecretId;
    /// A user of a tenant: the row, not the name the tenant's own server has for that user.
    TenantUserId;
    /// A key that signs tokens: their `kid`.
    TokenKeyId;
    /// A transaction that a user is asked to confirm with a passkey. Version 7.
    TransactionId;
    /// A person or machine inside one organisation.
    UserId;
    /// One stamped opinion on one activity.
    VoteId;
    /// An account derived from a wallet's seed.
    WalletAccountId;
    /// A hierarchical deterministic wallet.
    WalletId;
}

impl TenantId {
    /// Reads a tenant's identifier as the path of the Passkey API spells it: canonical, as 32 hex
    /// digits, in braces or behind `urn:uuid:`, in either case.
    ///
    /// Clients in use write all four, and the identifier names no more than a row to look for:
    /// compare and store the value that is read, never the text (threat T85).
    pub fn parse_lenient(text: &str) -> Option<Self> {
        Uuid::try_parse(&text.to_ascii_lowercase()).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_the_canonical_spelling() {
        let canonical = "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11";
        assert_eq!(canonical.parse::<UserId>().unwrap().to_string(), canonical);
        for other in [
            "0D8F4B8E-27C5-4B3A-9C55-0F5F8A3F6A11",
            "0d8f4b8e27c54b3a9c550f5f8a3f6a11",
            "{0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11}",
            "urn:uuid:0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
            " 0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
            "",
        ] {
            assert_eq!(other.parse::<UserId>(), Err(NotAnId), "{other:?}");
        }
    }
    #[test]
    fn a_tenant_is_read_in_every_spelling_its_clients_use_and_written_in_one() {
        let canonical = "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11";
        for text in [
            canonical,
            "0D8F4B8E-27C5-4B3A-9C55-0F5F8A3F6A11",
            "0d8f4b8e27c54b3a9c550f5f8a3f6a11",
            "0D8f4b8e27c54b3a9c550f5f8a3f6a11",
            "{0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11}",
            "{0D8F4B8E-27C5-4B3A-9C55-0F5F8A3F6A11}",
            "urn:uuid:0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
            "URN:UUID:0D8F4B8E-27C5-4B3A-9C55-0F5F8A3F6A11",
        ] {
            let tenant = TenantId::parse_lenient(text).expect(text);
            assert_eq!(tenant.to_string(), canonical);
        }
    }

    #[test]
    fn a_tenant_is_not_read_from_anything_else() {
        for text in [
            "",
            " 0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
            "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a1",
            "0d8f4b8e-27c5-4b3a-9c550f5f8a3f6a11",
            "{0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
            "{0d8f4b8e27c54b3a9c550f5f8a3f6a11}",
            "urn:uuid:0d8f4b8e27c54b3a9c550f5f8a3f6a11",
            "urn:0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
            "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a1g",
        ] {
            assert_eq!(TenantId::parse_lenient(text), None, "{text:?}");
        }
    }
}
