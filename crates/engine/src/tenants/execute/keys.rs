//! Tenants and their keys.

use rules::tenant::{ApiSecret, Config, Tenant, TenantChange, TokenKey};
use serde_json::json;
use vault::TokenKeyRow;
use verify::tenant::hash_secret;
use wire::Timestamp;
use wire::encoding::base64;
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TokenKeyId};
use zeroize::Zeroizing;

use super::Executed;
use crate::error::Error;
use crate::tenants::answer::{Answer, NewSecret};
use crate::{Engine, entropy};

impl Engine {
    pub(super) fn create_tenant(
        &self,
        id: TenantId,
        name: String,
        config: Config,
        with_key: bool,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let token_key = self.new_token_key(id, "Initial JWK Key".to_owned(), &config, now)?;
        let first = match with_key {
            true => Some(new_secret("Initial API Key".to_owned(), None, now)?),
            false => None,
        };
        let (secrets, key) = match first {
            Some((row, secret)) => (vec![row], Some(secret)),
            None => (Vec::new(), None),
        };
        let tenant = Tenant {
            id,
            name,
            config,
            secrets,
            token_keys: vec![token_key],
            revision: 0,
            created_at: now,
            updated_at: now,
        };
        let detail = json!({ "name": tenant.name, "config": tenant.config });
        let change = TenantChange::InsertTenant(Box::new(tenant));
        Ok(Executed::new(Answer::Tenant { id, key }, vec![change]).with(detail))
    }

    /// Makes a key that signs tokens from now on. For RS256 this takes tens of milliseconds.
    pub(super) fn new_token_key(
        &self,
        tenant: TenantId,
        name: String,
        config: &Config,
        created_at: Timestamp,
    ) -> Result<TokenKey, Error> {
        let id = TokenKeyId::from_random(entropy::sixteen()?);
        let row = TokenKeyRow { tenant, key: id };
        let algorithm = config.token_algorithm();
        let (sealed, public) =
            self.vault
                .create_token_key(&row, algorithm, &mut entropy::System)?;
        Ok(TokenKey {
            id,
            name,
            algorithm,
            public,
            sealed,
            created_at,
        })
    }
}

/// An API key: 64 random bytes in padded base64url, 88 characters.
pub(super) fn new_secret(
    name: String,
    environment: Option<Environment>,
    now: Timestamp,
) -> Result<(ApiSecret, NewSecret), Error> {
    let bytes = Zeroizing::new(entropy::bytes::<64>()?);
    let plain = Zeroizing::new(base64::encode(*bytes));
    let secret = Zeroizing::new(plain.replace('+', "-").replace('/', "_"));
    let id = TenantSecretId::from_random(entropy::sixteen()?);
    let row = ApiSecret {
        id,
        name: name.clone(),
        hash: hash_secret(&secret),
        environment,
        created_at: now,
    };
    let shown = NewSecret {
        id,
        name,
        secret,
        environment,
        created_at: now,
    };
    Ok((row, shown))
}
