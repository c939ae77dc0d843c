//! A private key that can sign: the seam between secrets and everything that wants a signature.
//!
//! Payloads and transactions turn themselves into digests or messages, ask here for a signature,
//! and put it back where their format wants it; they never see a secret byte.

use aws_lc_rs::digest::{Digest as AwsDigest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use ecdsa::hazmat::sign_prehashed_rfc6979;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use k256::elliptic_curve::sec1::ToSec1Point;
use sha2::{Sha256, Sha512};
use wire::keys::Curve;
use zeroize::Zeroizing;

use crate::Error;
use crate::memory::{Arena, SecretCell};

/// A public key, as plain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublicKey {
    /// SEC 1 compressed form.
    Secp256k1([u8; 33]),
    /// SEC 1 compressed form.
    P256([u8; 33]),
    /// The encoding of RFC 8032 §5.1.5.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Reads 33 (compressed) or 65 (uncompressed) bytes of SEC 1, or 32 bytes of RFC 8032, and
    /// checks that they are a point of the curve.
    pub fn from_bytes(curve: Curve, bytes: &[u8]) -> Result<Self, Error> {
        let refused = |_| Error::InvalidPublicKey;
        match curve {
            Curve::Secp256k1 => secp256k1::PublicKey::from_slice(bytes)
                .map(|key| Self::Secp256k1(key.serialize()))
                .map_err(|_| Error::InvalidPublicKey),
            Curve::P256 => p256::PublicKey::from_sec1_bytes(bytes)
                .map(|key| Self::P256(compressed(&key.to_sec1_point(true))))
                .map_err(|_| Error::InvalidPublicKey),
            Curve::Ed25519 => {
                let bytes = bytes.try_into().map_err(refused)?;
                ed25519_dalek::VerifyingKey::from_bytes(&bytes)
                    .map_err(|_| Error::InvalidPublicKey)?;
                Ok(Self::Ed25519(bytes))
            }
        }
    }

    /// The curve the key lives on.
    pub const fn curve(&self) -> Curve {
        match self {
            Self::Secp256k1(_) => Curve::Secp256k1,
            Self::P256(_) => Curve::P256,
            Self::Ed25519(_) => Curve::Ed25519,
        }
    }

    /// The bytes: 33 for the ECDSA curves, 32 for Ed25519.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Secp256k1(bytes) | Self::P256(bytes) => bytes,
            Self::Ed25519(bytes) => bytes,
        }
    }

    /// The bytes in lower-case hex, as `publicKey` members have them.
    pub fn to_hex(&self) -> String {
        hex::encode(self.as_bytes())
    }

    /// SEC 1 uncompressed form, 65 bytes. Ed25519 has none.
    pub fn to_uncompressed(&self) -> Result<[u8; 65], Error> {
        match self {
            Self::Secp256k1(bytes) => Ok(secp256k1::PublicKey::from_slice(bytes)
                .map_err(|_| Error::InvalidPublicKey)?
                .serialize_uncompressed()),
            Self::P256(bytes) => {
                let key =
                    p256::PublicKey::from_sec1_bytes(bytes).map_err(|_| Error::InvalidPublicKey)?;
                let mut uncompressed = [0; 65];
                uncompressed.copy_from_slice(key.to_sec1_point(false).as_bytes());
                Ok(uncompressed)
            }
            Self::Ed25519(_) => Err(Error::WrongCurve),
        }
    }
}

/// A signature in the parts that every family's answer has.
///
/// ECDSA: `r` and `s` big-endian, `v` the recovery id (0 or 1; 2 and 3 exist and are as rare as
/// 2⁻¹²⁷ on secp256k1). On secp256k1 `s` is in the lower half. Ed25519 and BIP-340: the two
/// halves of the 64 bytes, `v` zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoverableSignature {
    /// The first 32 bytes.
    pub r: [u8; 32],
    /// The second 32 bytes.
    pub s: [u8; 32],
    /// The recovery id, or zero where there is none.
    pub v: u8,
}

impl RecoverableSignature {
    /// `r ‖ s`, without `v`.
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&self.r);
        bytes[32..].copy_from_slice(&self.s);
        bytes
    }

    pub(crate) fn from_halves(bytes: &[u8; 64], v: u8) -> Self {
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&bytes[..32]);
        s.copy_from_slice(&bytes[32..]);
        Self { r, s, v }
    }
}

/// A private key in locked memory, ready to sign. Neither `Clone` nor `Debug`.
///
/// The public key is kept parsed for the verifying library, so that one signature costs one
/// signing and one verification and no point decompression.
pub(crate) enum SigningKey {
    Secp256k1(Secp256k1Key),
    P256(P256Key),
    Ed25519(Ed25519Key),
}

pub(crate) struct Secp256k1Key {
    pub(crate) secret: SecretCell,
    pub(crate) public: secp256k1::PublicKey,
}

pub(crate) struct P256Key {
    secret: SecretCell,
    public: [u8; 33],
    verifier: ParsedPublicKey,
}

pub(crate) struct Ed25519Key {
    secret: SecretCell,
    public: ed25519_dalek::VerifyingKey,
    verifier: ParsedPublicKey,
}

impl SigningKey {
    /// Takes in a private key (a scalar, or an Ed25519 seed), wiping the caller's copy.
    pub(crate) fn new(
        curve: Curve,
        secret: &mut Zeroizing<[u8; 32]>,
        arena: &Arena,
    ) -> Result<Self, Error> {
        Ok(match curve {
            Curve::Secp256k1 => {
                let scalar = secp256k1_scalar(secret)?;
                let public = k256::PublicKey::from_secret_scalar(&scalar).to_sec1_point(true);
                let public = secp256k1::PublicKey::from_slice(public.as_bytes())
                    .map_err(|_| Error::Crypto)?;
                Self::Secp256k1(Secp256k1Key {
                    secret: arena.store_or_grow(secret),
                    public,
                })
            }
            Curve::P256 => {
                let scalar = p256_scalar(secret)?;
                let public = p256::PublicKey::from_secret_scalar(&scalar);
                let verifier = ParsedPublicKey::new(
                    &ECDSA_P256_SHA256_FIXED,
                    public.to_sec1_point(false).as_bytes(),
                )
                .map_err(|_| Error::Crypto)?;
                let public = compressed(&public.to_sec1_point(true));
                Self::P256(P256Key {
                    secret: arena.store_or_grow(secret),
                    public,
                    verifier,
                })
            }
            Curve::Ed25519 => {
                let public = ed25519_dalek::VerifyingKey::from(&ExpandedSecretKey::from(&**secret));
                let verifier =
                    ParsedPublicKey::new(&ED25519, public.as_bytes()).map_err(|_| Error::Crypto)?;
                Self::Ed25519(Ed25519Key {
                    secret: arena.store_or_grow(secret),
                    public,
                    verifier,
                })
            }
        })
    }

    /// The public half.
    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Secp256k1(key) => PublicKey::Secp256k1(key.public.serialize()),
            Self::P256(key) => PublicKey::P256(key.public),
            Self::Ed25519(key) => PublicKey::Ed25519(key.public.to_bytes()),
        }
    }

    /// Lends the private key, for its own file or for sealing.
    pub(crate) fn expose_secret<T>(&self, use_secret: impl FnOnce(&[u8; 32]) -> T) -> T {
        match self {
            Self::Secp256k1(key) => key.secret.expose(use_secret),
            Self::P256(key) => key.secret.expose(use_secret),
            Self::Ed25519(key) => key.secret.expose(use_secret),
        }
    }

    /// ECDSA over a 32-byte digest, with the nonce of RFC 6979 (HMAC-SHA-256).
    ///
    /// [`Error::WrongCurve`] for Ed25519, which signs messages.
    pub(crate) fn sign_digest(&self, digest: &[u8; 32]) -> Result<RecoverableSignature, Error> {
        match self {
            Self::Secp256k1(key) => key.sign_digest(digest),
            Self::P256(key) => key.sign_digest(digest),
            Self::Ed25519(_) => Err(Error::WrongCurve),
        }
    }

    /// Pure Ed25519 (RFC 8032 §5.1.6) over the message itself.
    ///
    /// [`Error::WrongCurve`] for the ECDSA curves, which sign digests.
    pub(crate) fn sign_message(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        match self {
            Self::Ed25519(key) => key.sign_message(message),
            Self::Secp256k1(_) | Self::P256(_) => Err(Error::WrongCurve),
        }
    }

    /// BIP-340 over a 32-byte digest by the key tweaked as BIP-341 demands for a key-path spend.
    pub(crate) fn sign_taproot(&self, digest: &[u8; 32]) -> Result<[u8; 64], Error> {
        match self {
            Self::Secp256k1(key) => crate::schnorr::sign_key_path(key, digest),
            Self::P256(_) | Self::Ed25519(_) => Err(Error::WrongCurve),
        }
    }
}

impl Secp256k1Key {
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<RecoverableSignature, Error> {
        // The hazardous entry point only spares us the public key, which we already have; the
        // nonce is RFC 6979's all the same.
        let (signature, recovery) = self.secret.expose(|secret| {
            let scalar = secp256k1_scalar(secret)?;
            Ok(sign_prehashed_rfc6979::<k256::Secp256k1, Sha256>(
                &scalar,
                digest,
                &[],
            ))
        })?;
        let bytes: [u8; 64] = signature.to_bytes().into();
        // A glitch in signing can give the key away (T107): let another library look first.
        secp256k1::ecdsa::Signature::from_compact(&bytes)
            .and_then(|signature| {
                let message = secp256k1::Message::from_digest(*digest);
                secp256k1::ecdsa::verify(&signature, message, &self.public)
            })
            .map_err(|_| Error::FaultySignature)?;
        Ok(RecoverableSignature::from_halves(
            &bytes,
            recovery.to_byte(),
        ))
    }
}

impl P256Key {
    fn sign_digest(&self, digest: &[u8; 32]) -> Result<RecoverableSignature, Error> {
        let (signature, recovery) = self.secret.expose(|secret| {
            let scalar = p256_scalar(secret)?;
            Ok(sign_prehashed_rfc6979::<p256::NistP256, Sha256>(
                &scalar,
                digest,
                &[],
            ))
        })?;
        let bytes: [u8; 64] = signature.to_bytes().into();
        AwsDigest::import_less_safe(digest, &SHA256)
            .and_then(|digest| self.verifier.verify_digest_sig(&digest, &bytes))
            .map_err(|_| Error::FaultySignature)?;
        Ok(RecoverableSignature::from_halves(
            &bytes,
            recovery.to_byte(),
        ))
    }
}

impl Ed25519Key {
    fn sign_message(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        // Signing with a public key that does not belong to the secret gives the secret away.
        // Here the two were made together and never part, and the check below would notice.
        let signature = self.secret.expose(|seed| {
            raw_sign::<Sha512>(&ExpandedSecretKey::from(seed), message, &self.public)
        });
        let bytes = signature.to_bytes();
        self.verifier
            .verify_sig(message, &bytes)
            .map_err(|_| Error::FaultySignature)?;
        Ok(bytes)
    }
}

/// The scalar with these big-endian bytes, unless it is zero or not below the group order.
pub(crate) fn secp256k1_scalar(bytes: &[u8; 32]) -> Result<Zeroizing<k256::NonZeroScalar>, Error> {
    let scalar = k256::NonZeroScalar::from_repr((*bytes).into()).into_option();
    scalar.map(Zeroizing::new).ok_or(Error::InvalidPrivateKey)
}

/// As [`secp256k1_scalar`], for P-256.
pub(crate) fn p256_scalar(bytes: &[u8; 32]) -> Result<Zeroizing<p256::NonZeroScalar>, Error> {
    let scalar = p256::NonZeroScalar::from_repr((*bytes).into()).into_option();
    scalar.map(Zeroizing::new).ok_or(Error::InvalidPrivateKey)
}

fn compressed(point: &p256::Sec1Point) -> [u8; 33] {
    let mut bytes = [0; 33];
    bytes.copy_from_slice(point.as_bytes());
    bytes
}

#[cfg(test)]
mod tests;
