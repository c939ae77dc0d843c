//! An assertion that the chain will believe.

use wire::solana::secp256r1::{CompressedKey, SignedMessage};

use super::{Assertion, Expect, Rebuilt, SignatureRejection, TemplateRejection};

/// An assertion whose signature is true and whose client data the program can rebuild. It answers
/// one challenge, by one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForChain {
    key: CompressedKey,
    challenge: [u8; 32],
    signed: SignedMessage,
    rebuilt: Rebuilt,
}

/// The longest message beside which everything else of a transaction has room in a packet, the
/// longest RP ID included. Authenticators sign 69 bytes, and more only with extensions.
const MAX_SIGNED: usize = 600;

/// Why the chain would not believe an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForChainRejection {
    /// The program could not rebuild what was signed.
    #[error(transparent)]
    Template(TemplateRejection),
    /// The signature is not the key's.
    #[error(transparent)]
    Signature(SignatureRejection),
}

impl Assertion<'_> {
    /// Everything the chain will check: the signature first, as there, then the client data.
    ///
    /// # Errors
    ///
    /// [`ForChainRejection`].
    pub fn for_chain(
        &self,
        key: &CompressedKey,
        expect: &Expect<'_>,
    ) -> Result<ForChain, ForChainRejection> {
        let signed = self.signed_by(key).map_err(ForChainRejection::Signature)?;
        if signed.message.len() > MAX_SIGNED {
            return Err(ForChainRejection::Signature(SignatureRejection::TooLong));
        }
        let rebuilt = self.rebuild(expect).map_err(ForChainRejection::Template)?;
        Ok(ForChain {
            key: *key,
            challenge: *expect.challenge,
            signed,
            rebuilt,
        })
    }
}

impl ForChain {
    /// Whose assertion it is.
    pub fn key(&self) -> &CompressedKey {
        &self.key
    }

    /// What it answers.
    pub fn challenge(&self) -> &[u8; 32] {
        &self.challenge
    }

    /// The signature in the form the chain takes.
    pub fn signed(&self) -> &SignedMessage {
        &self.signed
    }

    /// What the program will find in it.
    pub fn rebuilt(&self) -> &Rebuilt {
        &self.rebuilt
    }
}

impl ForChainRejection {
    /// The stable name of this rejection.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Template(rejection) => rejection.code(),
            Self::Signature(SignatureRejection::Malformed) => "signature_malformed",
            Self::Signature(SignatureRejection::Key) => "key_not_on_curve",
            Self::Signature(SignatureRejection::Mismatch) => "signature_invalid",
            Self::Signature(SignatureRejection::TooLong) => "signed_message_too_long",
        }
    }
}
