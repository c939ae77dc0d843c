//! The one place randomness comes from.

use aws_lc_rs::rand;

/// The operating system's generator, through the cryptographic library; fails closed.
pub struct System;

impl vault::Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), vault::Error> {
        rand::fill(bytes).map_err(|_| vault::Error::NoEntropy)
    }
}

/// Sixteen fresh bytes for an identifier.
pub(crate) fn sixteen() -> Result<[u8; 16], vault::Error> {
    bytes()
}

/// `N` fresh bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], vault::Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| vault::Error::NoEntropy)?;
    Ok(bytes)
}
