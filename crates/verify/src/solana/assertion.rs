//! What an authenticator answered, on its way to the chain.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use wire::solana::secp256r1::{CompressedKey, SignedMessage};

use super::signature::{self, LowS, SignatureRejection};
use crate::webauthn::sha256;

/// The three parts of an assertion, believed by nobody yet.
///
/// A registration whose attestation the credential itself signed (`packed` without `x5c`) will do
/// as well: its client data is of type `webauthn.create`, and the signature is `attStmt.sig`.
#[derive(Clone, Copy, Debug)]
pub struct Assertion<'a> {
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// What the browser says, to the byte.
    pub client_data_json: &'a [u8],
    /// The signature over both, in DER.
    pub signature: &'a [u8],
}

impl Assertion<'_> {
    /// What is signed: authenticator data ‖ SHA-256 of the client data.
    pub fn message(&self) -> Vec<u8> {
        [self.authenticator_data, &sha256(self.client_data_json)].concat()
    }

    /// Checks the signature and answers what the chain needs to check it again, s turned low.
    ///
    /// # Errors
    ///
    /// [`SignatureRejection`].
    pub fn signed_by(&self, key: &CompressedKey) -> Result<SignedMessage, SignatureRejection> {
        let signature = signature::read(self.signature)?;
        let verifier =
            VerifyingKey::from_sec1_bytes(key.as_bytes()).map_err(|_| SignatureRejection::Key)?;
        let message = self.message();
        verifier
            .verify_prehash(&sha256(&message), &signature)
            .map_err(|_| SignatureRejection::Mismatch)?;
        if message.len() > usize::from(u16::MAX) {
            return Err(SignatureRejection::TooLong);
        }
        Ok(SignedMessage {
            public_key: *key,
            signature: *LowS::of(&signature).as_bytes(),
            message,
        })
    }

    /// The two keys whose signature this could be, for clients that name neither key nor
    /// credential.
    ///
    /// A candidate proves nothing: *every* signature has two. What counts is that the account of
    /// one of them exists and belongs where it should.
    ///
    /// # Errors
    ///
    /// [`SignatureRejection::Malformed`], and [`SignatureRejection::Mismatch`] where no key could
    /// have made the signature.
    pub fn candidates(&self) -> Result<[CompressedKey; 2], SignatureRejection> {
        let signature = signature::read(self.signature)?;
        let digest = sha256(&self.message());
        Ok([
            recovered(&digest, &signature, false)?,
            recovered(&digest, &signature, true)?,
        ])
    }
}

/// The key that goes with an R of even or odd y. That R's x was n or more and got reduced is left
/// out: it happens once in 2^128 signatures.
fn recovered(
    digest: &[u8; 32],
    signature: &Signature,
    is_y_odd: bool,
) -> Result<CompressedKey, SignatureRejection> {
    let id = RecoveryId::new(is_y_odd, false);
    let key = VerifyingKey::recover_from_prehash(digest, signature, id)
        .map_err(|_| SignatureRejection::Mismatch)?;
    let point = key.to_sec1_point(true);
    let bytes = point.as_bytes().try_into().ok();
    bytes
        .and_then(|bytes| CompressedKey::from_bytes(bytes).ok())
        .ok_or(SignatureRejection::Key)
}
