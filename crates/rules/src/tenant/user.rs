//! The people of a tenant and their passkeys.

use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::id::TenantUserId;

/// Somebody a tenant knows, under the name the tenant's own system gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantUser {
    /// Our identifier.
    pub id: TenantUserId,
    /// The tenant's: unique in the tenant, never changed. Its UTF-8 bytes are the WebAuthn user
    /// handle.
    pub user_id: String,
    /// What authenticators list.
    pub profile: UserProfile,
    /// When the first passkey was registered.
    pub created_at: Timestamp,
    /// When the profile last changed.
    pub updated_at: Timestamp,
}

/// What people see of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProfile {
    /// The account's name.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// A URL.
    pub icon: Option<String>,
}

/// The longest user handle (WebAuthn §5.4.3), in bytes.
pub const MAX_USER_HANDLE: usize = 64;

/// A credential registered with a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// The credential id, 1 to 1023 bytes; unique in the tenant.
    pub credential_id: Vec<u8>,
    /// Whose it is.
    pub owner: TenantUserId,
    /// Whose it is, as the tenant calls them.
    pub user_id: String,
    /// The public key as canonical COSE CBOR.
    pub public_key: Vec<u8>,
    /// What people call it.
    pub name: Option<String>,
    /// The attestation statement format it came with.
    pub attestation_format: String,
    /// The authenticator's model, proven only if the attestation was trusted.
    pub aaguid: [u8; 16],
    /// How the authenticator may be reached, as the client told.
    pub transports: Vec<String>,
    /// What it may be used for.
    pub purpose: Purpose,
    /// Whether it may be synced. Fixed for its life.
    pub backup_eligible: bool,
    /// Whether it was synced when last used.
    pub backup_state: bool,
    /// The signature counter when last used.
    pub sign_count: u32,
    /// Raised by one by every change.
    pub revision: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
}

/// What a credential was registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Logging in and confirming.
    Passkey,
    /// A second factor, and nothing else.
    Mfa,
    /// As a passkey, and Secure Payment Confirmation.
    Payment,
}

impl Purpose {
    /// Whether it is a second factor only.
    pub fn is_mfa(self) -> bool {
        self == Self::Mfa
    }
}
