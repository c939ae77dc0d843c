//! Passkey sessions: an app opens one, the passkey's owner answers it on a page, and a session key
//! may act for the passkey's account until it ends.
//!
//! Two generations of clients are served below `/api/v1` and `/api/grid/v1`. Callers show an API
//! key of their tenant; pages, which have none, name the tenant and bring an answer that proves
//! itself.

mod accounts;
mod advice;
mod answer;
mod call;
mod caller;
mod dialect;
mod idempotency;
mod members;
mod problem;

use std::sync::Arc;

use axum::body::Body as HttpBody;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rules::tenant::{SessionAction, Source};

use self::call::Call;
use self::caller::{environment, tenant};
use self::dialect::Body;
use self::problem::Problem;
use super::client_ip::client_ip;
use super::tenants::call::bearer;
use super::tenants::{cors, peer, reply, request_id, user_agent};
use super::{State, intake};

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route<'a> {
    Open(Option<SessionAction>),
    Bind(Option<SessionAction>, Shape),
    Sign,
    Account(&'a str),
    Accounts,
    Passkeys(&'a str),
    Revoke(&'a str),
    Prepare(&'a str),
    Submit(&'a str),
    AddPasskey(&'a str),
    RemovePasskey(&'a str, &'a str),
    Unknown,
}

/// How an account is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// With its session.
    Bound,
    /// As an account of the newer generation.
    Whole,
}

/// What follows the base path of either generation. Clients append it to the address they are
/// given, so one that ends in a slash makes two.
pub(super) fn addressed(path: &str) -> Option<&str> {
    let path = path
        .strip_prefix('/')
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path);
    let newer = path.strip_prefix("/api/grid/v1/");
    newer.or_else(|| path.strip_prefix("/api/v1/"))
}

fn route<'a>(method: &Method, path: &'a str) -> Route<'a> {
    use SessionAction as A;
    let parts: Vec<&str> = path.split('/').collect();
    match (method.as_str(), &parts[..]) {
        ("POST", ["passkeys"]) => Route::Open(None),
        ("POST", ["passkeys", "auth"]) => Route::Open(Some(A::Auth)),
        ("GET", ["passkeys", "find"]) => Route::Open(Some(A::Find)),
        // Ours: the protocol knows one chain.
        ("POST", ["passkeys", "sign"]) => Route::Sign,
        ("POST", ["passkeys", "submit" | "submit-passkey-session"]) => {
            Route::Bind(None, Shape::Bound)
        }
        ("POST", ["passkeys", "find" | "externally-signed-account"]) => {
            Route::Bind(Some(A::Find), Shape::Bound)
        }
        ("POST", ["passkeys", "account"]) => Route::Bind(Some(A::Create), Shape::Whole),
        ("GET", ["passkeys", "account" | "externally-signed-account", address]) => {
            Route::Account(address)
        }
        ("GET", ["accounts", address, "passkeys"]) => Route::Passkeys(address),
        // Ours: whoever keeps users knows their addresses, and nobody else does.
        ("GET", ["passkeys", "accounts"]) => Route::Accounts,
        // Ours: the protocol only waits for a session to end.
        ("DELETE", ["passkeys", "account", address, "session"]) => Route::Revoke(address),
        ("POST", ["accounts", address, "passkeys", "transaction"]) => Route::AddPasskey(address),
        ("DELETE", ["accounts", address, "passkeys", passkey, "transaction"]) => {
            Route::RemovePasskey(address, passkey)
        }
        ("POST", ["accounts", address, "transactions"]) => Route::Prepare(address),
        ("POST", ["accounts", address, "submit"]) => Route::Submit(address),
        _ => Route::Unknown,
    }
}

/// Answers a call below a base path.
pub(super) async fn answer(state: &Arc<State>, path: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = request_id(&parts.headers);
    let route = route(&parts.method, path);
    let mut headers = HeaderMap::new();
    let mut response = if parts.method == Method::OPTIONS {
        preflight()
    } else {
        match enter(state, route, &parts, body, &request_id, &mut headers).await {
            Ok(response) => response,
            Err(problem) => problem.into_answer(state.engine.clock().now(), &request_id),
        }
    };
    response.headers_mut().extend(headers);
    reply::seal(&mut response, &parts.method, &request_id);
    let code = response.status().as_str().to_owned();
    metrics::counter!("zegel_requests_total", "route" => "passkey_sessions", "code" => code)
        .increment(1);
    response
}

/// Any page may ask whether it may ask. Which may read an answer depends on the tenant, which is
/// not known yet; there are no cookies to ride on (threat T55).
fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-grid-environment, x-idempotency-key, x-squads-network",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn enter(
    state: &Arc<State>,
    route: Route<'_>,
    parts: &Parts,
    body: HttpBody,
    request_id: &str,
    headers: &mut HeaderMap,
) -> Result<Response, Problem> {
    if route == Route::Unknown {
        return Err(Problem::not_found());
    }
    let doors = &state.tenants;
    let client = client_ip(
        peer(&parts.extensions),
        &parts.headers,
        &doors.trusted_proxies,
    );
    let key = bearer(&parts.headers).map(str::to_owned);
    if key.is_none() {
        doors.rates.check_ip(client)?;
    }
    let bytes = intake::body(&parts.headers, body, state.limits).await?;
    let query = parts.uri.query().unwrap_or_default();
    let bytes = match parts.method {
        Method::GET => dialect::with_query(&bytes, query)?,
        _ => bytes,
    };
    let members = Body::parse(&bytes)?;
    let repeated = idempotency::Key::read(&parts.headers)?;
    if let Some(key) = &repeated {
        headers.insert(idempotency::KEY, key.echo());
    }
    let tenant = tenant(state, parts, &members, key.as_deref(), client).await?;
    let policy = cors::Policy {
        allowed_origins: &tenant.config.cors.allowed_origins,
        allow_unsafe_wildcard: tenant.config.cors.allow_unsafe_wildcard,
    };
    headers.extend(cors::headers(policy, &parts.method, &parts.headers));
    let environment = environment(&parts.headers, &members)?;
    let agent = user_agent(&parts.headers);
    let call = Call {
        state,
        tenant: tenant.id,
        environment,
        key,
        source: Source::new(&client.to_string(), &agent, request_id),
    };
    let answer = async {
        match route {
            Route::Open(action) => call.open(&bytes, action).await,
            Route::Bind(action, shape) => {
                call.bind(&bytes, action, shape, members.key_form()).await
            }
            Route::Sign => call.sign(&bytes).await,
            Route::Account(address) => call.account(address).await,
            Route::Accounts => call.accounts(query).await,
            Route::Passkeys(address) => call.passkeys(address).await,
            Route::Revoke(address) => call.revoke(address).await,
            Route::Prepare(address) => call.prepare(address, &bytes).await,
            Route::Submit(address) => call.submit(address, &bytes).await,
            Route::AddPasskey(address) => call.add_passkey(address, &bytes).await,
            Route::RemovePasskey(address, passkey) => {
                call.remove_passkey(address, passkey, &bytes).await
            }
            Route::Unknown => Err(Problem::not_found()),
        }
    };
    let asked = idempotency::Asked {
        parts,
        route,
        environment: environment.name(),
        body: &bytes,
        request_id,
    };
    idempotency::once(repeated, asked, &call, answer).await
}
