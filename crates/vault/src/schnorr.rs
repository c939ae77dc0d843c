//! BIP-340 signatures by a Taproot output key (BIP-341, key path, no script tree).

use k256::elliptic_curve::ff::PrimeField;
use k256::schnorr;
use secp256k1::{Parity, XOnlyPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Error;
use crate::signing_key::{Secp256k1Key, secp256k1_scalar};

/// The output key that a Taproot address names: `Q = P + H_TapTweak(P)·G`, as its x coordinate.
pub(crate) fn output_key(internal: &secp256k1::PublicKey) -> Result<XOnlyPublicKey, Error> {
    let (internal, _) = internal.x_only_public_key();
    let tweak = secp256k1::Scalar::from_be_bytes(tap_tweak(&internal));
    let tweak = tweak.map_err(|_| Error::InvalidChild)?;
    let (output, _) = internal
        .add_tweak(&tweak)
        .map_err(|_| Error::InvalidChild)?;
    Ok(output)
}

/// Signs a sighash for a key-path spend. The nonce is BIP-340's with an all-zero `aux`, so the
/// same key and digest give the same signature.
pub(crate) fn sign_key_path(key: &Secp256k1Key, digest: &[u8; 32]) -> Result<[u8; 64], Error> {
    let signer = tweaked_signer(key)?;
    let signature = signer
        .sign_raw(digest, &[0; 32])
        .map_err(|_| Error::Crypto)?;
    let bytes: [u8; 64] = signature.to_bytes();
    // Both the signature and the output key it must fit are recomputed by the other library.
    let output = output_key(&key.public)?;
    secp256k1::schnorr::verify(
        &secp256k1::schnorr::Signature::from_byte_array(bytes),
        digest,
        &output,
    )
    .map_err(|_| Error::FaultySignature)?;
    Ok(bytes)
}

/// BIP-341 `taproot_tweak_seckey`, with no script tree.
fn tweaked_signer(key: &Secp256k1Key) -> Result<schnorr::SigningKey, Error> {
    let (internal, parity) = key.public.x_only_public_key();
    let tweak = k256::Scalar::from_repr(tap_tweak(&internal).into()).into_option();
    let tweak = tweak.ok_or(Error::InvalidChild)?;
    let secret = key.secret.expose(secp256k1_scalar)?;
    // Which of the two is taken depends on the public key only.
    let even = Zeroizing::new(if parity == Parity::Odd {
        -**secret
    } else {
        **secret
    });
    let tweaked = k256::NonZeroScalar::new(*even + tweak).into_option();
    Ok(schnorr::SigningKey::from(
        tweaked.ok_or(Error::InvalidChild)?,
    ))
}

/// BIP-340's tagged hash, `TapTweak` of an internal key alone.
fn tap_tweak(internal: &XOnlyPublicKey) -> [u8; 32] {
    let tag = Sha256::digest(b"TapTweak");
    Sha256::new()
        .chain_update(tag)
        .chain_update(tag)
        .chain_update(internal.to_byte_array())
        .finalize()
        .into()
}
