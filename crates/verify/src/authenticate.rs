//! From claim to evidence.

use std::collections::BTreeSet;

use serde_json::Value;
use wire::activities::SigningType;
use wire::id::{OrganisationId, UserId};
use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, Stamp};
use wire::{RawRequest, Timestamp};

use crate::claim::Claim;
use crate::rejection::Rejection;
use crate::stamp::api_key::ApiKeyProof;
use crate::stamp::{self, KeyCache, PasskeyRecord};
use crate::webauthn::RelyingParty;

/// One stored credential with its owner, as loaded for a [`Claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The root organisation: the hard wall.
    pub tenant: OrganisationId,
    /// Who holds the credential.
    pub signer: Signer,
    /// What it verifies with.
    pub key: CredentialKey,
}

/// What a stored credential verifies with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialKey {
    /// An API key.
    ApiKey {
        /// The curve it was registered for; the stamp's scheme must be of it.
        curve: Curve,
        /// SEC1 compressed, or 32 bytes for Ed25519.
        public_key: Vec<u8>,
        /// The first instant at which it is no longer good.
        expires_at: Option<Timestamp>,
    },
    /// A passkey.
    Passkey(PasskeyRecord),
    /// The key of a passkey's session, which stamps for the passkey's owner.
    Session(SessionCredential),
}

/// A session's key as it was found for a stamp, with all it hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCredential {
    /// Ed25519.
    pub public_key: [u8; 32],
    /// The first instant at which it is no longer good.
    pub expires_at: Timestamp,
    /// Whether it was taken away before.
    pub is_revoked: bool,
    /// What it may stamp, of commands. Reading is not asked here.
    pub may: BTreeSet<SigningType>,
}

impl SessionCredential {
    /// Whether it is good at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.is_revoked && now < self.expires_at
    }
}

/// How far a stamp goes: as far as who made it, or less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Whatever its maker may do.
    Maker,
    /// A session's: of what its maker may do, these commands and no other (threat T48).
    Session(BTreeSet<SigningType>),
}

/// Who made a request, as the credential's row has it, never as the request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The organisation the signer belongs to.
    pub home: OrganisationId,
    /// The user in it.
    pub user: UserId,
}

/// The tenant whose rows may be touched. Comes from a stored credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    tenant: OrganisationId,
}

impl Scope {
    /// The root organisation.
    pub fn tenant(self) -> OrganisationId {
        self.tenant
    }
}

/// A stamp that verified, in the form a third party can verify it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// `SIGNATURE_SCHEME_…`.
    pub scheme: &'static str,
    /// Hex for API keys; base64url of the COSE key for passkeys.
    pub public_key: String,
    /// Hex for API keys; the JSON stamp for passkeys.
    pub signature: String,
}

/// Bytes that a known credential stamped. Made only by [`authenticate`].
#[derive(Debug)]
pub struct Authenticated {
    scope: Scope,
    signer: Signer,
    reach: Reach,
    evidence: Evidence,
    fingerprint: [u8; 32],
    raw: RawRequest,
    document: Value,
}

/// Proves that the credential stamped exactly these bytes.
///
/// Consumes request and claim, so that no unverified copy is left to be read.
pub fn authenticate(
    raw: RawRequest,
    claim: Claim,
    credential: &Credential,
    relying_party: &RelyingParty,
    keys: &KeyCache,
    now: Timestamp,
) -> Result<Authenticated, Rejection> {
    let (claimed, document) = claim.into_parts();
    let body = stamp::Body::new(&raw.body);
    let fingerprint = body.sha256();
    let (evidence, reach) = match (&claimed, &credential.key) {
        (
            Stamp::ApiKey(claimed),
            CredentialKey::ApiKey {
                curve,
                public_key,
                expires_at,
            },
        ) => {
            let proof = stamp::api_key::check(claimed, *curve, public_key, &body, keys)?;
            // Only now: that a key has expired, and where it was registered, is told to whoever
            // holds it and not to whoever has seen its public half (threat T26).
            if expires_at.is_some_and(|end| now >= end) {
                return Err(Rejection::Expired);
            }
            (signed(claimed, &proof), Reach::Maker)
        }
        (Stamp::ApiKey(claimed), CredentialKey::Session(session)) => {
            let (curve, key) = (Curve::Ed25519, &session.public_key);
            let proof = stamp::api_key::check(claimed, curve, key, &body, keys)?;
            // Only now, as with API keys: a session that is over and one that was taken away are
            // told alike, to whoever holds the key (threats T26, T47).
            if !session.is_live(now) {
                return Err(Rejection::Expired);
            }
            (signed(claimed, &proof), Reach::Session(session.may.clone()))
        }
        (Stamp::WebAuthn(claimed), CredentialKey::Passkey(record)) => {
            stamp::webauthn::check(claimed, &body, relying_party, record, keys)?;
            let evidence = Evidence {
                scheme: "SIGNATURE_SCHEME_TK_WEBAUTHN",
                public_key: wire::encoding::base64url::encode(&record.public_key),
                signature: claimed.to_header(),
            };
            (evidence, Reach::Maker)
        }
        (Stamp::ApiKey(_), CredentialKey::Passkey(_))
        | (Stamp::WebAuthn(_), CredentialKey::ApiKey { .. } | CredentialKey::Session(_)) => {
            return Err(stamp::Rejection::KeyMismatch.into());
        }
    };
    Ok(Authenticated {
        scope: Scope {
            tenant: credential.tenant,
        },
        signer: credential.signer.clone(),
        reach,
        evidence,
        fingerprint,
        raw,
        document,
    })
}

/// A stamp by one signature over the body, in a portable form.
fn signed(claimed: &ApiKeyStamp, proof: &ApiKeyProof) -> Evidence {
    Evidence {
        scheme: proof.scheme().as_str(),
        public_key: wire::encoding::hex::encode(&claimed.public_key),
        signature: wire::encoding::hex::encode(&claimed.signature),
    }
}

impl Authenticated {
    /// Reads the body, now that it is known whose it is. `dialect` gets the path and the document
    /// that was parsed from the very bytes that were stamped.
    pub fn read<C, E>(
        self,
        dialect: impl FnOnce(&str, &Value) -> Result<C, E>,
    ) -> Result<Submitted<C>, E> {
        let content = dialect(&self.raw.path, &self.document)?;
        Ok(Submitted {
            authenticated: self,
            content,
        })
    }

    /// Who stamped it.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// What a signer asks, read from the bytes that were stamped. Made only by
/// [`Authenticated::read`].
#[derive(Debug)]
pub struct Submitted<C> {
    authenticated: Authenticated,
    content: C,
}

impl<C> Submitted<C> {
    /// What is asked.
    pub fn content(&self) -> &C {
        &self.content
    }

    /// Whose rows may be touched.
    pub fn scope(&self) -> Scope {
        self.authenticated.scope
    }

    /// Who asks.
    pub fn signer(&self) -> &Signer {
        &self.authenticated.signer
    }

    /// How far the stamp goes.
    pub fn reach(&self) -> &Reach {
        &self.authenticated.reach
    }

    /// The proof, in a portable form.
    pub fn evidence(&self) -> &Evidence {
        &self.authenticated.evidence
    }

    /// SHA-256 of the body.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.authenticated.fingerprint
    }

    /// The exact bytes.
    pub fn body(&self) -> &[u8] {
        &self.authenticated.raw.body
    }

    /// The evidence as the vault wants to see it.
    pub fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }
}
