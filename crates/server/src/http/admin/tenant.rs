//! Tenants: listed, made, shown, renamed, configured, removed.

use axum::body::Body;
use axum::http::request::Parts;
use engine::tenants::Answer;
use rules::tenant::{Command, Least};
use serde_json::json;

use super::{Visit, dialect, key};
use crate::http::tenants::call::{self, Call};
use crate::http::tenants::problem::{Deed, Problem};
use crate::http::tenants::reply::Reply;

/// `GET /tenants`.
pub(super) async fn list(visit: Visit<'_>) -> Result<Reply, Problem> {
    let tenants = visit.state.engine.tenants(visit.operator).await?;
    let objects = tenants
        .iter()
        .map(|(id, name)| json!({ "id": id, "display_name": name }));
    Ok(Reply::ok(objects.collect()))
}

/// `POST /tenants`.
pub(super) async fn create(visit: Visit<'_>, parts: &Parts, body: Body) -> Result<Reply, Problem> {
    let deed = Deed::Operate("unable to create tenant");
    let engine = &visit.state.engine;
    let id = engine.new_tenant_id()?;
    let body = call::bound(&parts.headers, body, visit.state.limits, &deed).await?;
    let made = engine
        .operate(visit.operator, id, body, visit.source, |body| {
            dialect::creation(id, body)
        })
        .await
        .map_err(|failure| Problem::failed(&deed, failure))?;
    match made.into_inner() {
        Ok(Answer::Tenant { id, key }) => {
            let mut told = json!({ "id": id });
            if let Some(key) = &key {
                told["api_key"] = key::shown_once(key);
            }
            Ok(Reply::created(told))
        }
        Ok(other) => Err(Problem::unexpected(&other)),
        Err(refusal) => Err(Problem::refused(&deed, &refusal)),
    }
}

/// `GET /tenants/{id}`.
pub(super) async fn show(call: Call<'_>) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let tenant = reader.tenant();
    Ok(Reply::ok(json!({
        "id": tenant.id,
        "display_name": tenant.name,
        "config": tenant.config,
    })))
}

/// `PUT /tenants/{id}`.
pub(super) async fn rename(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let deed = Deed::Operate("unable to update tenant");
    let body = call.bound_for(body, &deed).await?;
    done(
        call.perform(deed, OPERATOR, body, dialect::renaming)
            .await?,
    )
}

/// `PUT /tenants/{id}/config`.
pub(super) async fn configure(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let deed = Deed::Operate("unable to update tenant config");
    let body = call.bound_for(body, &deed).await?;
    let read = dialect::configuration;
    done(call.perform(deed, OPERATOR, body, read).await?)
}

/// `DELETE /tenants/{id}`. Whatever body comes along is left alone.
pub(super) async fn delete(call: Call<'_>) -> Result<Reply, Problem> {
    let deed = Deed::Operate("unable to remove tenant");
    let read = |_: &[u8]| Ok(Command::DeleteTenant);
    done(call.perform(deed, OPERATOR, Vec::new(), read).await?)
}

/// What every command here asks for.
pub(super) const OPERATOR: Least = Least::Operator;

/// 204 for what was done.
pub(super) fn done(answer: Answer) -> Result<Reply, Problem> {
    match answer {
        Answer::Done => Ok(Reply::nothing()),
        other => Err(Problem::unexpected(&other)),
    }
}
