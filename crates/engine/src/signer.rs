//! Whose credential a claim names.

use std::sync::Arc;

use rules::{Organisation, User};
use store::SessionRead;
use verify::{Claim, ClaimedKey, Credential, CredentialKey, SessionCredential, Signer};
use wire::Timestamp;

use crate::Engine;
use crate::error::{Error, UnknownKey};
use crate::session_stamp::{self, Asked};

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
    /// The key that was claimed.
    fn key(&self) -> ClaimedKey<'_> {
        match &self.credential.key {
            CredentialKey::ApiKey { public_key, .. } => ClaimedKey::PublicKey(public_key),
            CredentialKey::Session(session) => ClaimedKey::PublicKey(&session.public_key),
            CredentialKey::Passkey(record) => ClaimedKey::CredentialId(&record.credential_id),
        }
    }

    /// What is told of a key whose life is over.
    pub(crate) fn expired(&self) -> Error {
        Error::ExpiredKey {
            organisation: self.credential.signer.home,
            public_key: match self.key() {
                ClaimedKey::PublicKey(bytes) | ClaimedKey::CredentialId(bytes) => {
                    wire::encoding::hex::encode(bytes)
                }
            },
        }
    }

    /// Refuses a credential that its organisation no longer has, or has for somebody else.
    ///
    /// The stamp was verified against the organisation as it was when the request came. What is
    /// decided rests on the organisation as it is now, and so must who is believed: the revision
    /// that is recorded at would otherwise vouch for a credential that is gone.
    fn still_in(&self, organisation: &Organisation) -> Result<(), Error> {
        let claimed = self.key();
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
    /// Refuses a credential that is not what it was when the stamp was verified, by the organisation
    /// as it is now; and a session by everything that it hangs on, the chain too (threat T47). What
    /// is recorded then rests on the session as it was read here.
    pub(crate) async fn still_stands(
        &self,
        standing: &Standing,
        organisation: &Organisation,
        parent: Option<&Organisation>,
        now: Timestamp,
    ) -> Result<Option<SessionRead>, Error> {
        let CredentialKey::Session(session) = &standing.credential.key else {
            standing.still_in(organisation)?;
            return Ok(None);
        };
        let gone = || Error::UnknownKey {
            organisation: Some(organisation.id),
            key: name(standing.key()),
        };
        if registered(organisation, parent, standing.key()).is_some() {
            return Err(gone());
        }
        let place = session_stamp::addressed(organisation, parent);
        let found = self.session_of_key(standing.key(), place, Asked::Chain);
        let found = found.await?.ok_or_else(gone)?;
        let CredentialKey::Session(now_found) = &found.credential.key else {
            return Err(gone());
        };
        // A chain may have moved the end; nothing else is another session's to change.
        let as_verified = SessionCredential {
            expires_at: now_found.expires_at,
            is_revoked: now_found.is_revoked,
            ..session.clone()
        };
        if found.credential.signer != standing.credential.signer || *now_found != as_verified {
            return Err(gone());
        }
        match now_found.is_live(now) {
            true => Ok(Some(found.read)),
            false => Err(standing.expired()),
        }
    }

    /// Loads the credential a claim names: of the addressed organisation, else of its parent, else
    /// of a passkey session for the organisation that the body names. The child's user wins where
    /// both know the key.
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
        let credential = match registered(&addressed, parent.as_deref(), claim.key()) {
            Some(credential) => credential,
            None => {
                let place = session_stamp::addressed(&addressed, parent.as_deref());
                let found = self
                    .session_of_key(claim.key(), place, Asked::Store)
                    .await?;
                found.ok_or_else(unknown)?.credential
            }
        };
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

pub(crate) fn name(key: ClaimedKey<'_>) -> UnknownKey {
    match key {
        ClaimedKey::PublicKey(bytes) => UnknownKey::PublicKey(wire::encoding::hex::encode(bytes)),
        ClaimedKey::CredentialId(bytes) => {
            UnknownKey::CredentialId(wire::encoding::base64url::encode(bytes))
        }
    }
}

/// The credential registered under a key in an organisation, else in its parent.
fn registered(
    organisation: &Organisation,
    parent: Option<&Organisation>,
    key: ClaimedKey<'_>,
) -> Option<Credential> {
    credential(organisation, key).or_else(|| credential(parent?, key))
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
