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

#[cfg(test)]
mod tests {
    use super::*;

    /// BIP-340 test vectors 0 to 3: secret key, auxiliary randomness, message, signature. They pin
    /// the library that signs; how we tweak the key is for BIP-341's vectors.
    const VECTORS: [[&str; 4]; 4] = [
        [
            "0000000000000000000000000000000000000000000000000000000000000003",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0",
        ],
        [
            "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
            "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de33418906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a",
        ],
        [
            "c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b14e5c9",
            "c87aa53824b4d7ae2eb035a2b5bbbccc080e76cdc6d1692c4b0b62d798e6d906",
            "7e2d58d8b3bcdf1abadec7829054f90dda9805aab56c77333024b9d0a508b75c",
            "5831aaeed7b44bb74e5eab94ba9d4294c49bcf2a60728d8b4c200f50dd313c1bab745879a5ad954a72c45a91c3a51d3c7adea98d82f8481e0e1e03674a6f3fb7",
        ],
        [
            "0b432b2677937381aef05bb02a66ecd012773062cf3fa2549e44f58ed2401710",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "7eb0509757e246f19449885651611cb965ecc1a187dd51b64fda1edc9637d5ec97582b9cb13db3933705b32ba982af5af25fd78881ebb32771fc5922efc66ea3",
        ],
    ];

    #[test]
    fn the_library_signs_as_bip_340_says() {
        for vector in VECTORS {
            let [secret, aux, message, signature] = vector.map(|text| hex::decode(text).unwrap());
            let signer = schnorr::SigningKey::from_slice(&secret).unwrap();
            let signed = signer.sign_raw(&message, &aux.try_into().unwrap()).unwrap();
            assert_eq!(signed.to_bytes().to_vec(), signature);
        }
    }

    #[test]
    fn the_tweak_is_the_one_of_bip_341() {
        let internal = "02d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d";
        let internal: secp256k1::PublicKey = internal.parse().unwrap();
        let (x_only, _) = internal.x_only_public_key();
        assert_eq!(
            hex::encode(tap_tweak(&x_only)),
            "b86e7be8f39bab32a6f2c0443abbc210f0edac0e2c53d501b36b64437d9c6c70"
        );
        assert_eq!(
            hex::encode(output_key(&internal).unwrap().to_byte_array()),
            "53a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343"
        );
    }
}
