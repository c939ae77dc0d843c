//! The Passkey API: registration, login and transactions of tenants' users.
//!
//! The order in which a call is judged is part of the contract: is there such a tenant, may the
//! page read the answer, does the caller have to show a key and has it, can the body be read; and
//! only then what it asks for.

pub(in crate::http) mod audit;
pub(in crate::http) mod call;
mod ceremony;
pub mod cors;
pub(in crate::http) mod credential;
pub(in crate::http) mod dialect;
pub(in crate::http) mod fields;
pub(in crate::http) mod options;
pub mod page;
pub(in crate::http) mod payment;
pub(in crate::http) mod problem;
pub(in crate::http) mod reply;
mod route;
mod signals;
pub(in crate::http) mod transaction;
pub mod well_known;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use rules::tenant::{Least, Source};
use wire::encoding::hex;
use wire::environment::Environment;
use wire::id::TenantId;

use self::call::Call;
use self::problem::Problem;
use self::reply::Reply;
use self::route::Route;
pub(super) use self::route::percent_decode;
use super::State;
use super::client_ip::{Network, client_ip};
use crate::rate_limit::{RateConfig, RateLimits};

/// What these doors are set to, beyond what each tenant is.
#[derive(Debug)]
pub struct Doors {
    /// The address people and programs reach the server under, without a slash at the end.
    pub public_url: String,
    /// Proxies that say truly where a request comes from.
    pub trusted_proxies: Vec<Network>,
    /// How often somebody may call.
    pub rates: RateLimits,
    /// What is served below `/.well-known` for the server's own host name.
    pub well_known: well_known::WellKnown,
    /// What whoever pays the fees on a chain should have at least.
    pub min_balances: BTreeMap<Environment, u64>,
}

impl Doors {
    /// Doors of a server that is reached under this address, and else as they are by default.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            trusted_proxies: Vec::new(),
            rates: RateLimits::new(&RateConfig::default()),
            well_known: well_known::WellKnown::default(),
            min_balances: BTreeMap::new(),
        }
    }
}

/// The tenant a path begins with and what follows it; `None` if the path is not for this family.
///
/// A first segment that is no UUID is told so, as clients expect, unless it is empty or another
/// family's.
pub(super) fn addressed(path: &str) -> Option<(Option<TenantId>, &str)> {
    let path = path.strip_prefix('/')?;
    let (first, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    if first.is_empty() || OTHERS.contains(&first) {
        return None;
    }
    let text = route::percent_decode(first);
    Some((text.as_deref().and_then(TenantId::parse_lenient), rest))
}

/// First segments that other families and pages begin with.
const OTHERS: &[&str] = &[
    ".well-known",
    "api",
    "confirm",
    "first-step",
    "healthz",
    "log",
    "public",
    "readyz",
];

/// Answers a call below a tenant.
pub(super) async fn answer(
    state: &State,
    tenant: Option<TenantId>,
    rest: &str,
    request: Request,
) -> Response {
    let started = std::time::Instant::now();
    let (method, request_id) = (request.method().clone(), request_id(request.headers()));
    let route = Route::find(&method, rest);
    let name = route.name();
    let mut response = match enter(state, tenant, route, request, &request_id).await {
        Ok(response) => response,
        Err(problem) => refused(problem),
    };
    reply::seal(&mut response, &method, &request_id);
    let code = response.status().as_str().to_owned();
    metrics::counter!("zegel_requests_total", "route" => name, "code" => code).increment(1);
    metrics::histogram!("zegel_request_seconds").record(started.elapsed());
    response
}

/// Up to where it is known whom the call addresses and whether its page may read the answer.
async fn enter(
    state: &State,
    tenant: Option<TenantId>,
    route: Route,
    request: Request,
    request_id: &str,
) -> Result<Response, Problem> {
    let tenant = tenant.ok_or_else(Problem::not_a_tenant)?;
    let (parts, body) = request.into_parts();
    let peer = peer(&parts.extensions);
    let client = client_ip(peer, &parts.headers, &state.tenants.trusted_proxies);
    // Who shows a key is counted once it is known whose it is. Until then he is counted as if he
    // had none, or tenants could be guessed as fast as the store answers.
    let rates = &state.tenants.rates;
    let shows_key = call::api_key(&parts.headers).is_some();
    let is_advanced = shows_key && !state.engine.remembers_tenant(tenant);
    if !shows_key || is_advanced {
        rates.check_ip(client)?;
    }
    let Some(tenant) = state.engine.tenant(tenant).await? else {
        return Err(Problem::no_tenant());
    };
    if is_advanced {
        rates.give_back_ip(client);
    }
    let policy = cors::Policy {
        allowed_origins: &tenant.config.cors.allowed_origins,
        allow_unsafe_wildcard: tenant.config.cors.allow_unsafe_wildcard,
    };
    if let Some(preflight) = cors::answer_options(policy, &parts.method, &parts.headers) {
        return Ok(preflight);
    }
    let cors = cors::headers(policy, &parts.method, &parts.headers);
    let source = Source::new(&client.to_string(), &user_agent(&parts.headers), request_id);
    let call = Call::new(state, tenant.clone(), source, peer, parts);
    let answered = match call.count(client) {
        Ok(()) => dispatch(call, route, body).await,
        Err(problem) => Err(problem),
    };
    let mut response = match answered {
        Ok(reply) => reply.into_response(),
        Err(problem) => refused(problem),
    };
    response.headers_mut().extend(cors);
    Ok(response)
}

async fn dispatch(call: Call<'_>, route: Route, body: Body) -> Result<Reply, Problem> {
    match route {
        Route::Jwks => well_known::jwks(call).await,
        Route::RelatedOrigins => well_known::related_origins(call).await,
        Route::BeginRegistration { mfa } => ceremony::begin_registration(call, body, mfa).await,
        Route::FinishRegistration { mfa } => ceremony::finish_registration(call, body, mfa).await,
        Route::BeginLogin { mfa } => ceremony::begin_login(call, body, mfa).await,
        Route::FinishLogin { mfa } => ceremony::finish_login(call, body, mfa).await,
        Route::BeginTransaction => ceremony::begin_transaction(call, body).await,
        Route::FinishTransaction => ceremony::finish_transaction(call, body).await,
        Route::TransactionsOf(user) => transaction::list_of_user(call, &user).await,
        Route::ListCredentials => credential::list(call).await,
        Route::ShowCredential(id) => credential::show(call, &id).await,
        Route::RenameCredential(id) => credential::rename(call, body, &id).await,
        Route::DeleteCredential(id) => credential::delete(call, &id).await,
        Route::AuditLogs => audit::list(call).await,
        Route::Signals(user) => signals::show(call, &user).await,
        Route::BeginPayment => payment::begin(call, body).await,
        Route::ListPayments => payment::list(call).await,
        Route::ShowPayment(id) => payment::show(call, &id).await,
        Route::RenewChallenge(id) => payment::renew(call, &id).await,
        Route::Confirm(id) => payment::confirm(call, body, &id).await,
        Route::Cancel(id) => payment::cancel(call, &id).await,
        Route::Consume(id) => payment::consume(call, body, &id).await,
        Route::Receipt(id) => payment::receipt(call, &id).await,
        Route::Unknown(least) => {
            if least != Least::Nobody {
                call.reader().await?;
            }
            Err(Problem::not_found())
        }
    }
}

/// What somebody is told, and the log more.
pub(super) fn refused(problem: Problem) -> Response {
    problem.log();
    problem.into_response()
}

/// Where the connection comes from. A request without one was made in this process.
pub(in crate::http) fn peer(extensions: &axum::http::Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip())
}

/// What the caller's program calls itself.
pub(in crate::http) fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()));
    agent.unwrap_or_default().into_owned()
}

pub(in crate::http) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest request id that is taken over.
const MAX_REQUEST_ID: usize = 128;

/// The caller's name for the request, if it is plain and short; else one of ours.
pub(in crate::http) fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_plain = |id: &&str| {
        (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
    };
    match given.filter(is_plain) {
        Some(id) => id.to_owned(),
        None => {
            let mut random = [0; 16];
            // Without randomness nothing else works either; the id is only for finding log lines.
            let _ = aws_lc_rs::rand::fill(&mut random);
            hex::encode(random)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ID: &str = "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11";

    #[test]
    fn t85_a_path_is_a_tenants_in_every_spelling_of_its_id() {
        let tenant: TenantId = ID.parse().unwrap();
        for first in [
            ID,
            "0D8F4B8E-27C5-4B3A-9C55-0F5F8A3F6A11",
            "0d8f4b8e27c54b3a9c550f5f8a3f6a11",
            "%7B0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11%7d",
            "{0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11}",
            "urn:uuid:0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11",
        ] {
            let path = format!("/{first}/login/initialize");
            assert_eq!(addressed(&path), Some((Some(tenant), "/login/initialize")));
            assert_eq!(addressed(&format!("/{first}")), Some((Some(tenant), "")));
        }
    }

    #[test]
    fn what_is_no_tenants_is_told_apart_from_what_is_others() {
        for path in [
            "/favicon.ico",
            "/health/ready",
            "/%ff/x",
            "/Public/v1",
            "/login",
        ] {
            assert!(matches!(addressed(path), Some((None, _))), "{path}");
        }
        for path in [
            "",
            "/",
            "//x",
            "/public/v2/x",
            "/public",
            "/log/x",
            "/healthz/",
            "/.well-known/x",
            "/confirm/x",
            "/first-step/x",
        ] {
            assert_eq!(addressed(path), None, "{path}");
        }
    }

    #[test]
    fn a_request_id_is_taken_over_only_if_it_is_plain_and_short() {
        let given = |id: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(id).unwrap());
            request_id(&headers)
        };
        assert_eq!(given(b"abc-1"), "abc-1");
        assert_eq!(given(&[b'a'; 128]).len(), 128);
        for strange in [&b"a b"[..], b"", &[b'a'; 129], b"\xe9", b"a\tb"] {
            let id = given(strange);
            assert!(
                id.len() == 32 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
                "{id}"
            );
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
