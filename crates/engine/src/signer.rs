//! Whose credential a claim names.

use std::sync::Arc;

use rules::{Organisation, User};
use verify::{Claim, ClaimedKey, Credential, CredentialKey, Signer};

use crate::Engine;
use crate::error::{Error, UnknownKey};

/// A claim's credential, with the organisations it was found between.
pub(crate) struct Standing {
    /// The organisation the body names.
    pub addressed: Arc<Organisation>,
    /// Its parent, if it has one.
    pub parent: Option<Arc<Organisation>>,
    /// The credential.
    pub credential: Credential,
}

impl Standing {
    /// Refuses a credential that its organisation no longer has, or has for somebody else.
    ///
    /// The stamp was verified against the organisation as it was when the request came. What is
    /// decided rests on the organisation as it is now, and so must who is believed: the revision
    /// that is recorded at would otherwise vouch for a credential that is gone.
    pub(crate) fn still_in(&self, organisation: &Organisation) -> Result<(), Error> {
        let claimed = match &self.credential.key {
            CredentialKey::ApiKey { public_key, .. } => ClaimedKey::PublicKey(public_key),
            CredentialKey::Passkey(record) => ClaimedKey::CredentialId(&record.credential_id),
        };
        // An outsider's credential is not here to be found; the rules refuse him.
        let outsider = self.credential.signer.home != organisation.id;
        if outsider || credential(organisation, claimed).as_ref() == Some(&self.credential) {
            return Ok(());
        }
        Err(Error::UnknownKey {
            organisation: Some(organisation.id),
            key: name(claimed),
        })
    }
}

impl Engine {
    /// Loads the credential a claim names: of the addressed organisation, else of its parent.
    /// The child's user wins where both know the key.
    pub(crate) async fn standing(&self, claim: &Claim) -> Result<Standing, Error> {
        let unknown = || Error::UnknownKey {
            organisation: claim.organisation(),
            key: name(claim.key()),
        };
        let addressed = match claim.organisation() {
            Some(id) => self.store.organisation(id).await?.ok_or_else(unknown)?,
            // One client polls without naming an organisation; the stamp says enough.
            None => self
                .only_home_of(claim.key(), None)
                .await?
                .ok_or_else(unknown)?,
        };
        let parent = match addressed.parent {
            Some(id) => self.store.organisation(id).await?,
            None => None,
        };
        let credential = credential(&addressed, claim.key())
            .or_else(|| credential(parent.as_ref()?, claim.key()))
            .ok_or_else(unknown)?;
        Ok(Standing {
            addressed,
            parent,
            credential,
        })
    }

    /// As [`Self::standing`], but a key unknown to the addressed organisation and known in
    /// exactly one of its sub-organisations speaks for that one: this is how a client that knows
    /// only its application's organisation finds out whose passkey it holds.
    pub(crate) async fn standing_below(&self, claim: &Claim) -> Result<Standing, Error> {
        let unknown = match self.standing(claim).await {
            Err(unknown @ Error::UnknownKey { .. }) => unknown,
            found => return found,
        };
        let Some(parent) = claim.organisation() else {
            return Err(unknown);
        };
        let Some(parent) = self.store.organisation(parent).await? else {
            return Err(unknown);
        };
        let Some(addressed) = self.only_home_of(claim.key(), Some(&parent)).await? else {
            return Err(unknown);
        };
        let Some(credential) = credential(&addressed, claim.key()) else {
            return Err(unknown);
        };
        Ok(Standing {
            addressed,
            parent: Some(parent),
            credential,
        })
    }

    /// The one organisation (below `parent`, or anywhere) that knows the key.
    async fn only_home_of(
        &self,
        key: ClaimedKey<'_>,
        parent: Option<&Organisation>,
    ) -> Result<Option<Arc<Organisation>>, Error> {
        let homes = self
            .store
            .homes_of(key, parent.map(|parent| parent.id))
            .await?;
        match homes.as_slice() {
            [] => Ok(None),
            [home] => Ok(self.store.organisation(*home).await?),
            [_, _, ..] => Err(Error::Ambiguous(name(key))),
        }
    }
}

fn name(key: ClaimedKey<'_>) -> UnknownKey {
    match key {
        ClaimedKey::PublicKey(bytes) => UnknownKey::PublicKey(wire::encoding::hex::encode(bytes)),
        ClaimedKey::CredentialId(bytes) => {
            UnknownKey::CredentialId(wire::encoding::base64url::encode(bytes))
        }
    }
}

fn credential(organisation: &Organisation, key: ClaimedKey<'_>) -> Option<Credential> {
    let (user, key): (&User, CredentialKey) = match key {
        ClaimedKey::PublicKey(bytes) => {
            let (user, key) = organisation.api_key(bytes)?;
            let key = CredentialKey::ApiKey {
                curve: key.curve,
                public_key: key.public_key.clone(),
                expires_at: key.expires_at(),
            };
            (user, key)
        }
        ClaimedKey::CredentialId(id) => {
            let (user, authenticator) = organisation.authenticator(id)?;
            (user, CredentialKey::Passkey(authenticator.record()))
        }
    };
    let signer = Signer {
        home: organisation.id,
        user: user.id,
    };
    Some(Credential {
        tenant: organisation.root_id(),
        signer,
        key,
    })
}
