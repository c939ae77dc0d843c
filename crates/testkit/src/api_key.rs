//! Someone who stamps with an API key.

use sha3::{Digest as _, Keccak256};
use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, Scheme, X_STAMP};

use crate::encode::sha256;
use crate::keys::SigningKey;

/// A key that stamps bodies under one scheme.
#[derive(Clone)]
pub struct ApiKey {
    scheme: Scheme,
    key: SigningKey,
}

impl ApiKey {
    /// A P-256 key, which is what nearly every client uses.
    pub fn p256(seed: u64) -> Self {
        Self::new(Scheme::P256, seed)
    }

    /// A secp256k1 key that signs SHA-256.
    pub fn secp256k1(seed: u64) -> Self {
        Self::new(Scheme::Secp256k1, seed)
    }

    /// An Ethereum wallet that signs with `personal_sign`.
    pub fn eip191(seed: u64) -> Self {
        Self::new(Scheme::Secp256k1Eip191, seed)
    }

    /// An Ed25519 key, such as a Solana wallet has.
    pub fn ed25519(seed: u64) -> Self {
        Self::new(Scheme::Ed25519, seed)
    }

    /// The key of this scheme and seed. Both secp256k1 schemes have the same keys.
    pub fn new(scheme: Scheme, seed: u64) -> Self {
        let curve = scheme.curve().as_str().as_bytes();
        Self::from_private_key(
            scheme,
            sha256(&[b"testkit api key", curve, &seed.to_be_bytes()]),
        )
    }

    /// The key with these private bytes.
    pub fn from_private_key(scheme: Scheme, private_key: [u8; 32]) -> Self {
        let key = match scheme.curve() {
            Curve::P256 => SigningKey::p256(private_key),
            Curve::Secp256k1 => SigningKey::secp256k1(private_key),
            Curve::Ed25519 => SigningKey::ed25519(private_key),
        };
        Self { scheme, key }
    }

    /// The scheme it stamps under.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The curve to register it with.
    pub fn curve(&self) -> Curve {
        self.scheme.curve()
    }

    /// SEC1 compressed, or 32 bytes for Ed25519.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.public_key_compressed()
    }

    /// The public key as registrations spell it.
    pub fn public_key_hex(&self) -> String {
        hex::encode(self.public_key())
    }

    /// The key itself, to sign what it should not.
    pub fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// The header that stamps `body`: its name and its value.
    pub fn stamp(&self, body: &[u8]) -> (&'static str, String) {
        (X_STAMP, self.make_stamp(body).to_header())
    }

    /// The stamp over `body`, still open to changes.
    pub fn make_stamp(&self, body: &[u8]) -> ApiKeyStamp {
        let signature = match self.scheme {
            Scheme::P256 | Scheme::Secp256k1 => self.key.sign_digest(sha256(&[body])),
            Scheme::Secp256k1Eip191 => {
                let frame = format!("\x19Ethereum Signed Message:\n{}", body.len());
                let digest = Keccak256::new()
                    .chain_update(frame)
                    .chain_update(body)
                    .finalize();
                self.key.sign_digest(digest.into())
            }
            Scheme::Ed25519 => self.key.sign(body),
        };
        ApiKeyStamp {
            public_key: self.public_key(),
            scheme: self.scheme,
            signature,
        }
    }
}
