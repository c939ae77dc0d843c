//! Numbers of the curve, as contracts take them: 32 bytes each, big endian.

use std::fmt;

use crate::encoding::hex;

use super::abi::Value;

/// A signature. Whether s is at most n/2 is not asked here; most contracts do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct P256Signature {
    /// The number r.
    pub r: [u8; 32],
    /// The number s.
    pub s: [u8; 32],
}

impl P256Signature {
    /// The signature of r ‖ s.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let (r, s) = halves(bytes);
        Self { r, s }
    }

    pub(super) fn words<'a>(self) -> [Value<'a>; 2] {
        [Value::Word(self.r), Value::Word(self.s)]
    }
}

/// A public key: a point by both coordinates, which is how accounts store their owners. Whether
/// there is such a point on the curve is not asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    /// The coordinate x.
    pub x: [u8; 32],
    /// The coordinate y.
    pub y: [u8; 32],
}

impl PublicKey {
    /// The key of x ‖ y.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let (x, y) = halves(bytes);
        Self { x, y }
    }

    /// x ‖ y: the owner of a Coinbase Smart Wallet, and the key of ERC-7913.
    pub fn to_bytes(self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&self.x);
        bytes[32..].copy_from_slice(&self.y);
        bytes
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.to_bytes()))
    }
}

fn halves(bytes: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    first.copy_from_slice(&bytes[..32]);
    second.copy_from_slice(&bytes[32..]);
    (first, second)
}
