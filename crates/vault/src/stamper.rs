//! Signing on the caller's own behalf: API keys kept in local files, and the log's key.
//!
//! These keys never sign for a tenant and are not stored with tenants' keys. Spelling the header
//! is [`wire::stamp`]'s part; here the body becomes a signature.

use secp256k1::ecdsa::Signature as DerSecp256k1;
use sha2::{Digest, Sha256};
use sha3::Keccak256;
use wire::Sealed;
use wire::keys::Curve;
use wire::log::{NoteSignature, VerifierKey, note};
use wire::stamp::{ApiKeyStamp, Scheme};
use zeroize::Zeroizing;

use crate::memory::Arena;
use crate::raw::RawKey;
use crate::seal::{Place, open, seal};
use crate::signing_key::SigningKey;
use crate::{Entropy, Error, PublicKey, RecoverableSignature, RootKey};

/// A private API key, as the CLI keeps it. Neither `Clone` nor `Debug`.
pub struct ApiKeyPair(SigningKey);

impl ApiKeyPair {
    /// A new key.
    pub fn generate(curve: Curve, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        RawKey::generate(curve, entropy).and_then(locked).map(Self)
    }

    /// Reads a private key as key files have it: 64 hex digits, a big-endian scalar or an Ed25519
    /// seed.
    pub fn from_private_hex(curve: Curve, digits: &str) -> Result<Self, Error> {
        let mut secret = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, secret.as_mut_slice())
            .map_err(|_| Error::InvalidPrivateKey)?;
        RawKey::new(curve, secret).and_then(locked).map(Self)
    }

    /// The private key in lower-case hex, for its file and nothing else.
    pub fn to_private_hex(&self) -> Zeroizing<String> {
        let digits = self.0.expose_secret(|secret| hex::encode(secret));
        Zeroizing::new(digits)
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        self.0.public()
    }

    /// The scheme a stamper uses for a key of this curve unless told otherwise.
    pub fn default_scheme(&self) -> Scheme {
        match self.public_key().curve() {
            Curve::P256 => Scheme::P256,
            Curve::Secp256k1 => Scheme::Secp256k1,
            Curve::Ed25519 => Scheme::Ed25519,
        }
    }

    /// Stamps a body. Deterministic: ECDSA by RFC 6979, in DER.
    ///
    /// [`Error::WrongCurve`] when the scheme is not for this key's curve.
    pub fn stamp(&self, scheme: Scheme, body: &[u8]) -> Result<ApiKeyStamp, Error> {
        let public_key = self.public_key();
        if scheme.curve() != public_key.curve() {
            return Err(Error::WrongCurve);
        }
        let signature = match scheme {
            Scheme::P256 | Scheme::Secp256k1 => {
                der(scheme, &self.0.sign_digest(&Sha256::digest(body).into())?)?
            }
            Scheme::Secp256k1Eip191 => der(scheme, &self.0.sign_digest(&eip191_digest(body))?)?,
            Scheme::Ed25519 => self.0.sign_message(body)?.to_vec(),
        };
        Ok(ApiKeyStamp {
            public_key: public_key.as_bytes().to_vec(),
            scheme,
            signature,
        })
    }
}

/// The Ed25519 key that signs the transparency log's checkpoints. Neither `Clone` nor `Debug`.
pub struct LogKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl LogKey {
    /// A new key for the log with this origin (its name in every checkpoint).
    pub fn generate(origin: &str, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        Self::new(origin, RawKey::generate(Curve::Ed25519, entropy)?)
    }

    /// Opens what [`LogKey::seal`] made; fails for another origin or root key.
    pub fn open(root: &RootKey, origin: &str, sealed: &Sealed) -> Result<Self, Error> {
        let text = open(root, Place::LogKey(origin), sealed)?;
        Self::new(origin, RawKey::from_plaintext(Curve::Ed25519, &text)?)
    }

    fn new(origin: &str, key: RawKey) -> Result<Self, Error> {
        let key = locked(key)?;
        let PublicKey::Ed25519(public_key) = key.public() else {
            return Err(Error::WrongCurve);
        };
        let key_id = note_key_id(origin, &public_key);
        let verifier = VerifierKey {
            name: origin.to_owned(),
            key_id,
            public_key,
        };
        Ok(Self { key, verifier })
    }

    /// Seals the key, bound to its origin.
    pub fn seal(&self, root: &RootKey, entropy: &mut dyn Entropy) -> Result<Sealed, Error> {
        let raw = self
            .key
            .expose_secret(|secret| RawKey::new(Curve::Ed25519, Zeroizing::new(*secret)))?;
        seal(
            root,
            Place::LogKey(&self.verifier.name),
            &raw.to_plaintext(),
            entropy,
        )
    }

    /// What a verifier of the log needs: name, key id and public key.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the text of a checkpoint, which is the whole note text with its final newline.
    pub fn sign_checkpoint(&self, text: &[u8]) -> Result<NoteSignature, Error> {
        let VerifierKey {
            name,
            key_id,
            public_key: _,
        } = &self.verifier;
        let signature = self.key.sign_message(text)?.to_vec();
        Ok(NoteSignature {
            name: name.clone(),
            key_id: *key_id,
            signature,
        })
    }
}

/// c2sp.org/signed-note: SHA-256(name ‖ 0x0A ‖ type ‖ key), the first four bytes.
fn note_key_id(name: &str, public_key: &[u8; 32]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', note::ED25519])
        .chain_update(public_key)
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The key in a locked page of its own.
fn locked(mut key: RawKey) -> Result<SigningKey, Error> {
    SigningKey::new(key.curve, &mut key.secret, &Arena::new(1))
}

/// What `personal_sign` signs: Keccak-256 of a prefix, the body's length in decimal, and the body.
fn eip191_digest(body: &[u8]) -> [u8; 32] {
    Keccak256::new()
        .chain_update("\x19Ethereum Signed Message:\n")
        .chain_update(body.len().to_string())
        .chain_update(body)
        .finalize()
        .into()
}

fn der(scheme: Scheme, signature: &RecoverableSignature) -> Result<Vec<u8>, Error> {
    let bytes = signature.to_bytes();
    match scheme.curve() {
        Curve::Secp256k1 => DerSecp256k1::from_compact(&bytes)
            .map(|signature| signature.serialize_der().to_vec())
            .map_err(|_| Error::Crypto),
        Curve::P256 => p256::ecdsa::Signature::from_slice(&bytes)
            .map(|signature| signature.to_der().as_bytes().to_vec())
            .map_err(|_| Error::Crypto),
        Curve::Ed25519 => Err(Error::WrongCurve),
    }
}
