//! RSA, for tokens only: most clients in use verify nothing else.
//!
//! One reviewed library signs and verifies here, since there is no second one without a known
//! timing leak. It blinds the private operation and checks the result itself before its caller
//! sees it; the check below comes on top and is made with the public key as it is published.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use wire::token::TokenPublicKey;

use crate::Error;

/// An RSA key of 2048 bits with the public exponent 65537.
pub(crate) struct RsaKey {
    pair: KeyPair,
    verifier: ParsedPublicKey,
}

impl RsaKey {
    /// A new key, which takes a hundred milliseconds or several.
    pub(super) fn generate() -> Result<Self, Error> {
        Self::new(KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Crypto)?)
    }

    /// Reads what [`RsaKey::to_pkcs8`] wrote.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        Self::new(KeyPair::from_pkcs8(der).map_err(|_| Error::Unopenable)?)
    }

    fn new(pair: KeyPair) -> Result<Self, Error> {
        let public = pair.public_key().as_ref();
        let verifier =
            ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).map_err(|_| Error::Crypto)?;
        Ok(Self { pair, verifier })
    }

    /// The private key, for sealing; the buffer is wiped when it is dropped.
    pub(super) fn to_pkcs8(&self) -> Result<Pkcs8V1Der<'static>, Error> {
        self.pair.as_der().map_err(|_| Error::Crypto)
    }

    pub(super) fn public(&self) -> Result<TokenPublicKey, Error> {
        let der = self.pair.public_key().as_ref();
        let modulus = der
            .strip_prefix(MODULUS_FOLLOWS)
            .and_then(|rest| rest.strip_suffix(EXPONENT))
            .ok_or(Error::Crypto)?;
        Ok(TokenPublicKey::Rsa {
            modulus: modulus.to_vec(),
            exponent: vec![1, 0, 1],
        })
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2.1).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let digest = digest(&SHA256, message);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature)
            .map_err(|_| Error::Crypto)?;
        // A fault in one of the two halves of the computation gives a prime away (T107).
        self.verifier
            .verify_digest_sig(&digest, &signature)
            .map_err(|_| Error::FaultySignature)?;
        Ok(signature)
    }
}

/// RFC 8017 §A.1.1: the DER of every 2048-bit key with exponent 65537 is the modulus (after the
/// zero that keeps it positive) between these.
const MODULUS_FOLLOWS: &[u8] = &[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
const EXPONENT: &[u8] = &[0x02, 0x03, 0x01, 0x00, 0x01];
