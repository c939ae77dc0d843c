//! The credentials of a tenant's users.

use std::sync::Arc;

use rules::tenant::{Passkey, Purpose};
use wire::id::{TenantId, TenantUserId};

use super::{Listed, Page, bad_json, exactly_one, from_json, is_storable, unknown};
use crate::backend::{Connection, Row, values};
use crate::record::Failure;
use crate::sql::statements;
use crate::{Error, Store};

/// The columns a credential is read from, and its owner's name.
macro_rules! passkeys {
    ($rest:expr) => {
        concat!(
            "SELECT p.credential_id, p.owner, u.user_id, p.public_key, p.name,
                    p.attestation_format, p.aaguid, p.transports, p.purpose, p.backup_eligible,
                    p.backup_state, p.sign_count, p.revision, p.created_at, p.last_used_at
             FROM passkeys p JOIN tenant_users u ON u.tenant = p.tenant AND u.id = p.owner
             WHERE p.tenant = $1 AND ",
            $rest
        )
    };
}

statements! {
    SELECT_PASSKEY = passkeys!("p.credential_id = $2");
    SELECT_OF_OWNER = passkeys!("p.owner = $2 ORDER BY p.created_at, p.credential_id");
    // `$2` must appear even where nothing is asked of it, so that the places stay the same.
    LIST_NEWEST = passkeys!(
        "CAST($2 AS TEXT) = '' ORDER BY p.created_at DESC, p.credential_id DESC
         LIMIT $3 OFFSET $4");
    LIST_OLDEST = passkeys!(
        "CAST($2 AS TEXT) = '' ORDER BY p.created_at, p.credential_id LIMIT $3 OFFSET $4");
    LIST_NEWEST_OF_USER = passkeys!(
        "u.user_id = $2 ORDER BY p.created_at DESC, p.credential_id DESC LIMIT $3 OFFSET $4");
    LIST_OLDEST_OF_USER = passkeys!(
        "u.user_id = $2 ORDER BY p.created_at, p.credential_id LIMIT $3 OFFSET $4");
    COUNT_PASSKEYS =
        "SELECT COUNT(*) FROM passkeys WHERE tenant = $1 AND CAST($2 AS TEXT) = ''";
    COUNT_OF_USER =
        "SELECT COUNT(*) FROM passkeys p
         JOIN tenant_users u ON u.tenant = p.tenant AND u.id = p.owner
         WHERE p.tenant = $1 AND u.user_id = $2";
    INSERT_PASSKEY =
        "INSERT INTO passkeys
            (tenant, credential_id, owner, public_key, name, attestation_format, aaguid,
             transports, purpose, backup_eligible, backup_state, sign_count, revision, created_at,
             last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    // What is fixed for a credential's life is compared, not written.
    UPDATE_PASSKEY =
        "UPDATE passkeys SET name = $1, transports = $2, backup_state = $3, sign_count = $4,
                last_used_at = $5, revision = revision + 1
         WHERE tenant = $6 AND credential_id = $7 AND revision = $8 AND owner = $9
           AND public_key = $10 AND backup_eligible = $11";
    DELETE_PASSKEY =
        "DELETE FROM passkeys WHERE tenant = $1 AND credential_id = $2 AND revision = $3";
}

impl Store {
    /// The credential of a tenant with this id, as it was last read: from memory where it is
    /// there. Where other processes write to the same database it may have changed since, and
    /// then a batch that changes it is a conflict.
    pub async fn passkey(
        &self,
        tenant: TenantId,
        credential_id: &[u8],
    ) -> Result<Option<Arc<Passkey>>, Error> {
        let passkeys = &self.memory().passkeys;
        let key = (tenant, credential_id.to_vec());
        if let Some(passkey) = passkeys.get(&key) {
            return Ok(Some(passkey));
        }
        let epoch = passkeys.epoch();
        let found = self.passkey_as_stored(tenant, credential_id).await?;
        let found = found.map(Arc::new);
        if let Some(passkey) = &found {
            passkeys.insert(epoch, key, Arc::clone(passkey));
        }
        Ok(found)
    }

    /// The credential of a tenant with this id as it is now, for reads that reveal it.
    pub async fn passkey_as_stored(
        &self,
        tenant: TenantId,
        credential_id: &[u8],
    ) -> Result<Option<Passkey>, Error> {
        let credential_id = credential_id.to_vec();
        self.read(move |connection| {
            let rows = connection.query(&SELECT_PASSKEY, values![tenant, &credential_id])?;
            rows.into_iter().next().map(passkey).transpose()
        })
        .await
    }

    /// The credentials of a user, oldest first.
    pub async fn passkeys_of(
        &self,
        tenant: TenantId,
        owner: TenantUserId,
    ) -> Result<Vec<Passkey>, Error> {
        self.read(move |connection| {
            let rows = connection.query(&SELECT_OF_OWNER, values![tenant, owner])?;
            rows.into_iter().map(passkey).collect()
        })
        .await
    }

    /// The credentials of a tenant, or of one of its users as the tenant calls them, by the time
    /// of their registration.
    pub async fn passkeys(
        &self,
        tenant: TenantId,
        user_id: Option<&str>,
        page: Page,
        newest_first: bool,
    ) -> Result<Listed<Passkey>, Error> {
        if !user_id.is_none_or(is_storable) {
            return Ok(Listed::nothing());
        }
        let (list, count) = match (user_id, newest_first) {
            (None, true) => (&LIST_NEWEST, &COUNT_PASSKEYS),
            (None, false) => (&LIST_OLDEST, &COUNT_PASSKEYS),
            (Some(_), true) => (&LIST_NEWEST_OF_USER, &COUNT_OF_USER),
            (Some(_), false) => (&LIST_OLDEST_OF_USER, &COUNT_OF_USER),
        };
        let user_id = user_id.unwrap_or_default().to_owned();
        self.read_at_length(move |connection| {
            let values = values![tenant, &user_id, page.size, page.offset()];
            let rows = connection.query(list, values)?;
            let count = connection.query(count, values![tenant, &user_id])?.pop();
            Ok(Listed {
                items: rows.into_iter().map(passkey).collect::<Result<_, _>>()?,
                total: count.map_or(Ok(0), |row| row.only())?,
            })
        })
        .await
    }
}

fn passkey(row: Row) -> Result<Passkey, Error> {
    let mut row = row.fields();
    Ok(Passkey {
        credential_id: row.next()?,
        owner: row.next()?,
        user_id: row.next()?,
        public_key: row.next()?,
        name: row.next()?,
        attestation_format: row.next()?,
        aaguid: row.next()?,
        transports: from_json(&row.next::<String>()?)?,
        purpose: purpose_named(&row.next::<String>()?)?,
        backup_eligible: row.next()?,
        backup_state: row.next()?,
        sign_count: u32::try_from(row.next::<u64>()?)
            .map_err(|_| Error::Damaged("a signature counter is too large".to_owned()))?,
        revision: row.next()?,
        created_at: row.next()?,
        last_used_at: row.next()?,
    })
}

fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Passkey => "passkey",
        Purpose::Mfa => "mfa",
        Purpose::Payment => "payment",
    }
}

fn purpose_named(name: &str) -> Result<Purpose, Error> {
    [Purpose::Passkey, Purpose::Mfa, Purpose::Payment]
        .into_iter()
        .find(|purpose| purpose_name(*purpose) == name)
        .ok_or_else(|| unknown(name))
}

pub(super) fn insert(
    connection: &mut Connection,
    tenant: TenantId,
    passkey: &Passkey,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_PASSKEY,
        values![
            tenant,
            &passkey.credential_id,
            passkey.owner,
            &passkey.public_key,
            passkey.name.as_ref(),
            &passkey.attestation_format,
            &passkey.aaguid,
            serde_json::to_string(&passkey.transports).map_err(bad_json)?,
            purpose_name(passkey.purpose),
            passkey.backup_eligible,
            passkey.backup_state,
            u64::from(passkey.sign_count),
            passkey.revision,
            passkey.created_at,
            passkey.last_used_at,
        ],
    )?;
    Ok(())
}

pub(super) fn update(
    connection: &mut Connection,
    tenant: TenantId,
    passkey: &Passkey,
) -> Result<(), Failure> {
    let changed = connection.execute(
        &UPDATE_PASSKEY,
        values![
            passkey.name.as_ref(),
            serde_json::to_string(&passkey.transports).map_err(bad_json)?,
            passkey.backup_state,
            u64::from(passkey.sign_count),
            passkey.last_used_at,
            tenant,
            &passkey.credential_id,
            passkey.revision,
            passkey.owner,
            &passkey.public_key,
            passkey.backup_eligible,
        ],
    )?;
    exactly_one(changed)
}

pub(super) fn delete(
    connection: &mut Connection,
    tenant: TenantId,
    passkey: &Passkey,
) -> Result<(), Failure> {
    let key = values![tenant, &passkey.credential_id, passkey.revision];
    exactly_one(connection.execute(&DELETE_PASSKEY, key)?)
}
