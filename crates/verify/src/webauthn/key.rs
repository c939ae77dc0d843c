//! Credential public keys, ready to verify with.

use std::fmt;

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use wire::webauthn::{CoseAlgorithm, CoseKey, KeyMaterial};

use super::der;
use super::rejection::Rejection;

/// A credential public key that was decoded and found on its curve.
///
/// Decoding costs a good part of one verification, so a caller that sees a credential often
/// keeps the parsed key. It verifies with the one algorithm the key was registered for.
#[derive(Clone)]
pub struct ParsedKey {
    algorithm: CoseAlgorithm,
    key: ParsedPublicKey,
}

impl ParsedKey {
    /// Decodes the COSE bytes of a credential public key, as a registration reported them.
    ///
    /// # Errors
    ///
    /// [`Rejection::CoseKey`] if they are not a credential key, and
    /// [`Rejection::PointNotOnCurve`] if its coordinates are not a point.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, Rejection> {
        Self::new(&CoseKey::parse(bytes)?)
    }

    /// Decodes a key that was read already.
    ///
    /// # Errors
    ///
    /// [`Rejection::PointNotOnCurve`].
    pub fn new(key: &CoseKey<'_>) -> Result<Self, Rejection> {
        let encoded = match key.material {
            KeyMaterial::Ec2 { x, y } => [&[0x04], x, y].concat(),
            KeyMaterial::Okp { x } => x.to_vec(),
            KeyMaterial::Rsa { n, e } => der::rsa_public_key(n, e),
            KeyMaterial::Akp { public } => public.to_vec(),
        };
        // `CoseKey` settled lengths and ranges; what is left to go wrong is the point itself.
        let parsed = ParsedPublicKey::new(scheme(key.algorithm), encoded)
            .map_err(|_| Rejection::PointNotOnCurve)?;
        Ok(Self {
            algorithm: key.algorithm,
            key: parsed,
        })
    }

    /// The algorithm the key verifies with.
    pub fn algorithm(&self) -> CoseAlgorithm {
        self.algorithm
    }

    /// Verifies `signature` over `message`, in the encoding of §6.5.5: DER for ECDSA, whose S
    /// may be high or low, and the raw bytes otherwise.
    ///
    /// # Errors
    ///
    /// [`Rejection::SignatureNotDer`] and [`Rejection::SignatureInvalid`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Rejection> {
        if is_ecdsa(self.algorithm) && !der::is_ecdsa_signature(signature) {
            return Err(Rejection::SignatureNotDer);
        }
        self.key
            .verify_sig(message, signature)
            .map_err(|_| Rejection::SignatureInvalid)
    }
}

impl fmt::Debug for ParsedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParsedKey({})", self.algorithm)
    }
}

/// Whether signatures of this algorithm are DER.
pub(super) fn is_ecdsa(algorithm: CoseAlgorithm) -> bool {
    use CoseAlgorithm as A;
    match algorithm {
        A::Es256 | A::Es384 | A::Es512 | A::Es256K | A::Esp256 | A::Esp384 | A::Esp512 => true,
        A::EdDsa | A::Ed25519 | A::MlDsa44 | A::MlDsa65 | A::MlDsa87 => false,
        A::Rs256 | A::Rs384 | A::Rs512 | A::Rs1 | A::Ps256 | A::Ps384 | A::Ps512 => false,
    }
}

/// The library's name for an algorithm.
pub(super) fn scheme(algorithm: CoseAlgorithm) -> &'static dyn VerificationAlgorithm {
    use CoseAlgorithm as A;
    match algorithm {
        A::Es256 | A::Esp256 => &signature::ECDSA_P256_SHA256_ASN1,
        A::Es384 | A::Esp384 => &signature::ECDSA_P384_SHA384_ASN1,
        A::Es512 | A::Esp512 => &signature::ECDSA_P521_SHA512_ASN1,
        A::Es256K => &signature::ECDSA_P256K1_SHA256_ASN1,
        A::EdDsa | A::Ed25519 => &signature::ED25519,
        A::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        A::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        A::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        A::Rs1 => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        A::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        A::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        A::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        A::MlDsa44 => &signature::ML_DSA_44,
        A::MlDsa65 => &signature::ML_DSA_65,
        A::MlDsa87 => &signature::ML_DSA_87,
    }
}
