//! What exactly is signed when somebody asks for a signature over a payload.
//!
//! A payload arrives as text with two words about it: how the text becomes bytes
//! ([`PayloadEncoding`]) and what happens to the bytes before the key meets them
//! ([`HashFunction`]). [`prepare`] turns the three, and the curve of the key, into a [`ToSign`].
//!
//! Nothing here sees a secret. Every function is total: bad input is a typed error whose text
//! begins with the fragment that clients of the protocol look for.

use sha2::{Digest as _, Sha256};
use sha3::Keccak256;
use wire::keys::Curve;
use wire::signing::{HashFunction, PayloadEncoding};

pub use authorization::{Authorization, AuthorizationError};
pub use eip712::{TypedData, TypedDataError, TypedDataFault};
pub use text::HexError;
pub use u256::{U256, U256Error};
pub use user_operation::{UserOperation, UserOperationError, UserOperationFault};

mod authorization;
mod eip712;
mod json;
mod text;
mod u256;
mod user_operation;

pub(crate) use text::bytes_from_hex;

/// What a key is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToSign {
    /// A 32-byte digest, for ECDSA and Schnorr.
    Digest([u8; 32]),
    /// A whole message, for Ed25519, which hashes by itself.
    Message(Vec<u8>),
}

/// Why a payload cannot be signed as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The payload is not hexadecimal text.
    #[error("invalid payload encoding: {0}")]
    Hex(#[from] HexError),
    /// The payload is not EIP-712 typed data.
    #[error("invalid payload encoding: EIP-712 typed data: {0}")]
    TypedData(#[from] TypedDataError),
    /// The payload is not an EIP-7702 authorisation.
    #[error("invalid payload encoding: EIP-7702 authorization: {0}")]
    Authorization(#[from] AuthorizationError),
    /// The encoding yields a digest, which the scheme of this curve does not sign.
    #[error("invalid payload encoding: {encoding} yields a digest, which {curve} keys do not sign")]
    EncodingForCurve {
        /// The encoding that was asked for.
        encoding: PayloadEncoding,
        /// The curve of the key.
        curve: Curve,
    },
    /// The encoding brings its own hash; only `HASH_FUNCTION_NO_OP` goes with it.
    #[error(
        "invalid hash function: {encoding} hashes by its own rule and needs HASH_FUNCTION_NO_OP"
    )]
    HashForEncoding {
        /// The encoding that was asked for.
        encoding: PayloadEncoding,
    },
    /// The hash function does not go with the signature scheme of the curve.
    #[error("invalid hash function: {hash} does not go with {curve} keys")]
    HashForCurve {
        /// The hash function that was asked for.
        hash: HashFunction,
        /// The curve of the key.
        curve: Curve,
    },
    /// `HASH_FUNCTION_NO_OP` with a payload of another length.
    #[error("expected a 32-bytes-long digest, found {found} bytes")]
    NotADigest {
        /// Length of the decoded payload, in bytes.
        found: usize,
    },
}

/// Decides what a key on `curve` signs for this payload.
///
/// | curve | hash function | signed |
/// |---|---|---|
/// | secp256k1, P-256 | `NO_OP` | the payload itself, exactly 32 bytes |
/// | secp256k1, P-256 | `SHA256`, `KECCAK256` | its hash |
/// | Ed25519 | `NOT_APPLICABLE` | the payload itself, any length |
///
/// Everything else is refused. EIP-712 and EIP-7702 payloads become digests by their own rules
/// and go with `NO_OP` only: hashing them once more would sign something no verifier rebuilds.
pub fn prepare(
    payload: &str,
    encoding: PayloadEncoding,
    hash: HashFunction,
    curve: Curve,
) -> Result<ToSign, PayloadError> {
    let bytes = match encoding {
        PayloadEncoding::Hexadecimal => bytes_from_hex(payload)?,
        PayloadEncoding::TextUtf8 => payload.as_bytes().to_vec(),
        PayloadEncoding::Eip712 => {
            own_digest_fits(encoding, hash, curve)?;
            return Ok(ToSign::Digest(TypedData::parse(payload)?.signing_hash()?));
        }
        PayloadEncoding::Eip7702Authorization => {
            own_digest_fits(encoding, hash, curve)?;
            return Ok(ToSign::Digest(
                Authorization::parse(payload)?.signing_hash(),
            ));
        }
    };
    hashed(bytes, hash, curve)
}

/// Keccak-256 with Ethereum's padding.
pub(crate) fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn own_digest_fits(
    encoding: PayloadEncoding,
    hash: HashFunction,
    curve: Curve,
) -> Result<(), PayloadError> {
    match (curve, hash) {
        (Curve::Ed25519, _) => Err(PayloadError::EncodingForCurve { encoding, curve }),
        (Curve::Secp256k1 | Curve::P256, HashFunction::NoOp) => Ok(()),
        (Curve::Secp256k1 | Curve::P256, _) => Err(PayloadError::HashForEncoding { encoding }),
    }
}

fn hashed(bytes: Vec<u8>, hash: HashFunction, curve: Curve) -> Result<ToSign, PayloadError> {
    match (curve, hash) {
        (Curve::Ed25519, HashFunction::NotApplicable) => Ok(ToSign::Message(bytes)),
        (Curve::Secp256k1 | Curve::P256, HashFunction::NoOp) => <[u8; 32]>::try_from(bytes)
            .map(ToSign::Digest)
            .map_err(|bytes| PayloadError::NotADigest { found: bytes.len() }),
        (Curve::Secp256k1 | Curve::P256, HashFunction::Sha256) => {
            Ok(ToSign::Digest(sha256(&bytes)))
        }
        (Curve::Secp256k1 | Curve::P256, HashFunction::Keccak256) => {
            Ok(ToSign::Digest(keccak256(&bytes)))
        }
        (Curve::Ed25519, HashFunction::NoOp | HashFunction::Sha256 | HashFunction::Keccak256)
        | (Curve::Secp256k1 | Curve::P256, HashFunction::NotApplicable) => {
            Err(PayloadError::HashForCurve { hash, curve })
        }
    }
}
