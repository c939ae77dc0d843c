//! Public keys that stamp.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey};
use secp256k1::ecdsa::Signature;
use wire::keys::Curve;
use wire::stamp::Scheme;

use super::{Body, Rejection};
use crate::webauthn::der;

/// A point of a curve, in the one spelling that stamps and registrations use.
///
/// Only made by [`PublicKey::parse`], so holding one means: canonical encoding, on the curve, not
/// the identity, not of small order (threat T20). The curve is part of the identity, because the
/// same 33 bytes can be a point of two curves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    curve: Curve,
    // 33 bytes for the ECDSA curves; 32 and a zero for Ed25519.
    bytes: [u8; 33],
}

/// Why bytes are not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// Not 33 bytes for an ECDSA curve, or not 32 for Ed25519.
    #[error("has the wrong length; compressed SEC1 has 33 bytes, Ed25519 32")]
    Length,
    /// Not the compressed form of SEC1, whose first byte is 2 or 3.
    #[error("is not compressed SEC1; its first byte must be 02 or 03")]
    NotCompressed,
    /// No point of the curve has this encoding.
    #[error("is not a point of its curve")]
    NotOnCurve,
    /// The point generates a group so small that signatures under it prove nothing.
    #[error("is a point of small order")]
    SmallOrder,
}

impl KeyError {
    /// A stable code for tests, logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "key_length",
            Self::NotCompressed => "key_not_compressed",
            Self::NotOnCurve => "key_not_on_curve",
            Self::SmallOrder => "key_small_order",
        }
    }
}

impl PublicKey {
    /// Validates `bytes` as a public key of `curve`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with them; the text is fit for the person registering the key.
    pub fn parse(curve: Curve, bytes: &[u8]) -> Result<Self, KeyError> {
        let key = Self::shaped(curve, bytes)?;
        ParsedKey::of(&key).map(|_| key)
    }

    /// The curve the point lies on.
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// SEC1 compressed (33 bytes), or the 32 bytes of Ed25519.
    pub fn as_bytes(&self) -> &[u8] {
        match self.curve {
            Curve::P256 | Curve::Secp256k1 => &self.bytes,
            Curve::Ed25519 => &self.bytes[..32],
        }
    }

    /// The fixed-size form of `bytes`, if their length and first byte fit the curve. The point is
    /// not yet known to exist, so this stays inside the module.
    pub(super) fn shaped(curve: Curve, bytes: &[u8]) -> Result<Self, KeyError> {
        let length = match curve {
            Curve::P256 | Curve::Secp256k1 => 33,
            Curve::Ed25519 => 32,
        };
        if bytes.len() != length {
            return Err(KeyError::Length);
        }
        if length == 33 && !matches!(bytes[0], 0x02 | 0x03) {
            return Err(KeyError::NotCompressed);
        }
        let mut fixed = [0; 33];
        fixed[..length].copy_from_slice(bytes);
        Ok(Self {
            curve,
            bytes: fixed,
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, ", self.curve)?;
        for byte in self.as_bytes() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// A public key made ready for verification. Decompressing a P-256 point costs a quarter of a
/// verification, which is why these are kept in a [`super::KeyCache`].
pub(super) enum ParsedKey {
    P256(ParsedPublicKey),
    Secp256k1(secp256k1::PublicKey),
    Ed25519(ParsedPublicKey),
}

impl ParsedKey {
    /// Finds the point that `key` names, if there is one fit for use.
    pub(super) fn of(key: &PublicKey) -> Result<Self, KeyError> {
        let bytes = key.as_bytes();
        let parsed = match key.curve() {
            Curve::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes)
                .map(Self::P256)
                .ok(),
            Curve::Secp256k1 => secp256k1::PublicKey::from_slice(bytes)
                .map(Self::Secp256k1)
                .ok(),
            Curve::Ed25519 => {
                check_edwards_point(bytes)?;
                ParsedPublicKey::new(&ED25519, bytes)
                    .map(Self::Ed25519)
                    .ok()
            }
        };
        parsed.ok_or(KeyError::NotOnCurve)
    }

    /// Whether `signature` is by this key over `body` under `scheme`.
    pub(super) fn verify(
        &self,
        scheme: Scheme,
        body: &Body<'_>,
        signature: &[u8],
    ) -> Result<(), Rejection> {
        // Verifiers differ in what they forgive; asked first, all curves refuse the same spellings
        // (threat T18). The range of the two numbers is left to whoever knows the order.
        if scheme.curve() != Curve::Ed25519 && !der::is_ecdsa_signature(signature) {
            return self.verify_padded(scheme, body, signature);
        }
        let valid = match (self, scheme) {
            (Self::P256(key), Scheme::P256) => {
                key.verify_digest_sig(body.digest(), signature).is_ok()
            }
            (Self::Secp256k1(key), Scheme::Secp256k1) => {
                verify_secp256k1(key, body.sha256(), Signature::from_der(signature))
            }
            (Self::Secp256k1(key), Scheme::Secp256k1Eip191) => {
                verify_secp256k1(key, body.eip191(), Signature::from_der(signature))
            }
            (Self::Ed25519(key), Scheme::Ed25519) => {
                key.verify_sig(body.bytes(), signature).is_ok()
            }
            (Self::P256(_) | Self::Secp256k1(_) | Self::Ed25519(_), _) => {
                return Err(Rejection::SchemeMismatch);
            }
        };
        if valid {
            Ok(())
        } else {
            Err(Rejection::SignatureInvalid)
        }
    }

    /// The published wallet stamper turns a wallet's 65 bytes into DER without dropping leading
    /// zeros, so about one in 170 of its stamps is not DER. They are told apart here, under the
    /// one scheme that client has, and everything else is refused as before.
    fn verify_padded(
        &self,
        scheme: Scheme,
        body: &Body<'_>,
        signature: &[u8],
    ) -> Result<(), Rejection> {
        let (Self::Secp256k1(key), Scheme::Secp256k1Eip191, Some(compact)) =
            (self, scheme, padded(signature))
        else {
            return Err(Rejection::SignatureNotDer);
        };
        if verify_secp256k1(key, body.eip191(), Signature::from_compact(&compact)) {
            Ok(())
        } else {
            Err(Rejection::SignatureInvalid)
        }
    }
}

/// The numbers of a signature in which each is written with all of its 32 bytes, leading zeros
/// included, and a zero before them only where DER wants one for the sign.
fn padded(signature: &[u8]) -> Option<[u8; 64]> {
    let [0x30, length, rest @ ..] = signature else {
        return None;
    };
    if usize::from(*length) != rest.len() {
        return None;
    }
    let (r, rest) = padded_number(rest)?;
    let (s, rest) = padded_number(rest)?;
    let mut both = [0; 64];
    both[..32].copy_from_slice(r);
    both[32..].copy_from_slice(s);
    rest.is_empty().then_some(both)
}

fn padded_number(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (number, rest) = match bytes {
        [0x02, 0x20, rest @ ..] => rest.split_at_checked(32)?,
        [0x02, 0x21, 0x00, rest @ ..] => rest.split_at_checked(32)?,
        _ => return None,
    };
    let is_high = number[0] >= 0x80;
    (is_high == (bytes[1] == 0x21)).then_some((number, rest))
}

/// ECDSA on secp256k1 over a digest.
///
/// libsecp256k1 verifies only the lower of the two equivalent values of `s`. Wallets and
/// WebCrypto send either, so it is normalised first (threat T19): what makes a request unique is
/// its body, never its signature.
fn verify_secp256k1(
    key: &secp256k1::PublicKey,
    digest: [u8; 32],
    signature: Result<Signature, secp256k1::Error>,
) -> bool {
    signature.is_ok_and(|mut signature| {
        signature.normalize_s();
        signature
            .verify(secp256k1::Message::from_digest(digest), key)
            .is_ok()
    })
}

/// Refuses what a verifier alone would let through: a second spelling of a coordinate, bytes that
/// are no point, and the eight points of small order.
fn check_edwards_point(bytes: &[u8]) -> Result<(), KeyError> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Length)?;
    // RFC 8032 §5.1.3 step 1: y must be below 2^255 - 19.
    let [low, middle @ .., high] = bytes;
    if *low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && high | 0x80 == 0xff {
        return Err(KeyError::NotOnCurve);
    }
    let point = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
    if point.is_weak() {
        Err(KeyError::SmallOrder)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> Vec<u8> {
        [&[0x02, bytes.len() as u8], bytes].concat()
    }

    fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
        let inside = [number(r), number(s)].concat();
        [&[0x30, inside.len() as u8], inside.as_slice()].concat()
    }

    #[test]
    fn reads_numbers_that_kept_their_leading_zeros() {
        let short = [[0].as_slice(), &[0x11; 31]].concat();
        let plain = [0x22; 32];
        let high = [[0].as_slice(), &[0x99; 32]].concat();
        let both = padded(&sequence(&short, &plain)).unwrap();
        assert_eq!(both, [short.as_slice(), &plain].concat().as_slice());
        let both = padded(&sequence(&high, &short)).unwrap();
        assert_eq!(both, [&high[1..], &short].concat().as_slice());
    }

    #[test]
    fn reads_nothing_else() {
        let plain = [0x22; 32];
        let negative = [0x99; 32];
        let twice_zero = [[0, 0].as_slice(), &[0x99; 31]].concat();
        for bad in [
            sequence(&[0x22; 31], &plain),
            sequence(&[0x22; 33], &plain),
            sequence(&negative, &plain),
            sequence(&twice_zero, &plain),
            [sequence(&plain, &plain), vec![0]].concat(),
            sequence(&plain, &plain)[..60].to_vec(),
            Vec::new(),
        ] {
            assert_eq!(padded(&bad), None, "{bad:02x?}");
        }
    }
}
