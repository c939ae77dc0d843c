//! Credentials: API keys and passkeys.

use wire::Timestamp;
use wire::id::{ApiKeyId, AuthenticatorId};
use wire::keys::Curve;

/// A public key whose holder may stamp requests as the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identifier.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// Which curve, and so which stamp schemes.
    pub curve: Curve,
    /// SEC1 compressed (33 bytes), or 32 bytes for Ed25519.
    pub public_key: Vec<u8>,
    /// Life in seconds from `created_at`; `None` means until removed.
    pub expiration_seconds: Option<u64>,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl ApiKey {
    /// The first instant at which the key is no longer good.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expiration_seconds.map(|seconds| self.created_at.plus_seconds(seconds))
    }

    /// Whether its life is over at `now`.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|end| now >= end)
    }
}

/// A passkey: a WebAuthn credential record (W3C WebAuthn L3 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// Its identifier with us.
    pub id: AuthenticatorId,
    /// What people call it.
    pub name: String,
    /// The credential id, 1 to 1,023 bytes.
    pub credential_id: Vec<u8>,
    /// The COSE_Key as the authenticator gave it.
    pub public_key: Vec<u8>,
    /// SHA-256 of the RP ID it was made for.
    pub rp_id_hash: [u8; 32],
    /// The authenticator model's AAGUID.
    pub aaguid: [u8; 16],
    /// Attestation statement format, `none` in practice.
    pub attestation_type: String,
    /// Transports as the client named them (`AUTHENTICATOR_TRANSPORT_…`).
    pub transports: Vec<String>,
    /// Backup eligibility at registration; never changes for a credential.
    pub backup_eligible: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}
