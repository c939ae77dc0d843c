//! Tenants as one value, at one revision: name, configuration and keys.

use std::sync::Arc;

use rules::tenant::{ApiSecret, Config, Tenant, TokenKey};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TokenKeyId};
use wire::token::PublicJwk;

use super::record::At;
use super::sending::environment;
use super::{bad_json, exactly_one, from_json};
use crate::backend::{Connection, Fields, values};
use crate::record::{CONFLICT, Failure};
use crate::sql::statements;
use crate::{Error, Store};

statements! {
    SELECT_REVISION = "SELECT revision FROM tenants WHERE id = $1";
    SELECT_TENANT =
        "SELECT name, config, revision, created_at, updated_at FROM tenants WHERE id = $1";
    SELECT_SECRETS =
        "SELECT id, name, hash, environment, created_at FROM tenant_secrets
         WHERE tenant = $1 ORDER BY created_at, id";
    SELECT_TOKEN_KEYS =
        "SELECT id, name, algorithm, public, sealed, created_at FROM token_keys
         WHERE tenant = $1 ORDER BY created_at, id";
    SELECT_TENANTS = "SELECT id, name FROM tenants ORDER BY created_at, id";
    RAISE_REVISION = "UPDATE tenants SET revision = revision + 1 WHERE id = $1 AND revision = $2";
    INSERT_TENANT =
        "INSERT INTO tenants (id, name, config, revision, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    UPDATE_TENANT = "UPDATE tenants SET name = $1, config = $2, updated_at = $3 WHERE id = $4";
    DELETE_TENANT = "DELETE FROM tenants WHERE id = $1 AND revision = $2";
    INSERT_SECRET =
        "INSERT INTO tenant_secrets (tenant, id, name, hash, environment, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    // Secrets are random: two tenants with one would be one's doing.
    TENANTS_OF_SECRET = "SELECT tenant FROM tenant_secrets WHERE hash = $1 LIMIT 2";
    DELETE_SECRET = "DELETE FROM tenant_secrets WHERE tenant = $1 AND id = $2";
    INSERT_TOKEN_KEY =
        "INSERT INTO token_keys (tenant, id, name, algorithm, public, sealed, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    DELETE_TOKEN_KEY = "DELETE FROM token_keys WHERE tenant = $1 AND id = $2";
}

impl Store {
    /// The tenant whose API key has this hash, for calls that name no tenant.
    pub async fn tenant_of_secret(&self, hash: &[u8; 32]) -> Result<Option<TenantId>, Error> {
        let hash = *hash;
        self.read(move |connection| {
            let rows = connection.query(&TENANTS_OF_SECRET, values![&hash])?;
            match <[_; 1]>::try_from(rows) {
                Ok([row]) => row.only().map(Some),
                Err(_) => Ok(None),
            }
        })
        .await
    }

    /// A tenant as it was last read, from memory where it is there.
    ///
    /// Where other processes write to the same database it may have changed since: whatever is
    /// decided on it is recorded only if it has not. What reveals something without recording
    /// anything asks [`tenant_as_stored`](Self::tenant_as_stored).
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        match self.memory().tenants.get(&id) {
            Some(tenant) => Ok(Some(tenant)),
            None => self.tenant_as_stored(id).await,
        }
    }

    /// Whether [`tenant`](Self::tenant) needs no query for it.
    pub fn remembers_tenant(&self, id: TenantId) -> bool {
        self.memory().tenants.get(&id).is_some()
    }

    /// A tenant as it is now, whoever changed it last. At most one short query if it has not
    /// changed, and none where this process alone writes.
    pub async fn tenant_as_stored(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        let tenants = &self.memory().tenants;
        let cached = tenants.get(&id);
        if cached.is_some() && self.writes_alone() {
            return Ok(cached);
        }
        let epoch = tenants.epoch();
        let remembered = cached.as_ref().map(|tenant| tenant.revision);
        let found = self.read(move |connection| look(connection, id, remembered));
        Ok(match found.await? {
            Found::Nothing => {
                // Only what was there: who asks for what never was must not keep others from
                // being remembered.
                if cached.is_some() {
                    tenants.forget(&id);
                }
                None
            }
            Found::AsRemembered => cached,
            Found::Newer(tenant) => {
                let tenant = Arc::new(*tenant);
                tenants.insert(epoch, id, Arc::clone(&tenant));
                Some(tenant)
            }
        })
    }

    /// Every tenant with its name, oldest first.
    pub async fn tenants(&self) -> Result<Vec<(TenantId, String)>, Error> {
        self.read(|connection| {
            let rows = connection.query(&SELECT_TENANTS, &[])?.into_iter();
            rows.map(|row| {
                let mut row = row.fields();
                Ok((row.next()?, row.next()?))
            })
            .collect()
        })
        .await
    }
}

enum Found {
    Nothing,
    AsRemembered,
    Newer(Box<Tenant>),
}

fn look(
    connection: &mut Connection,
    id: TenantId,
    remembered: Option<u64>,
) -> Result<Found, Error> {
    if remembered.is_some() && stored_revision(connection, id)? == remembered {
        return Ok(Found::AsRemembered);
    }
    // Several queries, which must all see the same moment.
    connection.begin_reading()?;
    let loaded = load(connection, id);
    connection.rollback()?;
    Ok(loaded?.map_or(Found::Nothing, |tenant| Found::Newer(Box::new(tenant))))
}

fn load(connection: &mut Connection, id: TenantId) -> Result<Option<Tenant>, Error> {
    let Some(row) = connection.query(&SELECT_TENANT, values![id])?.pop() else {
        return Ok(None);
    };
    let mut row = row.fields();
    let secrets = connection.query(&SELECT_SECRETS, values![id])?;
    let token_keys = connection.query(&SELECT_TOKEN_KEYS, values![id])?;
    Ok(Some(Tenant {
        id,
        name: row.next()?,
        config: from_json(&row.next::<String>()?)?,
        secrets: secrets
            .into_iter()
            .map(|row| secret(&mut row.fields()))
            .collect::<Result<_, _>>()?,
        token_keys: token_keys
            .into_iter()
            .map(|row| token_key(&mut row.fields()))
            .collect::<Result<_, _>>()?,
        revision: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    }))
}

fn secret(row: &mut Fields) -> Result<ApiSecret, Error> {
    Ok(ApiSecret {
        id: row.next()?,
        name: row.next()?,
        hash: row.next()?,
        environment: row
            .next::<Option<String>>()?
            .as_deref()
            .map(environment)
            .transpose()?,
        created_at: row.next()?,
    })
}

fn token_key(row: &mut Fields) -> Result<TokenKey, Error> {
    Ok(TokenKey {
        id: row.next()?,
        name: row.next()?,
        algorithm: row.parse()?,
        public: PublicJwk::from_json(&row.next::<String>()?)
            .map_err(|error| Error::Damaged(error.to_string()))?,
        sealed: row.next()?,
        created_at: row.next()?,
    })
}

fn stored_revision(connection: &mut Connection, id: TenantId) -> Result<Option<u64>, Error> {
    let row = connection.query(&SELECT_REVISION, values![id])?.pop();
    row.map(|row| row.only()).transpose()
}

pub(super) fn check_revision(connection: &mut Connection, at: At) -> Result<(), Failure> {
    match stored_revision(connection, at.tenant)? {
        Some(revision) if revision == at.revision => Ok(()),
        Some(_) | None => Err(CONFLICT),
    }
}

pub(super) fn raise_revision(connection: &mut Connection, at: At) -> Result<(), Failure> {
    exactly_one(connection.execute(&RAISE_REVISION, values![at.tenant, at.revision])?)
}

pub(super) fn insert(connection: &mut Connection, tenant: &Tenant) -> Result<(), Failure> {
    connection.execute(
        &INSERT_TENANT,
        values![
            tenant.id,
            &tenant.name,
            serde_json::to_string(&tenant.config).map_err(bad_json)?,
            tenant.revision,
            tenant.created_at,
            tenant.updated_at,
        ],
    )?;
    for secret in &tenant.secrets {
        insert_secret(connection, tenant.id, secret)?;
    }
    for key in &tenant.token_keys {
        insert_token_key(connection, tenant.id, key)?;
    }
    Ok(())
}

pub(super) fn update(
    connection: &mut Connection,
    tenant: TenantId,
    name: &str,
    config: &Config,
    at: Timestamp,
) -> Result<(), Failure> {
    let values = values![
        name,
        serde_json::to_string(config).map_err(bad_json)?,
        at,
        tenant
    ];
    exactly_one(connection.execute(&UPDATE_TENANT, values)?)
}

pub(super) fn delete(connection: &mut Connection, at: At) -> Result<(), Failure> {
    exactly_one(connection.execute(&DELETE_TENANT, values![at.tenant, at.revision])?)
}

pub(super) fn insert_secret(
    connection: &mut Connection,
    tenant: TenantId,
    secret: &ApiSecret,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_SECRET,
        values![
            tenant,
            secret.id,
            &secret.name,
            &secret.hash,
            secret.environment.map(Environment::name),
            secret.created_at
        ],
    )?;
    Ok(())
}

pub(super) fn delete_secret(
    connection: &mut Connection,
    tenant: TenantId,
    id: TenantSecretId,
) -> Result<(), Failure> {
    exactly_one(connection.execute(&DELETE_SECRET, values![tenant, id])?)
}

pub(super) fn insert_token_key(
    connection: &mut Connection,
    tenant: TenantId,
    key: &TokenKey,
) -> Result<(), Failure> {
    connection.execute(
        &INSERT_TOKEN_KEY,
        values![
            tenant,
            key.id,
            &key.name,
            key.algorithm.as_str(),
            key.public.to_json(),
            &key.sealed,
            key.created_at,
        ],
    )?;
    Ok(())
}

pub(super) fn delete_token_key(
    connection: &mut Connection,
    tenant: TenantId,
    id: TokenKeyId,
) -> Result<(), Failure> {
    exactly_one(connection.execute(&DELETE_TOKEN_KEY, values![tenant, id])?)
}
