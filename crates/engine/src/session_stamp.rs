//! A stamp by the key of a passkey session.
//!
//! It is looked for when nobody in the addressed organisation or above has the key. What it hangs
//! on is read when the request comes, and again once the stamp is believed: a chain is asked only
//! then, so that no stranger makes us ask one.

use rules::Organisation;
use rules::tenant::PasskeyAccount;
use rules::tenant::stamp::{Addressed, credentials};
use store::{SessionRead, Stamping};
use verify::{ClaimedKey, Credential};
use wire::id::OrganisationId;
use wire::solana::Address;

use crate::Engine;
use crate::error::Error;
use crate::signer::name;

/// A session's key as a credential, and the session as it was read.
pub(crate) struct SessionFound {
    /// The credential.
    pub credential: Credential,
    /// Its session.
    pub read: SessionRead,
}

/// Who says what the account's session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The store.
    Store,
    /// The chain too, if there is one behind the account.
    Chain,
}

/// More sessions with one key and one organisation than anybody has in earnest.
const MOST: usize = 100;

impl Engine {
    /// The one session whose key a claim names and which may stamp for the organisation. Several
    /// are refused, whoever they are for (threat T45).
    pub(crate) async fn session_of_key(
        &self,
        key: ClaimedKey<'_>,
        addressed: Addressed<'_>,
        asked: Asked,
    ) -> Result<Option<SessionFound>, Error> {
        let ClaimedKey::PublicKey(bytes) = key else {
            return Ok(None);
        };
        let Ok(bytes) = <[u8; 32]>::try_from(bytes) else {
            return Ok(None);
        };
        let session_key = Address::from_bytes(bytes);
        let organisation = addressed.organisation.id;
        let limit = MOST as u64 + 1;
        let places = self
            .store
            .stamping(session_key, organisation, limit)
            .await?;
        if places.len() > MOST {
            return Err(Error::SeveralSessions(name(key)));
        }
        let mut only = None;
        for of in places {
            let Some(tenant) = self.store.tenant_as_stored(of.tenant).await? else {
                continue;
            };
            let Some(account) = self.account_of_session(of, asked).await? else {
                continue;
            };
            let Some(revision) = account.revision else {
                continue;
            };
            for credential in credentials(&session_key, &account, &tenant, addressed) {
                let read = SessionRead {
                    of,
                    tenant_revision: tenant.revision,
                    revision,
                };
                if only.replace(SessionFound { credential, read }).is_some() {
                    return Err(Error::SeveralSessions(name(key)));
                }
            }
        }
        Ok(only)
    }

    /// What an organisation is called, for the page on which somebody lets a key stamp for it.
    pub async fn organisation_name(&self, id: OrganisationId) -> Result<Option<String>, Error> {
        let organisation = self.store.organisation(id).await?;
        Ok(organisation.map(|organisation| organisation.name.clone()))
    }

    async fn account_of_session(
        &self,
        of: Stamping,
        asked: Asked,
    ) -> Result<Option<PasskeyAccount>, Error> {
        let Stamping {
            tenant,
            environment,
            address,
        } = of;
        match asked {
            Asked::Store => {
                let kept = self.store.passkey_account(tenant, environment, address);
                Ok(kept.await?)
            }
            Asked::Chain => self.account_at(tenant, environment, address).await,
        }
    }
}

/// The organisation a stamp is for, with the root whose features govern it.
pub(crate) fn addressed<'a>(
    organisation: &'a Organisation,
    parent: Option<&'a Organisation>,
) -> Addressed<'a> {
    Addressed {
        organisation,
        root: parent.unwrap_or(organisation),
    }
}
