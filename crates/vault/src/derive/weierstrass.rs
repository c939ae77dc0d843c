//! BIP-32 for secp256k1, and SLIP-10 for P-256, which differs in what happens when a candidate
//! is no key: BIP-32 gives the child up, SLIP-10 draws again.

use k256::elliptic_curve::sec1::ToSec1Point;
use wire::keys::ChildIndex;
use zeroize::Zeroizing;

use super::Node;
use crate::Error;
use crate::signing_key::{p256_scalar, secp256k1_scalar};

/// What differs between the two curves.
pub(super) trait Derivation {
    const HMAC_KEY: &'static [u8];
    /// Whether a candidate that is no key is drawn again, as SLIP-10 says.
    const RETRIES: bool;

    /// Whether the bytes are a scalar other than zero and below the group order.
    fn is_key(bytes: &[u8; 32]) -> bool;
    /// The sum modulo the group order; `None` if `tweak` is not below it or the sum is zero.
    fn add(tweak: &[u8; 32], key: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>>;
    /// The compressed public key.
    fn public(key: &[u8; 32]) -> Result<[u8; 33], Error>;
}

/// The node at `levels` below the master key.
pub(super) fn node<D: Derivation>(seed: &[u8], levels: &[ChildIndex]) -> Result<Node, Error> {
    levels.iter().try_fold(master::<D>(seed)?, child::<D>)
}

fn master<D: Derivation>(seed: &[u8]) -> Result<Node, Error> {
    let mut node = Node::from_hmac(D::HMAC_KEY, &[seed]);
    while !D::is_key(&node.key) {
        if !D::RETRIES {
            return Err(Error::InvalidChild);
        }
        node = Node::from_hmac(
            D::HMAC_KEY,
            &[node.key.as_slice(), node.chain_code.as_slice()],
        );
    }
    Ok(node)
}

fn child<D: Derivation>(parent: Node, level: &ChildIndex) -> Result<Node, Error> {
    let index = level.to_u32().to_be_bytes();
    let chain_code = parent.chain_code.as_slice();
    let mut node = if level.is_hardened() {
        Node::from_hmac(chain_code, &[&[0], parent.key.as_slice(), &index])
    } else {
        Node::from_hmac(chain_code, &[&D::public(&parent.key)?, &index])
    };
    loop {
        if let Some(key) = D::add(&node.key, &parent.key) {
            node.key = key;
            return Ok(node);
        }
        if !D::RETRIES {
            return Err(Error::InvalidChild);
        }
        node = Node::from_hmac(chain_code, &[&[1], node.chain_code.as_slice(), &index]);
    }
}

pub(super) struct Secp256k1;

impl Derivation for Secp256k1 {
    const HMAC_KEY: &'static [u8] = b"Bitcoin seed";
    const RETRIES: bool = false;

    fn is_key(bytes: &[u8; 32]) -> bool {
        secp256k1_scalar(bytes).is_ok()
    }

    fn add(tweak: &[u8; 32], key: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        let sum = Zeroizing::new(**secp256k1_scalar(tweak).ok()? + **secp256k1_scalar(key).ok()?);
        let sum = Zeroizing::new(<[u8; 32]>::from(sum.to_bytes()));
        Self::is_key(&sum).then_some(sum)
    }

    fn public(key: &[u8; 32]) -> Result<[u8; 33], Error> {
        let public = k256::PublicKey::from_secret_scalar(&*secp256k1_scalar(key)?);
        public
            .to_sec1_point(true)
            .as_bytes()
            .try_into()
            .map_err(|_| Error::Crypto)
    }
}

pub(super) struct P256;

impl Derivation for P256 {
    const HMAC_KEY: &'static [u8] = b"Nist256p1 seed";
    const RETRIES: bool = true;

    fn is_key(bytes: &[u8; 32]) -> bool {
        p256_scalar(bytes).is_ok()
    }

    fn add(tweak: &[u8; 32], key: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        let sum = Zeroizing::new(**p256_scalar(tweak).ok()? + **p256_scalar(key).ok()?);
        let sum = Zeroizing::new(<[u8; 32]>::from(sum.to_bytes()));
        Self::is_key(&sum).then_some(sum)
    }

    fn public(key: &[u8; 32]) -> Result<[u8; 33], Error> {
        let public = p256::PublicKey::from_secret_scalar(&*p256_scalar(key)?);
        public
            .to_sec1_point(true)
            .as_bytes()
            .try_into()
            .map_err(|_| Error::Crypto)
    }
}
