//! The vault: the one place where sealed keys become signatures.

use std::sync::Arc;

use verify::Authenticated;
use wire::Sealed;
use wire::id::{OrganisationId, PrivateKeyId, WalletId};
use wire::keys::{Curve, DerivationPath};

use crate::memory::cells_that_fit;
use crate::payload::ToSign;
use crate::raw::RawKey;
use crate::seal::{Place, open, seal};
use crate::seed::WalletSeed;
use crate::signing_key::SigningKey;
use crate::token_key::WarmTokenKeys;
use crate::warm::{WarmKeys, WarmName};
use crate::{
    Entropy, Error, PrivateKeyRow, PublicKey, RecoverableSignature, RootKey, WalletRow, WordCount,
    derive,
};

/// Which key to use: where its secret is sealed and how to get from there to the key.
#[derive(Clone, Copy, Debug)]
pub enum KeyRef<'a> {
    /// An account of a wallet.
    Account {
        /// The wallet's row.
        wallet: WalletRow,
        /// The wallet's sealed seed.
        sealed: &'a Sealed,
        /// The path from the wallet's master key.
        path: &'a DerivationPath,
        /// The curve to derive on.
        curve: Curve,
    },
    /// A raw private key.
    PrivateKey {
        /// The key's row.
        key: PrivateKeyRow,
        /// The sealed key.
        sealed: &'a Sealed,
        /// The curve the key was made for.
        curve: Curve,
    },
}

impl KeyRef<'_> {
    fn organisation(&self) -> OrganisationId {
        match self {
            Self::Account { wallet, .. } => wallet.organisation,
            Self::PrivateKey { key, .. } => key.organisation,
        }
    }
}

/// Holds the root key, and the keys that were used lately, in locked memory.
///
/// Signing needs evidence: the stamped request that led to it, which only `verify` can make.
/// Shared between threads; signing holds no lock but a shared one on the key in use.
pub struct Vault {
    pub(crate) root: RootKey,
    pub(crate) token_keys: WarmTokenKeys,
    warm: WarmKeys,
}

impl Vault {
    /// A vault that opens what was sealed under `root`, keeping as many keys warm as may be locked
    /// into memory: some hundreds under the smallest usual limit, 16,384 at most.
    pub fn new(root: RootKey) -> Self {
        Self::with_warm_keys(root, cells_that_fit())
    }

    /// As [`Vault::new`], keeping up to `capacity` derived keys for the next signature, and a
    /// quarter as many keys that sign tokens.
    pub fn with_warm_keys(root: RootKey, capacity: usize) -> Self {
        Self {
            root,
            token_keys: WarmTokenKeys::new(capacity / 4),
            warm: WarmKeys::new(capacity),
        }
    }

    /// Makes a new wallet seed and seals it for its row.
    pub fn create_wallet(
        &self,
        wallet: &WalletRow,
        words: WordCount,
        entropy: &mut dyn Entropy,
    ) -> Result<Sealed, Error> {
        self.seal_seed(wallet, &WalletSeed::generate(words, entropy)?, entropy)
    }

    /// Seals an existing English BIP-39 mnemonic (12 to 24 words, empty passphrase) for its row.
    pub fn import_wallet(
        &self,
        wallet: &WalletRow,
        mnemonic: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<Sealed, Error> {
        self.seal_seed(wallet, &WalletSeed::from_mnemonic(mnemonic)?, entropy)
    }

    /// Makes a new raw private key and seals it for its row.
    pub fn create_private_key(
        &self,
        key: &PrivateKeyRow,
        curve: Curve,
        entropy: &mut dyn Entropy,
    ) -> Result<(Sealed, PublicKey), Error> {
        self.seal_key(key, RawKey::generate(curve, entropy)?, entropy)
    }

    /// Seals an existing private key (32 bytes: a big-endian scalar, or an Ed25519 seed) for its
    /// row.
    pub fn import_private_key(
        &self,
        key: &PrivateKeyRow,
        curve: Curve,
        secret: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(Sealed, PublicKey), Error> {
        self.seal_key(key, RawKey::from_slice(curve, secret)?, entropy)
    }

    /// The public half of a key; for an account, this is what derives it.
    /// The key is not kept warm: who derives a hundred accounts would cool everybody's keys.
    pub fn public_key(&self, key: &KeyRef<'_>) -> Result<PublicKey, Error> {
        let mut raw = self.open_key(key)?;
        Ok(SigningKey::new(raw.curve, &mut raw.secret, self.warm.arena())?.public())
    }

    /// Signs what a payload or a transaction came down to, in the way of the key's curve.
    ///
    /// A Taproot account signs otherwise, see [`Vault::sign_taproot`].
    pub fn sign(
        &self,
        evidence: &Authenticated,
        key: &KeyRef<'_>,
        what: &ToSign,
    ) -> Result<RecoverableSignature, Error> {
        match what {
            ToSign::Digest(digest) => self.sign_digest(evidence, key, digest),
            ToSign::Message(message) => self.sign_message(evidence, key, message),
        }
    }

    /// Signs a 32-byte digest with ECDSA (secp256k1 or P-256).
    pub fn sign_digest(
        &self,
        evidence: &Authenticated,
        key: &KeyRef<'_>,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, Error> {
        self.key_for(evidence, key)?.sign_digest(digest)
    }

    /// Signs a message with Ed25519; `r` and `s` are the halves of the signature, `v` is zero.
    pub fn sign_message(
        &self,
        evidence: &Authenticated,
        key: &KeyRef<'_>,
        message: &[u8],
    ) -> Result<RecoverableSignature, Error> {
        let signature = self.key_for(evidence, key)?.sign_message(message)?;
        Ok(RecoverableSignature::from_halves(&signature, 0))
    }

    /// Signs a 32-byte sighash with BIP-340 by the key of a Taproot address; `v` is zero.
    pub fn sign_taproot(
        &self,
        evidence: &Authenticated,
        key: &KeyRef<'_>,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, Error> {
        let signature = self.key_for(evidence, key)?.sign_taproot(digest)?;
        Ok(RecoverableSignature::from_halves(&signature, 0))
    }

    /// Wipes every warm key of a wallet, as when it is deleted.
    pub fn forget_wallet(&self, wallet: WalletId) {
        self.warm.forget(|name| name.is_of_wallet(wallet));
    }

    /// Wipes a raw private key if it is warm.
    pub fn forget_private_key(&self, key: PrivateKeyId) {
        self.warm.forget(|name| name.is_private_key(key));
    }

    /// The key, for somebody of the organisation that owns it.
    ///
    /// Whether the signer may is decided elsewhere; that nobody ever signs with another
    /// organisation's key, whatever was decided, is held here.
    fn key_for(
        &self,
        evidence: &Authenticated,
        key: &KeyRef<'_>,
    ) -> Result<Arc<SigningKey>, Error> {
        if evidence.signer().home != key.organisation() {
            return Err(Error::ForeignKey);
        }
        self.signing_key(key)
    }

    /// The key itself, warm if it was used lately, else opened and derived.
    ///
    /// A warm key answers for exactly the sealed bytes it came from: a row whose ciphertext was
    /// changed under our feet takes the cold way and fails there, warm or not (T99).
    fn signing_key(&self, key: &KeyRef<'_>) -> Result<Arc<SigningKey>, Error> {
        self.warm.get_or_insert(WarmName::of(key), |arena| {
            let RawKey { curve, mut secret } = self.open_key(key)?;
            SigningKey::new(curve, &mut secret, arena)
        })
    }

    fn open_key(&self, key: &KeyRef<'_>) -> Result<RawKey, Error> {
        match key {
            KeyRef::Account {
                wallet,
                sealed,
                path,
                curve,
            } => {
                let text = open(&self.root, Place::Wallet(wallet), sealed)?;
                let seed = WalletSeed::from_plaintext(&text)?;
                let secret = derive::secret(*curve, seed.bytes(), path.levels())?;
                Ok(RawKey {
                    curve: *curve,
                    secret,
                })
            }
            KeyRef::PrivateKey { key, sealed, curve } => {
                let text = open(&self.root, Place::PrivateKey(key), sealed)?;
                RawKey::from_plaintext(*curve, &text)
            }
        }
    }

    fn seal_seed(
        &self,
        wallet: &WalletRow,
        seed: &WalletSeed,
        entropy: &mut dyn Entropy,
    ) -> Result<Sealed, Error> {
        seal(
            &self.root,
            Place::Wallet(wallet),
            &seed.to_plaintext(),
            entropy,
        )
    }

    fn seal_key(
        &self,
        row: &PrivateKeyRow,
        mut key: RawKey,
        entropy: &mut dyn Entropy,
    ) -> Result<(Sealed, PublicKey), Error> {
        let sealed = seal(
            &self.root,
            Place::PrivateKey(row),
            &key.to_plaintext(),
            entropy,
        )?;
        // Not kept warm: a new key may not be used for a long time.
        let key = SigningKey::new(key.curve, &mut key.secret, self.warm.arena())?;
        Ok((sealed, key.public()))
    }
}
