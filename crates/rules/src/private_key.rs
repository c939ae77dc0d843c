//! Raw private keys, outside any wallet.

use wire::Timestamp;
use wire::id::{PrivateKeyId, TagId};
use wire::keys::{AddressFormat, Curve};
use wire::sealed::Sealed;

/// A raw private key, sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivateKey {
    /// Its identifier.
    pub id: PrivateKeyId,
    /// Unique among the private keys of the organisation.
    pub name: String,
    /// Curve of the key.
    pub curve: Curve,
    /// SEC1 compressed, or 32 bytes for Ed25519.
    pub public_key: Vec<u8>,
    /// The scalar or seed, which only the vault can open.
    pub secret: Sealed,
    /// The addresses asked for when it was made.
    pub addresses: Vec<(AddressFormat, String)>,
    /// Tags of kind private key.
    pub tags: Vec<TagId>,
    /// Whether it has left through an export.
    pub exported: bool,
    /// Whether it came in through an import.
    pub imported: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its own row last changed.
    pub updated_at: Timestamp,
}
