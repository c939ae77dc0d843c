//! Raw private keys: keys that stand alone, outside any wallet.

use wire::keys::Curve;
use zeroize::Zeroizing;

use crate::entropy::fresh;
use crate::signing_key::{p256_scalar, secp256k1_scalar};
use crate::{Entropy, Error};

/// A private key and the curve it was made for: a scalar, or an Ed25519 seed.
pub(crate) struct RawKey {
    pub(crate) curve: Curve,
    pub(crate) secret: Zeroizing<[u8; 32]>,
}

impl RawKey {
    /// A uniformly random key: candidates that are no scalar are thrown away, not reduced.
    pub(crate) fn generate(curve: Curve, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        // Less than one P-256 candidate in 2³² fails. Eight in a row mean a broken source.
        for _ in 0..8 {
            let candidate = fresh::<32>(entropy)?;
            if let Ok(key) = Self::new(curve, candidate) {
                return Ok(key);
            }
        }
        Err(Error::NoEntropy)
    }

    /// Takes in a key, checking that it is one.
    pub(crate) fn new(curve: Curve, secret: Zeroizing<[u8; 32]>) -> Result<Self, Error> {
        match curve {
            Curve::Secp256k1 => drop(secp256k1_scalar(&secret)?),
            Curve::P256 => drop(p256_scalar(&secret)?),
            // Every 32 bytes are a seed.
            Curve::Ed25519 => {}
        }
        Ok(Self { curve, secret })
    }

    /// Reads exactly 32 bytes.
    pub(crate) fn from_slice(curve: Curve, bytes: &[u8]) -> Result<Self, Error> {
        let secret = bytes.try_into().map_err(|_| Error::InvalidPrivateKey)?;
        Self::new(curve, Zeroizing::new(secret))
    }

    /// What is sealed: one byte for the curve, so that a key is never used on another, and the key.
    pub(crate) fn to_plaintext(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(33));
        text.push(curve_byte(self.curve));
        text.extend_from_slice(self.secret.as_slice());
        text
    }

    /// [`Error::WrongCurve`] when the key was made for another curve than the row says.
    pub(crate) fn from_plaintext(curve: Curve, text: &[u8]) -> Result<Self, Error> {
        let (made_for, secret) = text.split_first().ok_or(Error::Unopenable)?;
        if *made_for != curve_byte(curve) {
            return Err(Error::WrongCurve);
        }
        Self::from_slice(curve, secret)
    }
}

const fn curve_byte(curve: Curve) -> u8 {
    match curve {
        Curve::Secp256k1 => 1,
        Curve::P256 => 2,
        Curve::Ed25519 => 3,
    }
}
