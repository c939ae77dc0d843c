//! The keys of a tenant: API keys, and the token keys that the protocol calls JWK secrets.
//!
//! Of an API key only the hash is known once it has been shown, and what the protocol calls the
//! secret of a JWK there is none of. Lists have the member `secret` all the same, empty: clients
//! look for it.

use axum::body::Body;
use engine::tenants::{Answer, NewSecret};
use rules::tenant::{ApiSecret, Command, TokenKey};
use serde_json::{Value, json};

use super::dialect;
use super::tenant::{OPERATOR, done};
use crate::http::instant::rfc3339;
use crate::http::tenants::call::Call;
use crate::http::tenants::problem::{Deed, Problem};
use crate::http::tenants::reply::Reply;

/// `GET /tenants/{id}/secrets/api`.
pub(super) async fn list_api_keys(call: Call<'_>) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    Ok(Reply::ok(
        reader.tenant().secrets.iter().map(api_key).collect(),
    ))
}

/// `POST /tenants/{id}/secrets/api`.
pub(super) async fn create_api_key(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let body = call.bound_for(body, &CREATE).await?;
    match call
        .perform(CREATE, OPERATOR, body, dialect::api_key)
        .await?
    {
        Answer::Secret(key) => Ok(Reply::created(shown_once(&key))),
        other => Err(Problem::unexpected(&other)),
    }
}

/// `DELETE /tenants/{id}/secrets/api/{secret_id}`.
pub(super) async fn delete_api_key(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let key = id.parse().map_err(|_| no_id())?;
    delete(call, Command::DeleteSecret { id: key }, id).await
}

/// `GET /tenants/{id}/secrets/jwk`.
pub(super) async fn list_token_keys(call: Call<'_>) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let tenant = reader.tenant();
    let signing = tenant.signing_key().map(|key| key.id);
    let objects = tenant
        .token_keys
        .iter()
        .map(|key| token_key(key, signing == Some(key.id)));
    Ok(Reply::ok(objects.collect()))
}

/// `POST /tenants/{id}/secrets/jwk`.
pub(super) async fn create_token_key(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let body = call.bound_for(body, &CREATE).await?;
    match call
        .perform(CREATE, OPERATOR, body, dialect::token_key)
        .await?
    {
        Answer::TokenKey(key) => Ok(Reply::created(token_key(&key, true))),
        other => Err(Problem::unexpected(&other)),
    }
}

/// `DELETE /tenants/{id}/secrets/jwk/{secret_id}`.
pub(super) async fn delete_token_key(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let key = id.parse().map_err(|_| no_id())?;
    delete(call, Command::DeleteTokenKey { id: key }, id).await
}

const CREATE: Deed = Deed::Operate("unable to create key");
const REMOVE: &str = "unable to remove key";

async fn delete(call: Call<'_>, command: Command, id: &str) -> Result<Reply, Problem> {
    let read = |_: &[u8]| Ok(command.clone());
    let deed = Deed::RemoveKey(id.to_owned());
    done(call.perform(deed, OPERATOR, Vec::new(), read).await?)
}

/// In the words clients know, who have a name for the field that no body has.
fn no_id() -> Problem {
    Problem::bad_request(REMOVE, "SecretId must be a valid uuid4")
}

/// An API key that was just made.
pub(super) fn shown_once(key: &NewSecret) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "secret": *key.secret,
        "environment": key.environment,
        "created_at": rfc3339(key.created_at),
    })
}

fn api_key(key: &ApiSecret) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "secret": "",
        "environment": key.environment,
        "created_at": rfc3339(key.created_at),
    })
}

fn token_key(key: &TokenKey, is_signing: bool) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "secret": "",
        "created_at": rfc3339(key.created_at),
        "algorithm": key.algorithm,
        "is_signing": is_signing,
    })
}
