//! Sealing: secrets at rest, nailed to the row they belong to.
//!
//! ```text
//! root key ──HKDF-SHA-256(organisation)──► organisation key ──AES-256-GCM-SIV──► sealed value
//!
//! the keys of a tenant and of an environment are derived likewise, under labels of their own
//!
//! sealed value = 0x01 ‖ root key id (8) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
//! additional data = the first 21 bytes, then for each of kind, wall (organisation, tenant
//!                   or environment) and owner:
//!                   its length (8 bytes, big-endian) ‖ its bytes
//! ```
//!
//! Every part of the row's name goes into the additional data behind its length, so no two rows
//! have the same, and a value moved to another row does not open (threat T99). The version of the
//! format comes first and is covered like the rest; a row's secret never changes, so there is no
//! other version to bind. GCM-SIV derives
//! the keystream from the plaintext as well as the nonce: a nonce repeated after a crash or by a
//! cloned machine reveals at most that two equal secrets are equal (T100).

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use wire::Sealed;
use wire::environment::Environment;
use wire::id::{OrganisationId, PrivateKeyId, TenantId, TokenKeyId, WalletId};
use wire::solana::Address;
use zeroize::Zeroizing;

use crate::entropy::fresh;
use crate::{Entropy, Error, RootKey};

const FORMAT: u8 = 1;
const HEADER_LENGTH: usize = 1 + RootKey::ID_LENGTH + NONCE_LEN;
const TAG_LENGTH: usize = 16;

/// The row of a wallet's seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WalletRow {
    /// The organisation that owns the wallet.
    pub organisation: OrganisationId,
    /// The wallet.
    pub wallet: WalletId,
}

/// The row of a raw private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrivateKeyRow {
    /// The organisation that owns the key.
    pub organisation: OrganisationId,
    /// The key.
    pub key: PrivateKeyId,
}

/// The row of a key that signs tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenKeyRow {
    /// The tenant that owns the key.
    pub tenant: TenantId,
    /// The key.
    pub key: TokenKeyId,
}

/// Where a sealed value belongs. Two different places never have the same additional data.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Wallet(&'a WalletRow),
    PrivateKey(&'a PrivateKeyRow),
    TokenKey(&'a TokenKeyRow),
    /// The key of the transparency log with this origin; it belongs to no organisation.
    LogKey(&'a str),
    /// The key that pays in an environment; it belongs to no tenant.
    Payer {
        environment: Environment,
        address: &'a Address,
    },
}

/// Seals `secret` so that it opens at `place` only.
pub(crate) fn seal(
    root: &RootKey,
    place: Place<'_>,
    secret: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Sealed, Error> {
    let nonce = *fresh::<NONCE_LEN>(entropy)?;
    let mut header = Vec::with_capacity(HEADER_LENGTH + secret.len() + TAG_LENGTH);
    header.push(FORMAT);
    header.extend_from_slice(root.id());
    header.extend_from_slice(&nonce);

    let aad = Aad::from(place.additional_data(&header));
    let mut text = Zeroizing::new(secret.to_vec());
    let tag = wall_key(root, place)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
        .map_err(|_| Error::Crypto)?;

    let mut sealed = header;
    sealed.extend_from_slice(&text);
    sealed.extend_from_slice(tag.as_ref());
    Ok(Sealed::from_bytes(sealed))
}

/// Opens what was sealed at `place`.
///
/// Damage, another place and another organisation's key look alike ([`Error::Unopenable`]); only
/// a value under another root key is told apart, because the operator can do something about it.
pub(crate) fn open(
    root: &RootKey,
    place: Place<'_>,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (header, body) = sealed
        .as_bytes()
        .split_at_checked(HEADER_LENGTH)
        .ok_or(Error::Unopenable)?;
    let (key_id, nonce) = match header {
        [FORMAT, rest @ ..] => rest.split_at(RootKey::ID_LENGTH),
        _ => return Err(Error::Unopenable),
    };
    if key_id != root.id() {
        return Err(Error::OtherRootKey);
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Unopenable)?;
    let aad = Aad::from(place.additional_data(header));
    let mut text = Zeroizing::new(body.to_vec());
    let length = wall_key(root, place)?
        .open_in_place(nonce, aad, &mut text)
        .map_err(|_| Error::Unopenable)?
        .len();
    text.truncate(length);
    Ok(text)
}

/// The authentication tag, which tells two sealed values apart. Nothing for a stub too short.
pub(crate) fn tag(sealed: &Sealed) -> [u8; TAG_LENGTH] {
    sealed.as_bytes().last_chunk().copied().unwrap_or_default()
}

/// The key of the organisation or tenant whose wall is around the place.
fn wall_key(root: &RootKey, place: Place<'_>) -> Result<LessSafeKey, Error> {
    let label: &[u8] = match place {
        Place::Wallet(_) | Place::PrivateKey(_) | Place::LogKey(_) => b"zegel organisation key v1",
        Place::TokenKey(_) => b"zegel tenant key v1",
        Place::Payer { .. } => b"zegel payer key v1",
    };
    let mut key = Zeroizing::new([0; 32]);
    root.derive(label, place.wall(), &mut key)?;
    let key = UnboundKey::new(&AES_256_GCM_SIV, key.as_slice()).map_err(|_| Error::Crypto)?;
    Ok(LessSafeKey::new(key))
}

impl Place<'_> {
    /// Sixteen bytes for an organisation or a tenant; the name of an environment; none for what
    /// belongs to the whole installation.
    fn wall(&self) -> &[u8] {
        match self {
            Self::Wallet(row) => row.organisation.as_bytes(),
            Self::PrivateKey(row) => row.organisation.as_bytes(),
            Self::TokenKey(row) => row.tenant.as_bytes(),
            Self::LogKey(_) => &[],
            Self::Payer { environment, .. } => environment.name().as_bytes(),
        }
    }

    fn additional_data(&self, header: &[u8]) -> Vec<u8> {
        let (kind, owner): (&str, &[u8]) = match self {
            Self::Wallet(row) => ("wallet seed", row.wallet.as_bytes()),
            Self::PrivateKey(row) => ("private key", row.key.as_bytes()),
            Self::TokenKey(row) => ("token key", row.key.as_bytes()),
            Self::LogKey(origin) => ("log key", origin.as_bytes()),
            Self::Payer { address, .. } => ("payer key", address.as_bytes()),
        };
        let mut data = header.to_vec();
        for field in [kind.as_bytes(), self.wall(), owner] {
            data.extend_from_slice(&(field.len() as u64).to_be_bytes());
            data.extend_from_slice(field);
        }
        data
    }
}
