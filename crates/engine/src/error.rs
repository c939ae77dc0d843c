//! The four doors by which a request leaves without an outcome.

use wire::id::OrganisationId;
use wire::solana::Address;

use crate::dialect::Malformed;

/// Why a request came to nothing. Outcomes, refusals among them, are not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not believed.
    #[error(transparent)]
    Rejected(#[from] verify::Rejection),
    /// Not believed: no such credential in the organisation or its parent, or no such
    /// organisation. The two are told alike (threat T26).
    #[error("no credential {key} in organisation {organisation:?} or its parent")]
    UnknownKey {
        /// The organisation the body names.
        organisation: Option<OrganisationId>,
        /// The key the stamp names.
        key: UnknownKey,
    },
    /// Not believed: the credential is known in several sub-organisations.
    #[error("credential {0} is known in more than one sub-organisation")]
    Ambiguous(UnknownKey),
    /// Not believed: several passkey sessions have this key for this organisation.
    #[error("{0} is the key of more than one session for this organisation")]
    SeveralSessions(UnknownKey),
    /// Not believed: the API key's life is over, or the session's whose key it is.
    #[error("API key {public_key} of organisation {organisation} has expired")]
    ExpiredKey {
        /// Where it was registered, or for which the session was.
        organisation: OrganisationId,
        /// Hex.
        public_key: String,
    },

    /// Believed, but unreadable.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Believed, but stamped too long ago, too far ahead, or for another server.
    #[error("{0}")]
    Stale(String),
    /// Believed, but what is asked about is not there.
    #[error("{0}")]
    NotFound(String),

    /// Not available.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Not available: others kept changing the same organisation.
    #[error("the organisation changed {0} times while this command was decided")]
    Contended(u32),

    /// Not available: the chain does not answer.
    #[error(transparent)]
    Chain(#[from] crate::chain::ChainError),
    /// Not available: who is to pay on the chain cannot.
    #[error("the payer {0} has too little to pay with")]
    PayerPoor(Address),

    /// A bug, or hardware that lies.
    #[error("vault: {0}")]
    Vault(#[from] vault::Error),
    /// A bug: something stored cannot be read back.
    #[error("stored activity cannot be read: {0}")]
    Unreadable(String),
}

/// A credential as a stamp names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownKey {
    /// Hex.
    PublicKey(String),
    /// base64url.
    CredentialId(String),
}

impl std::fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PublicKey(hex) => write!(f, "publicKey={hex}"),
            Self::CredentialId(id) => write!(f, "credentialId={id}"),
        }
    }
}
