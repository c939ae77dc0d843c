//! From a seed to a key: BIP-32 and SLIP-10.
//!
//! secp256k1 follows BIP-32, P-256 follows SLIP-10's `nist256p1`, and Ed25519 follows SLIP-10's
//! `ed25519`. SLIP-10 defines Ed25519 for hardened children only; there, every level of a path
//! is taken as hardened, so `m/44'/501'/0'/0` and `m/44'/501'/0'/0'` name one key.

mod ed25519;
mod weierstrass;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use wire::keys::{ChildIndex, Curve};
use zeroize::{Zeroize, Zeroizing};

use crate::Error;

/// The private key at `levels` below the master key of `seed` (16 to 64 bytes).
pub(crate) fn secret(
    curve: Curve,
    seed: &[u8],
    levels: &[ChildIndex],
) -> Result<Zeroizing<[u8; 32]>, Error> {
    Ok(node(curve, seed, levels)?.key)
}

fn node(curve: Curve, seed: &[u8], levels: &[ChildIndex]) -> Result<Node, Error> {
    match curve {
        Curve::Secp256k1 => weierstrass::node::<weierstrass::Secp256k1>(seed, levels),
        Curve::P256 => weierstrass::node::<weierstrass::P256>(seed, levels),
        Curve::Ed25519 => ed25519::node(seed, levels),
    }
}

/// An extended private key: a key and the chain code its children are made with.
struct Node {
    key: Zeroizing<[u8; 32]>,
    chain_code: Zeroizing<[u8; 32]>,
}

impl Node {
    /// HMAC-SHA-512 of the parts, split into a candidate for the key and a chain code.
    fn from_hmac(hmac_key: &[u8], parts: &[&[u8]]) -> Self {
        let mut mac =
            Hmac::<Sha512>::new_from_slice(hmac_key).expect("HMAC takes keys of any length");
        parts.iter().for_each(|part| mac.update(part));
        let mut digest = mac.finalize().into_bytes();
        let mut node = Self {
            key: Zeroizing::new([0; 32]),
            chain_code: Zeroizing::new([0; 32]),
        };
        node.key.copy_from_slice(&digest[..32]);
        node.chain_code.copy_from_slice(&digest[32..]);
        digest.as_mut_slice().zeroize();
        node
    }
}

#[cfg(test)]
mod tests;
