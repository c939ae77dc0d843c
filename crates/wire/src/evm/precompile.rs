//! The precompiled contract that checks P-256 signatures.

use super::{P256Signature, PublicKey};

/// What the precompiled contract at [`P256Verify::ADDRESS`] is asked (RIP-7212, and with the same
/// input EIP-7951): it answers a word of value 1, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256Verify {
    /// What is signed, hashed; for WebAuthn SHA-256 of authenticator data ‖ SHA-256 of client data.
    pub hash: [u8; 32],
    /// The signature. The contract takes a high s, too.
    pub signature: P256Signature,
    /// Whose it should be.
    pub key: PublicKey,
}

impl P256Verify {
    /// Where the contract lives, on every chain that has it.
    pub const ADDRESS: u64 = 0x100;

    /// hash ‖ r ‖ s ‖ x ‖ y.
    pub fn to_bytes(self) -> [u8; 160] {
        let Self {
            hash,
            signature: P256Signature { r, s },
            key: PublicKey { x, y },
        } = self;
        let mut bytes = [0; 160];
        for (place, word) in bytes.chunks_exact_mut(32).zip([hash, r, s, x, y]) {
            place.copy_from_slice(&word);
        }
        bytes
    }
}
