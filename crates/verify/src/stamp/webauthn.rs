//! Stamps by passkeys: a WebAuthn assertion whose challenge is the body.

use wire::stamp::WebAuthnStamp;
use wire::webauthn::AssertionResponse;

use super::{Body, KeyCache, Rejection};
use crate::webauthn::{
    AssertionExpect, CredentialRecord, ExpectedUser, RelyingParty, VerifiedAssertion, assertion,
};

/// What is stored about the passkey a stamp names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRecord {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// The COSE_Key, as the authenticator gave it.
    pub public_key: Vec<u8>,
    /// SHA-256 of the RP ID it was registered for.
    pub rp_id_hash: [u8; 32],
    /// Backup eligibility as registered.
    pub backup_eligible: bool,
    /// The last signature counter seen; zero if none was kept.
    pub sign_count: u32,
    /// Whether it may be used at all.
    pub enabled: bool,
}

/// Proof that a passkey's holder approved this very body.
///
/// Made only by [`check`]. Whose passkey it is and what it may do is not known here.
#[derive(Clone, Debug)]
pub struct WebAuthnProof {
    assertion: VerifiedAssertion,
    body_sha256: [u8; 32],
}

impl WebAuthnProof {
    /// The assertion, of which every step passed.
    pub fn assertion(&self) -> &VerifiedAssertion {
        &self.assertion
    }

    /// SHA-256 of the body that was approved.
    pub fn body_sha256(&self) -> [u8; 32] {
        self.body_sha256
    }
}

/// Checks that `stamp` is an assertion by the registered passkey for exactly `body`.
///
/// The challenge given to the authenticator is the lower-case hexadecimal SHA-256 of the body as
/// 64 ASCII characters, not the 32 bytes they stand for (threat T27). There is no server's
/// challenge and no user handle in a stamp: it is as fresh as its body says, and its user is the
/// owner of the credential.
///
/// # Errors
///
/// [`Rejection::WebAuthn`] with the first step of §7.2 that failed.
pub fn check(
    stamp: &WebAuthnStamp,
    body: &Body<'_>,
    relying_party: &RelyingParty,
    passkey: &PasskeyRecord,
    cache: &KeyCache,
) -> Result<WebAuthnProof, Rejection> {
    let key = cache.passkey(&passkey.public_key)?;
    let challenge = wire::encoding::hex::encode(body.sha256());
    let verified = assertion::finish(
        relying_party,
        &AssertionExpect::new(challenge.as_bytes(), ExpectedUser::Owner),
        &AssertionResponse {
            credential_id: stamp.credential_id.clone(),
            client_data_json: stamp.client_data_json.clone(),
            authenticator_data: stamp.authenticator_data.clone(),
            signature: stamp.signature.clone(),
            ..AssertionResponse::default()
        },
        Some(&CredentialRecord {
            id: &passkey.credential_id,
            key: &key,
            user_handle: &[],
            rp_id_hash: Some(&passkey.rp_id_hash),
            sign_count: passkey.sign_count,
            backup_eligible: Some(passkey.backup_eligible),
            enabled: passkey.enabled,
        }),
    )?;
    Ok(WebAuthnProof {
        assertion: verified,
        body_sha256: body.sha256(),
    })
}
