//! Wallets and their accounts.

use wire::Timestamp;
use wire::id::{OrganisationId, WalletAccountId, WalletId};
use wire::keys::{AddressFormat, Curve, DerivationPath};
use wire::sealed::Sealed;

/// A hierarchical deterministic wallet: one seed, sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Wallet {
    /// Its identifier.
    pub id: WalletId,
    /// Unique among the wallets of the organisation.
    pub name: String,
    /// The seed, which only the vault can open.
    pub seed: Sealed,
    /// Whether the seed has left through an export.
    pub exported: bool,
    /// Whether the seed came in through an import.
    pub imported: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its own row last changed.
    pub updated_at: Timestamp,
}

/// One key of a wallet, with the one address it is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct WalletAccount {
    /// Its identifier.
    pub id: WalletAccountId,
    /// The organisation that owns the wallet.
    pub organisation: OrganisationId,
    /// The wallet it is derived from.
    pub wallet: WalletId,
    /// Curve of the key.
    pub curve: Curve,
    /// Derivation path (BIP-32 notation).
    pub path: DerivationPath,
    /// How the address is spelled.
    pub address_format: AddressFormat,
    /// The address.
    pub address: String,
    /// SEC1 compressed, or 32 bytes for Ed25519.
    pub public_key: Vec<u8>,
    /// What people call it, if anything.
    pub name: Option<String>,
    /// Whether this key has left through an export.
    pub exported: bool,
    /// When it was derived.
    pub created_at: Timestamp,
    /// When its own row last changed.
    pub updated_at: Timestamp,
}
