//! Finding organisations by what somebody presents.

use verify::ClaimedKey;
use wire::id::OrganisationId;

use crate::backend::values;
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    HOMES_OF_API_KEY =
        "SELECT DISTINCT organisation FROM api_keys WHERE public_key = $1
         ORDER BY organisation LIMIT 100";
    HOMES_OF_API_KEY_BELOW =
        "SELECT DISTINCT k.organisation FROM api_keys k
         JOIN organisations o ON o.id = k.organisation
         WHERE k.public_key = $1 AND o.parent = $2 ORDER BY k.organisation LIMIT 100";
    HOMES_OF_PASSKEY =
        "SELECT DISTINCT organisation FROM authenticators WHERE credential_id = $1
         ORDER BY organisation LIMIT 100";
    HOMES_OF_PASSKEY_BELOW =
        "SELECT DISTINCT k.organisation FROM authenticators k
         JOIN organisations o ON o.id = k.organisation
         WHERE k.credential_id = $1 AND o.parent = $2 ORDER BY k.organisation LIMIT 100";
    ANY_ORGANISATION = "SELECT id FROM organisations LIMIT 1";
}

impl Store {
    /// The organisations in which a credential is registered: all, or those directly below
    /// `parent`; at most a hundred. More than one is for the caller to refuse (threat T45).
    pub async fn homes_of(
        &self,
        key: ClaimedKey<'_>,
        parent: Option<OrganisationId>,
    ) -> Result<Vec<OrganisationId>, Error> {
        let (anywhere, below, bytes) = match key {
            ClaimedKey::PublicKey(bytes) => (&HOMES_OF_API_KEY, &HOMES_OF_API_KEY_BELOW, bytes),
            ClaimedKey::CredentialId(bytes) => (&HOMES_OF_PASSKEY, &HOMES_OF_PASSKEY_BELOW, bytes),
        };
        let bytes = bytes.to_vec();
        let found = self.read(move |connection| {
            let rows = match parent {
                None => connection.query(anywhere, values![&bytes])?,
                Some(parent) => connection.query(below, values![&bytes, parent])?,
            };
            rows.into_iter().map(|row| row.only()).collect()
        });
        found.await
    }

    /// Whether no organisation has been founded yet.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        self.read(|connection| Ok(connection.query(&ANY_ORGANISATION, &[])?.is_empty()))
            .await
    }
}
