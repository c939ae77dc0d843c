//! From a believed assertion to the bytes of a contract.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use wire::evm::{P256Signature, P256Verify, PublicKey, coinbase, daimo, openzeppelin, safe};
use wire::solana::secp256r1::CompressedKey;

use super::client_data::Located;
use super::{Assertion, DaimoVersion, EvmRejection, Family, SignatureRejection, challenge};
use crate::solana::LowS;
use crate::webauthn::sha256;

/// An assertion as a contract takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// What the family's contract calls the signature.
    pub signature: Vec<u8>,
    /// The same for the precompiled contract alone: hash ‖ r ‖ s ‖ x ‖ y.
    pub precompile_input: [u8; 160],
    /// x ‖ y, which the account must have as an owner.
    pub public_key: [u8; 64],
}

/// Goes through what the family's contracts check, and spells the assertion for them with s turned
/// low.
///
/// `user_op_hash` is what [`challenge`] was made from. Nothing is asked of the chain: whether the
/// account exists and has this owner at this place is its own matter.
///
/// # Errors
///
/// The first [`EvmRejection`].
pub fn encode(
    family: &Family,
    assertion: &Assertion<'_>,
    key: &CompressedKey,
    user_op_hash: &[u8; 32],
) -> Result<Encoded, EvmRejection> {
    check_flags(family, assertion.authenticator_data)?;
    let challenge = challenge(family, user_op_hash);
    let client_data = Located::find(assertion.client_data_json, &challenge)?;
    let precompile = check_signature(assertion, key).map_err(EvmRejection::Signature)?;
    Ok(Encoded {
        signature: spell(family, assertion, &client_data, precompile.signature)?,
        precompile_input: precompile.to_bytes(),
        public_key: precompile.key.to_bytes(),
    })
}

/// The key in the form in which accounts store their owners.
///
/// # Errors
///
/// [`SignatureRejection::Key`] if there is no such point on the curve.
pub fn public_key(key: &CompressedKey) -> Result<PublicKey, SignatureRejection> {
    verifier(key).map(|verifier| coordinates(&verifier))
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;

/// What contracts ask of the authenticator data. Not all count to 37 or ask for presence; shorter
/// data and absent users come from no authenticator, so here all do.
fn check_flags(family: &Family, authenticator_data: &[u8]) -> Result<(), EvmRejection> {
    let fixed: &[u8; 37] = authenticator_data
        .first_chunk()
        .ok_or(EvmRejection::AuthenticatorData)?;
    let has = |flag| fixed[32] & flag != 0;
    if !has(USER_PRESENT) {
        return Err(EvmRejection::UserPresence);
    }
    if family.demands_user_verification() && !has(USER_VERIFIED) {
        return Err(EvmRejection::UserVerification);
    }
    if family.compares_backup_flags() && has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
        return Err(EvmRejection::BackupState);
    }
    Ok(())
}

/// Checks the signature and answers what the chain needs to check it again.
fn check_signature(
    assertion: &Assertion<'_>,
    key: &CompressedKey,
) -> Result<P256Verify, SignatureRejection> {
    let low = LowS::from_der(assertion.signature)?;
    let signature =
        Signature::from_slice(low.as_bytes()).map_err(|_| SignatureRejection::Malformed)?;
    let verifier = verifier(key)?;
    let hash = sha256(&assertion.message());
    verifier
        .verify_prehash(&hash, &signature)
        .map_err(|_| SignatureRejection::Mismatch)?;
    Ok(P256Verify {
        hash,
        signature: P256Signature::from_bytes(low.as_bytes()),
        key: coordinates(&verifier),
    })
}

fn verifier(key: &CompressedKey) -> Result<VerifyingKey, SignatureRejection> {
    VerifyingKey::from_sec1_bytes(key.as_bytes()).map_err(|_| SignatureRejection::Key)
}

fn coordinates(key: &VerifyingKey) -> PublicKey {
    let point = key.to_sec1_point(false);
    let (_prefix, coordinates) = point
        .as_bytes()
        .split_last_chunk()
        .expect("an uncompressed point has 65 bytes");
    PublicKey::from_bytes(coordinates)
}

fn spell(
    family: &Family,
    assertion: &Assertion<'_>,
    client_data: &Located<'_>,
    signature: P256Signature,
) -> Result<Vec<u8>, EvmRejection> {
    let &Assertion {
        authenticator_data,
        client_data_json,
        ..
    } = assertion;
    let &Located {
        challenge_index,
        type_index,
        ..
    } = client_data;
    let webauthn_auth = coinbase::WebAuthnAuth {
        authenticator_data,
        client_data_json,
        challenge_index,
        type_index,
        signature,
    };
    Ok(match *family {
        Family::Coinbase { owner_index } => coinbase::SignatureWrapper {
            owner_index,
            signature_data: &webauthn_auth.to_bytes(),
        }
        .to_bytes(),
        Family::Solady => webauthn_auth.to_bytes(),
        Family::OpenZeppelin => openzeppelin::WebAuthnAuth {
            signature,
            challenge_index,
            type_index,
            authenticator_data,
            client_data_json,
        }
        .to_bytes(),
        Family::Safe => safe::Signature {
            authenticator_data,
            client_data_fields: client_data.fields()?,
            signature,
        }
        .to_bytes(),
        Family::Daimo {
            version,
            key_slot,
            valid_until,
        } => {
            // The first version goes by the places it is told; but the contract behind it can be
            // replaced, and a later one looks at the beginning, as the second version does.
            client_data.after_beginning()?;
            match version {
                DaimoVersion::V1 => daimo::SignatureV1 {
                    valid_until,
                    key_slot,
                    authenticator_data,
                    client_data_json,
                    challenge_location: challenge_index,
                    response_type_location: type_index,
                    signature,
                }
                .to_bytes(),
                DaimoVersion::V2 => daimo::SignatureV2 {
                    valid_until,
                    key_slot,
                    authenticator_data,
                    client_data_json,
                    signature,
                }
                .to_bytes(),
            }
        }
    })
}
