//! The root key, under which everything else is sealed, and the two ways to keep it.
//!
//! **Key file.** Text: 64 lower-case hex digits and at most one newline. Whoever reads it has
//! everything; it belongs on another disk than the database, readable by one user.
//!
//! **Wrapped root key.** Bytes, useless without a passphrase or an external key service:
//!
//! ```text
//! wrapped    = "zegel root key" ‖ 0x01 ‖ method
//! method     = 0x01 ‖ memory KiB (4) ‖ passes (4) ‖ lanes (4) ‖ salt (16)
//!                   ‖ nonce (12) ‖ ciphertext (32) ‖ tag (16)
//!            | 0x02 ‖ length of name (2) ‖ key name (UTF-8) ‖ ciphertext of the service
//! ```
//!
//! Numbers are big-endian. Method 1 seals with AES-256-GCM-SIV under Argon2id (version 0x13) of
//! the passphrase, everything before the ciphertext being additional data. Method 2 is opaque
//! here: the server hands name and ciphertext to the service, and [`RootKey::from_bytes`] takes
//! what it answers.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

use crate::entropy::fresh;
use crate::memory::SecretCell;
use crate::{Entropy, Error};

/// The key that every other key is sealed under, in locked memory. Neither `Clone` nor `Debug`.
pub struct RootKey {
    secret: SecretCell,
    id: [u8; Self::ID_LENGTH],
}

impl RootKey {
    pub(crate) const ID_LENGTH: usize = 8;

    /// A new root key.
    pub fn generate(entropy: &mut dyn Entropy) -> Result<Self, Error> {
        Self::from_secret(fresh::<32>(entropy)?)
    }

    /// The root key with exactly these 32 bytes, as a key service unwrapped them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let secret = bytes.try_into().map_err(|_| Error::MalformedRootKey)?;
        Self::from_secret(Zeroizing::new(secret))
    }

    /// Reads the contents of a key file.
    pub fn from_key_file_bytes(file: &[u8]) -> Result<Self, Error> {
        let digits = file.strip_suffix(b"\n").unwrap_or(file);
        if digits.iter().any(u8::is_ascii_uppercase) {
            return Err(Error::MalformedRootKey);
        }
        let mut secret = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, secret.as_mut_slice()).map_err(|_| Error::MalformedRootKey)?;
        Self::from_secret(secret)
    }

    /// The contents of a key file for this key. Whoever holds them holds everything.
    pub fn to_key_file_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut file = Zeroizing::new(vec![b'\n'; 65]);
        self.secret
            .expose(|secret| hex::encode_to_slice(secret, &mut file[..64]))
            .expect("32 bytes are 64 digits");
        file
    }

    /// Opens a root key that was wrapped by a passphrase. Takes a noticeable time by design.
    pub fn from_passphrase(wrapped: &WrappedRootKey, passphrase: &[u8]) -> Result<Self, Error> {
        match wrapped {
            WrappedRootKey::Passphrase { header, body } => {
                let mut text = Zeroizing::new(body.to_vec());
                header
                    .key(passphrase)?
                    .open_in_place(header.nonce(), Aad::from(header.to_bytes()), &mut text)
                    .map_err(|_| Error::WrongPassphrase)
                    .and_then(|secret| Self::from_bytes(secret))
            }
            WrappedRootKey::External { .. } => Err(Error::WrongPassphrase),
        }
    }

    /// Wraps this key by a passphrase, under fresh salt.
    pub fn wrap_with_passphrase(
        &self,
        passphrase: &[u8],
        cost: PassphraseCost,
        entropy: &mut dyn Entropy,
    ) -> Result<WrappedRootKey, Error> {
        let header = PassphraseHeader {
            cost,
            salt: *fresh(entropy)?,
            nonce: *fresh(entropy)?,
        };
        let key = header.key(passphrase)?;
        let mut text = Zeroizing::new(self.secret.expose(|secret| secret.to_vec()));
        let tag = key
            .seal_in_place_separate_tag(header.nonce(), Aad::from(header.to_bytes()), &mut text)
            .map_err(|_| Error::Crypto)?;
        let mut body = [0; WRAPPED_LENGTH];
        body[..32].copy_from_slice(&text);
        body[32..].copy_from_slice(tag.as_ref());
        Ok(WrappedRootKey::Passphrase { header, body })
    }

    /// Names the key without revealing anything about it.
    pub(crate) fn id(&self) -> &[u8; Self::ID_LENGTH] {
        &self.id
    }

    /// HKDF-SHA-256 of this key, with the purpose for salt.
    pub(crate) fn derive(
        &self,
        purpose: &[u8],
        info: &[u8],
        out: &mut [u8; 32],
    ) -> Result<(), Error> {
        self.secret
            .expose(|secret| hkdf(secret, purpose, info, out))
    }

    fn from_secret(mut secret: Zeroizing<[u8; 32]>) -> Result<Self, Error> {
        // A file of zeros, or of one repeated byte, is a mistake and not a key.
        if secret.windows(2).all(|pair| pair[0] == pair[1]) {
            return Err(Error::MalformedRootKey);
        }
        let mut id = [0; Self::ID_LENGTH];
        hkdf(&secret, b"zegel root key id v1", &[], &mut id)?;
        Ok(Self {
            secret: SecretCell::alone(&mut secret),
            id,
        })
    }
}

/// A root key at rest. Holds no secret that a passphrase or a key service does not guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrappedRootKey {
    /// Open it with [`RootKey::from_passphrase`].
    Passphrase {
        /// Cost, salt and nonce.
        header: PassphraseHeader,
        /// Ciphertext and tag.
        body: [u8; WRAPPED_LENGTH],
    },
    /// Let the key service decrypt it and give the result to [`RootKey::from_bytes`].
    External {
        /// The service's name for the key that wraps, such as a Transit key's.
        key_name: String,
        /// The service's ciphertext.
        ciphertext: Vec<u8>,
    },
}

impl WrappedRootKey {
    /// Reads the wrapped form; refuses trailing bytes and costs outside the accepted range.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let method = bytes.strip_prefix(MAGIC).ok_or(Error::MalformedRootKey)?;
        match method {
            [BY_PASSPHRASE, rest @ ..] => {
                let (header, body) = rest
                    .split_at_checked(PassphraseHeader::LENGTH)
                    .ok_or(Error::MalformedRootKey)?;
                let header = PassphraseHeader::from_bytes(header)?;
                let body = body.try_into().map_err(|_| Error::MalformedRootKey)?;
                Ok(Self::Passphrase { header, body })
            }
            [BY_SERVICE, high, low, rest @ ..] => {
                let length = u16::from_be_bytes([*high, *low]);
                let (name, ciphertext) = rest
                    .split_at_checked(length.into())
                    .ok_or(Error::MalformedRootKey)?;
                let key_name =
                    String::from_utf8(name.to_vec()).map_err(|_| Error::MalformedRootKey)?;
                Ok(Self::External {
                    key_name,
                    ciphertext: ciphertext.to_vec(),
                })
            }
            _ => Err(Error::MalformedRootKey),
        }
    }

    /// The wrapped form. A key name longer than 65,535 bytes is refused.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Passphrase { header, body } => {
                let mut bytes = header.to_bytes();
                bytes.extend_from_slice(body);
                Ok(bytes)
            }
            Self::External {
                key_name,
                ciphertext,
            } => {
                let length = u16::try_from(key_name.len()).map_err(|_| Error::MalformedRootKey)?;
                let mut bytes = [MAGIC, &[BY_SERVICE], &length.to_be_bytes()].concat();
                bytes.extend_from_slice(key_name.as_bytes());
                bytes.extend_from_slice(ciphertext);
                Ok(bytes)
            }
        }
    }
}

/// What Argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl PassphraseCost {
    /// The second recommended choice of RFC 9106 §4: 64 MiB, three passes, four lanes.
    pub const RECOMMENDED: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 4,
    };

    /// From 8 MiB, so that a weakened header is noticed, to 1 GiB and 16 passes, so that a
    /// planted one cannot exhaust the machine before the tag is checked.
    fn params(self) -> Result<Params, Error> {
        let acceptable = (8 * 1024..=1024 * 1024).contains(&self.memory_kib)
            && (1..=16).contains(&self.passes)
            && (1..=16).contains(&self.lanes);
        if !acceptable {
            return Err(Error::InvalidCost);
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| Error::InvalidCost)
    }
}

/// The readable part of a root key wrapped by a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassphraseHeader {
    cost: PassphraseCost,
    salt: [u8; 16],
    nonce: [u8; NONCE_LEN],
}

impl PassphraseHeader {
    const LENGTH: usize = 12 + 16 + NONCE_LEN;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut rest = bytes;
        let cost = PassphraseCost {
            memory_kib: u32::from_be_bytes(take(&mut rest)?),
            passes: u32::from_be_bytes(take(&mut rest)?),
            lanes: u32::from_be_bytes(take(&mut rest)?),
        };
        cost.params()?;
        Ok(Self {
            cost,
            salt: take(&mut rest)?,
            nonce: take(&mut rest)?,
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let PassphraseCost {
            memory_kib,
            passes,
            lanes,
        } = self.cost;
        let mut bytes = [MAGIC, &[BY_PASSPHRASE]].concat();
        for number in [memory_kib, passes, lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.nonce);
        bytes
    }

    fn key(&self, passphrase: &[u8]) -> Result<LessSafeKey, Error> {
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.cost.params()?)
            .hash_password_into(passphrase, &self.salt, key.as_mut_slice())
            .map_err(|_| Error::Crypto)?;
        let key = UnboundKey::new(&AES_256_GCM_SIV, key.as_slice()).map_err(|_| Error::Crypto)?;
        Ok(LessSafeKey::new(key))
    }

    fn nonce(&self) -> Nonce {
        Nonce::assume_unique_for_key(self.nonce)
    }
}

const MAGIC: &[u8] = b"zegel root key\x01";
const BY_PASSPHRASE: u8 = 1;
const BY_SERVICE: u8 = 2;

/// Thirty-two bytes of key and sixteen of tag.
const WRAPPED_LENGTH: usize = 32 + 16;

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Error> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(Error::MalformedRootKey)?;
    *bytes = rest;
    Ok(*taken)
}

fn hkdf(secret: &[u8; 32], purpose: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), Error> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    Salt::new(HKDF_SHA256, purpose)
        .extract(secret)
        .expand(&[info], Length(out.len()))
        .and_then(|material| material.fill(out))
        .map_err(|_| Error::Crypto)
}
