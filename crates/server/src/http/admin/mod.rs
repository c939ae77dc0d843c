//! The admin API: the tenants of the Passkey API, as the operator tends them.
//!
//! It is served on a listener of its own. A request is judged in this order: is it for us, does it
//! show the operator's token, is there such a path, is there such a tenant, can the body be read;
//! and only then what it asks for. Nobody gets past the second step without an
//! [`Operator`], which the engine asks for as well. There is no CORS: a page has no business here.

mod account;
mod dialect;
mod fields;
mod gate;
mod key;
mod network;
mod route;
mod status;
mod tenant;
mod user;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use rules::tenant::Source;
use verify::tenant::Operator;
use wire::id::TenantId;

use self::gate::Turned;
use self::route::Task;
use super::client_ip::client_ip;
use super::tenants::call::Call;
use super::tenants::problem::Problem;
use super::tenants::reply::{self, Reply};
use super::tenants::{audit, credential, payment, peer, refused, request_id, user_agent};

pub use gate::Gate;
pub use route::routes;

/// What every request meets.
struct Admin {
    state: Arc<super::State>,
    gate: Gate,
}

/// The whole API, behind its gate.
pub fn router(state: Arc<super::State>, gate: Gate) -> Router {
    let admin = Arc::new(Admin { state, gate });
    Router::new().fallback(answer).with_state(admin)
}

async fn answer(State(admin): State<Arc<Admin>>, request: Request) -> Response {
    let (method, request_id) = (request.method().clone(), request_id(request.headers()));
    let mut response = match enter(&admin, request, &request_id).await {
        Ok(response) => response,
        Err(problem) => refused(problem),
    };
    reply::seal(&mut response, &method, &request_id);
    let code = response.status().as_str().to_owned();
    metrics::counter!("zegel_requests_total", "route" => "admin", "code" => code).increment(1);
    response
}

/// Up to where it is known who asks, and for what.
async fn enter(admin: &Admin, request: Request, request_id: &str) -> Result<Response, Problem> {
    let state = &*admin.state;
    let (parts, body) = request.into_parts();
    let (headers, target) = (&parts.headers, &parts.uri);
    admin.gate.check_host(headers, target).map_err(turned)?;
    if let Some(health) = status::health(state, &parts.method, target.path()).await {
        return Ok(health);
    }
    let peer = peer(&parts.extensions);
    let client = client_ip(peer, headers, &state.tenants.trusted_proxies);
    let operator = admin.gate.operator(headers, client).map_err(|away| {
        if away == Turned::Away {
            tracing::warn!(%client, "the admin API was asked without its token");
        }
        turned(away)
    })?;
    let found = route::find(&parts.method, target.path()).ok_or_else(Problem::not_found)?;
    let source = Source::new(&client.to_string(), &user_agent(headers), request_id);
    let visit = Visit {
        state,
        operator,
        source,
    };
    let Some((tenant, ids)) = found.ids.split_first() else {
        return match found.task {
            Task::Status => Ok(status::page(state).await),
            Task::Networks => Ok(network::list(state).await.into_response()),
            Task::CreateTenant => {
                let reply = tenant::create(visit, &parts, body).await?;
                Ok(reply.into_response())
            }
            _ => Ok(tenant::list(visit).await?.into_response()),
        };
    };
    let id = TenantId::parse_lenient(tenant).ok_or_else(Problem::not_a_tenant)?;
    let known = state.engine.tenant(id).await?;
    let known = known.ok_or_else(Problem::no_tenant)?;
    let call = Call::of_operator(state, known, operator, visit.source, peer, parts);
    let id = ids.first().map(String::as_str).unwrap_or_default();
    Ok(dispatch(found.task, call, body, id).await?.into_response())
}

/// A request that is not about a tenant that is there.
struct Visit<'a> {
    state: &'a super::State,
    operator: Operator,
    source: Source,
}

async fn dispatch(task: Task, call: Call<'_>, body: Body, id: &str) -> Result<Reply, Problem> {
    match task {
        Task::Status | Task::Networks | Task::ListTenants | Task::CreateTenant => {
            Err(Problem::not_found())
        }
        Task::ShowTenant => tenant::show(call).await,
        Task::RenameTenant => tenant::rename(call, body).await,
        Task::DeleteTenant => tenant::delete(call).await,
        Task::ConfigureTenant => tenant::configure(call, body).await,
        Task::AuditLogs => audit::list(call).await,
        Task::ListApiKeys => key::list_api_keys(call).await,
        Task::CreateApiKey => key::create_api_key(call, body).await,
        Task::DeleteApiKey => key::delete_api_key(call, id).await,
        Task::ListTokenKeys => key::list_token_keys(call).await,
        Task::CreateTokenKey => key::create_token_key(call, body).await,
        Task::DeleteTokenKey => key::delete_token_key(call, id).await,
        Task::ListUsers => user::list(call).await,
        Task::ShowUser => user::show(call, id).await,
        Task::DeleteUser => user::delete(call, id).await,
        Task::ListCredentials => credential::list(call).await,
        Task::ShowCredential => credential::show(call, id).await,
        Task::RenameCredential => credential::rename(call, body, id).await,
        Task::DeleteCredential => credential::delete(call, id).await,
        Task::ListTransactions => payment::list(call).await,
        Task::ShowTransaction => payment::show(call, id).await,
        Task::CancelTransaction => payment::cancel(call, id).await,
        Task::Receipt => payment::receipt(call, id).await,
        Task::ListAccounts => account::list(call).await,
        Task::RevokeSession => account::revoke(call, id).await,
    }
}

fn turned(turned: Turned) -> Problem {
    match turned {
        Turned::Astray => Problem::another_host(),
        Turned::Away => Problem::not_the_operator(),
        Turned::AwayForNow(wait) => wait.into(),
    }
}
