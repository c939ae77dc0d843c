//! The body of a request together with its digest.

use std::fmt;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use sha3::{Digest as _, Keccak256};

/// A request body, hashed once: the digest serves the stamp, the WebAuthn challenge and the
/// activity's fingerprint alike.
#[derive(Clone)]
pub struct Body<'a> {
    bytes: &'a [u8],
    sha256: Digest,
}

impl<'a> Body<'a> {
    /// Hashes `bytes`, which must be the body exactly as it arrived.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            sha256: digest(&SHA256, bytes),
        }
    }

    /// The bytes themselves.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// SHA-256 of the bytes.
    pub fn sha256(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.sha256.as_ref());
        bytes
    }

    /// Keccak-256 of the bytes as EIP-191 `personal_sign` frames them: `0x19`, a fixed text, the
    /// decimal length in bytes, the bytes.
    pub(super) fn eip191(&self) -> [u8; 32] {
        Keccak256::new()
            .chain_update(format!(
                "\x19Ethereum Signed Message:\n{}",
                self.bytes.len()
            ))
            .chain_update(self.bytes)
            .finalize()
            .into()
    }

    /// The digest in the form that verification takes.
    pub(super) fn digest(&self) -> &Digest {
        &self.sha256
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies may hold what a log must not; their digest says which one it was.
        write!(f, "Body(sha256: {:?})", self.sha256)
    }
}
