//! What a request says about itself, before anything is believed.

use serde_json::Value;
use wire::RawRequest;
use wire::id::OrganisationId;
use wire::stamp::Stamp;

use crate::rejection::Rejection;

/// A guess at who is asking. Good for choosing which row to load, and for nothing else.
#[derive(Debug)]
pub struct Claim {
    organisation: Option<OrganisationId>,
    stamp: Stamp,
    document: Value,
}

/// Which credential a stamp says made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimedKey<'a> {
    /// An API key: SEC1 compressed, or 32 bytes for Ed25519.
    PublicKey(&'a [u8]),
    /// A passkey, by its WebAuthn credential id.
    CredentialId(&'a [u8]),
}

impl Claim {
    /// Peeks at the stamp header and at `organizationId` in the body.
    ///
    /// The body is read once, strictly; the document is kept here and handed on only by
    /// [`authenticate`](crate::authenticate()), so nobody can act on it earlier.
    pub fn read(raw: &RawRequest) -> Result<Self, Rejection> {
        let stamp = Stamp::of(raw).map_err(Rejection::Stamp)?;
        let document = wire::json::parse(&raw.body).map_err(Rejection::Body)?;
        let Value::Object(members) = &document else {
            return Err(Rejection::BodyNotAnObject);
        };
        let organisation = match members.get("organizationId") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => {
                Some(text.parse().map_err(|_| Rejection::MalformedOrganisation)?)
            }
            Some(_) => return Err(Rejection::MalformedOrganisation),
        };
        Ok(Self {
            organisation,
            stamp,
            document,
        })
    }

    /// The organisation the body names, if it names one.
    pub fn organisation(&self) -> Option<OrganisationId> {
        self.organisation
    }

    /// The credential the stamp names.
    pub fn key(&self) -> ClaimedKey<'_> {
        match &self.stamp {
            Stamp::ApiKey(stamp) => ClaimedKey::PublicKey(&stamp.public_key),
            Stamp::WebAuthn(stamp) => ClaimedKey::CredentialId(&stamp.credential_id),
        }
    }

    pub(crate) fn into_parts(self) -> (Stamp, Value) {
        (self.stamp, self.document)
    }
}
