//! What was begun and waits for an answer. Spent by being deleted, once.

use std::sync::Arc;

use rules::tenant::Ceremony;
use rules::tenant::config::Preference;
use wire::Timestamp;
use wire::id::TenantId;

use super::record::At;
use super::{bad_json, exactly_one, from_json, unknown};
use crate::backend::{Connection, Fault, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    SELECT_CEREMONY =
        "SELECT challenge, begun, user_verification, expires_at
         FROM ceremonies WHERE tenant = $1 AND challenge = $2";
    // The tenant's revision is checked in passing: beginning a login has no event to check it in.
    OPEN_CEREMONY =
        "INSERT INTO ceremonies (tenant, challenge, begun, user_verification, expires_at)
         SELECT $1, $2, $3, $4, $5 FROM tenants WHERE id = $6 AND revision = $7";
    SPEND_CEREMONY = "DELETE FROM ceremonies WHERE tenant = $1 AND challenge = $2";
    SWEEP_CEREMONIES =
        "DELETE FROM ceremonies WHERE (tenant, challenge) IN
            (SELECT tenant, challenge FROM ceremonies WHERE expires_at <= $1
             ORDER BY expires_at LIMIT $2)";
}

impl Store {
    /// The ceremony of a tenant that waits for an answer to this challenge. From memory if this
    /// process has begun it; whoever spends it finds out whether it is still there.
    pub async fn ceremony(
        &self,
        tenant: TenantId,
        challenge: &[u8],
    ) -> Result<Option<Arc<Ceremony>>, Error> {
        let ceremonies = &self.memory().ceremonies;
        let key = (tenant, challenge.to_vec());
        if let Some(ceremony) = ceremonies.get(&key) {
            return Ok(Some(ceremony));
        }
        let epoch = ceremonies.epoch();
        let challenge = challenge.to_vec();
        let found = self.read(move |connection| {
            let rows = connection.query(&SELECT_CEREMONY, values![tenant, &challenge])?;
            rows.into_iter().next().map(ceremony).transpose()
        });
        let found = found.await?.map(Arc::new);
        if let Some(ceremony) = &found {
            ceremonies.insert(epoch, key, Arc::clone(ceremony));
        }
        Ok(found)
    }

    /// Deletes what has ended by `now`, of all tenants, and tells how many rows there were:
    /// ceremonies, and transactions settled long ago. A part at a time, so that nobody waits long
    /// behind it.
    pub async fn sweep_ended(&self, now: Timestamp) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            let part = self.sweep_part(now).await?;
            swept += part;
            if part < SWEPT_AT_ONCE {
                return Ok(swept);
            }
        }
    }
}

/// Ceremonies deleted in one transaction.
const SWEPT_AT_ONCE: u64 = 1_000;

/// Deletes some of the ceremonies that ended by `now`.
pub(crate) fn sweep(connection: &mut Connection, now: Timestamp) -> Result<u64, Fault> {
    connection.execute(&SWEEP_CEREMONIES, values![now, SWEPT_AT_ONCE])
}

fn ceremony(row: Row) -> Result<Ceremony, Error> {
    let mut row = row.fields();
    Ok(Ceremony {
        challenge: row.next()?,
        begun: from_json(&row.next::<String>()?)?,
        user_verification: preference_named(&row.next::<String>()?)?,
        expires_at: row.next()?,
    })
}

fn preference_name(preference: Preference) -> &'static str {
    match preference {
        Preference::Required => "required",
        Preference::Preferred => "preferred",
        Preference::Discouraged => "discouraged",
    }
}

fn preference_named(name: &str) -> Result<Preference, Error> {
    [
        Preference::Required,
        Preference::Preferred,
        Preference::Discouraged,
    ]
    .into_iter()
    .find(|preference| preference_name(*preference) == name)
    .ok_or_else(|| unknown(name))
}

pub(super) fn open(
    connection: &mut Connection,
    at: At,
    ceremony: &Ceremony,
) -> Result<(), Failure> {
    let opened = connection.execute(
        &OPEN_CEREMONY,
        values![
            at.tenant,
            &ceremony.challenge,
            serde_json::to_string(&ceremony.begun).map_err(bad_json)?,
            preference_name(ceremony.user_verification),
            ceremony.expires_at,
            at.tenant,
            at.revision,
        ],
    )?;
    exactly_one(opened)
}

pub(super) fn spend(
    connection: &mut Connection,
    tenant: TenantId,
    challenge: &[u8],
) -> Result<(), Failure> {
    exactly_one(connection.execute(&SPEND_CEREMONY, values![tenant, challenge])?)
}
