//! Passkey sessions: an app opens one, the passkey's owner answers it on a page, and a session key
//! may act for the passkey's account until it ends.
//!
//! Two generations of clients are served below `/api/v1` and `/api/grid/v1`. Callers show an API
//! key of their tenant; pages, which have none, name the tenant and bring an answer that proves
//! itself.

mod accounts;
mod advice;
mod answer;
mod dialect;
mod idempotency;
mod members;
mod problem;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body as HttpBody;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::tenants::{Answer, Failure, Reader};
use rules::tenant::{Command, Least, SessionAction, Source, Tenant};
use serde_json::Value;
use url::form_urlencoded;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use self::dialect::{Body, KeyForm};
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

/// The tenant of the API key; without a key, the one that is named.
async fn tenant(
    state: &State,
    parts: &Parts,
    body: &Body,
    key: Option<&str>,
    client: IpAddr,
) -> Result<Arc<Tenant>, Problem> {
    let id = match key {
        Some(key) => match state.engine.tenant_of_key(key).await? {
            Some(id) => {
                state.tenants.rates.check_key(id.as_bytes())?;
                Some(id)
            }
            None => {
                // Guessing keys is as slow as having none.
                state.tenants.rates.check_ip(client)?;
                None
            }
        },
        None => named(parts, body)?,
    };
    let id = id.ok_or_else(Problem::unauthorised)?;
    let tenant = state.engine.tenant(id).await?;
    tenant.ok_or_else(Problem::unauthorised)
}

fn named(parts: &Parts, body: &Body) -> Result<Option<TenantId>, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let in_query = pairs.find(|(name, _)| name == "tenant");
    let named = match (body.text(&["tenant"])?, &in_query) {
        (Some(text), _) => Some(text),
        (None, Some((_, text))) => Some(text.as_ref()),
        (None, None) => None,
    };
    Ok(named.and_then(TenantId::parse_lenient))
}

/// The network a call means: `sandbox` unless it says otherwise. Headers that say two things say
/// nothing (threat T3).
fn environment(headers: &HeaderMap, body: &Body) -> Result<Environment, Problem> {
    let mut named = None;
    for name in ["x-grid-environment", "x-squads-network", "x-network"] {
        for value in headers.get_all(name) {
            let text = value.to_str();
            let text = text.map_err(|_| Problem::invalid(name, "must be the name of a network"))?;
            let environment = read_environment(text)?;
            if named.is_some_and(|other| other != environment) {
                return Err(Problem::invalid(name, "names another network than before"));
            }
            named = Some(environment);
        }
    }
    match named {
        Some(environment) => Ok(environment),
        None => read_environment(body.text(&["env"])?.unwrap_or("sandbox")),
    }
}

fn read_environment(name: &str) -> Result<Environment, Problem> {
    name.parse().map_err(|error| Problem::network(&error))
}

/// How long a caller waits for the chain.
const PATIENCE: Duration = Duration::from_secs(45);

/// How long a transaction is seen through for whoever sent it: longer than the chain takes it.
const PERSISTENCE: Duration = Duration::from_secs(120);

/// A call of somebody on a tenant.
struct Call<'a> {
    state: &'a Arc<State>,
    tenant: TenantId,
    environment: Environment,
    key: Option<String>,
    source: Source,
}

impl Call<'_> {
    async fn perform(
        &self,
        body: &[u8],
        least: Least,
        action: Option<SessionAction>,
        read: impl Fn(&Body) -> Result<Command, Problem>,
    ) -> Result<Answer, Problem> {
        let read = |body: &[u8], _: &Tenant| read(&Body::parse(body)?);
        let engine = &self.state.engine;
        let performed = engine
            .perform(self.shown(body), least, self.source.clone(), read)
            .await;
        match performed {
            Ok(recorded) => recorded
                .into_inner()
                .map_err(|refusal| Problem::refused(&refusal, action)),
            Err(failure) => Err(Problem::failed(failure, action)),
        }
    }

    async fn open(&self, body: &[u8], action: Option<SessionAction>) -> Result<Value, Problem> {
        let read = |body: &Body| dialect::open(body, self.environment, action);
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::SessionOpened(opened) => Ok(answer::url(&opened, self.tenant)),
            other => Err(unexpected(&other)),
        }
    }

    async fn sign(&self, body: &[u8]) -> Result<Value, Problem> {
        let read = |body: &Body| dialect::evm::open(body, self.environment);
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::SigningOpened(opened) => Ok(answer::signing_url(&opened, self.tenant)),
            other => Err(unexpected(&other)),
        }
    }

    async fn bind(
        &self,
        body: &[u8],
        action: Option<SessionAction>,
        shape: Shape,
        form: KeyForm,
    ) -> Result<Value, Problem> {
        let read = |body: &Body| dialect::bind(body, action);
        let told = action.or(Some(SessionAction::Create));
        let performed = self.perform(body, Least::Nobody, told, read).await?;
        match self.delivered(performed, told).await? {
            Answer::SessionBound(account) => {
                let now = self.state.engine.clock().now();
                Ok(match shape {
                    Shape::Bound => answer::bound(&account, form, now),
                    Shape::Whole => answer::whole(&account, now),
                })
            }
            Answer::Signed(signed) => Ok(answer::signed(&signed)),
            Answer::PasskeysChanged(changed) => Ok(members::changed(&changed)),
            other => Err(unexpected(&other)),
        }
    }

    /// The answer to a command, after the chain has done what it asks.
    async fn delivered(
        &self,
        performed: Answer,
        action: Option<SessionAction>,
    ) -> Result<Answer, Problem> {
        let Answer::Sending(signature) = performed else {
            return Ok(performed);
        };
        // It goes on if nobody waits any more, though not without end: the courier does.
        let (state, tenant, sent) = (Arc::clone(self.state), self.tenant, signature.clone());
        let delivery = tokio::spawn(async move {
            let delivery = state.engine.deliver(tenant, &sent);
            tokio::time::timeout(PERSISTENCE, delivery).await.ok()
        });
        match tokio::time::timeout(PATIENCE, delivery).await {
            Ok(Ok(Some(Ok(outcome)))) => {
                outcome.map_err(|refusal| Problem::refused(&refusal, action))
            }
            // It was sent, whatever is not known of it; somebody will see it through.
            Ok(Ok(Some(Err(error)))) => {
                tracing::warn!(%error, "what became of a transaction is not known yet");
                Err(Problem::not_yet(&signature))
            }
            Ok(Err(failed)) => Err(engine::Error::Unreadable(failed.to_string()).into()),
            Ok(Ok(None)) | Err(_) => Err(Problem::not_yet(&signature)),
        }
    }

    async fn prepare(&self, address: &str, body: &[u8]) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |body: &Body| dialect::prepare(body, self.environment, account);
        match self.perform(body, Least::Bearer, None, read).await? {
            Answer::ToSign(to_sign) => Ok(answer::to_sign(&to_sign, self.at())),
            other => Err(unexpected(&other)),
        }
    }

    async fn submit(&self, address: &str, body: &[u8]) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |body: &Body| dialect::submit(body, self.environment, account);
        let performed = self.perform(body, Least::Bearer, None, read).await?;
        match self.delivered(performed, None).await? {
            Answer::Carried(sent) => Ok(answer::carried(&sent, self.at())),
            other => Err(unexpected(&other)),
        }
    }

    /// What answers in an envelope say of the request.
    fn at(&self) -> answer::At<'_> {
        answer::At {
            request_id: &self.source.request_id,
            now: self.state.engine.clock().now(),
        }
    }

    async fn account(&self, address: &str) -> Result<Value, Problem> {
        let account = self.look_up(parse(address)?).await?;
        let account = account.ok_or_else(Problem::no_account)?;
        Ok(answer::account(&account, self.state.engine.clock().now()))
    }

    async fn revoke(&self, address: &str) -> Result<Value, Problem> {
        let account = parse(address)?;
        let read = |_: &Body| {
            Ok(Command::RevokeSession {
                environment: self.environment,
                account,
            })
        };
        match self.perform(b"{}", Least::Bearer, None, read).await? {
            Answer::SessionBound(account) => {
                Ok(answer::account(&account, self.state.engine.clock().now()))
            }
            other => Err(unexpected(&other)),
        }
    }

    async fn look_up(
        &self,
        address: Address,
    ) -> Result<Option<rules::tenant::PasskeyAccount>, Problem> {
        let reader = self.reader().await?;
        Ok(reader.passkey_account(self.environment, address).await?)
    }

    async fn reader(&self) -> Result<Reader<'_>, Problem> {
        let engine = &self.state.engine;
        let reader = engine.reader(self.shown(&[]), Some(self.environment)).await;
        reader.map_err(|failure| match failure {
            Failure::Engine(error) => error.into(),
            Failure::Unbelieved(refusal) => Problem::refused(&refusal, None),
            _ => Problem::unauthorised(),
        })
    }

    fn shown(&self, body: &[u8]) -> verify::tenant::Call {
        verify::tenant::Call {
            tenant: self.tenant,
            api_key: self.key.clone(),
            body: body.to_vec(),
        }
    }
}

fn parse(address: &str) -> Result<Address, Problem> {
    address
        .parse()
        .map_err(|_| Problem::invalid("address", "must be 32 bytes in base58"))
}

fn unexpected(answer: &Answer) -> Problem {
    engine::Error::Unreadable(format!("another answer than was asked for: {answer:?}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(headers: &[(&'static str, &'static [u8])], body: &str) -> Option<Environment> {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            (header::HeaderName::from_static(name), value)
        });
        let Ok(body) = Body::parse(body.as_bytes()) else {
            panic!("{body} is an object");
        };
        environment(&headers.collect(), &body).ok()
    }

    #[test]
    fn a_call_is_on_the_network_it_names() {
        use Environment as E;
        let (newer, older) = ("x-grid-environment", "x-squads-network");
        assert_eq!(meant(&[], "{}"), Some(E::Sandbox));
        assert_eq!(meant(&[], r#"{"env":"devnet"}"#), Some(E::Devnet));
        assert_eq!(meant(&[(newer, b"production")], "{}"), Some(E::Mainnet));
        let both: [(_, &[u8]); 2] = [(newer, b"production"), (older, b"mainnet")];
        assert_eq!(meant(&both, "{}"), Some(E::Mainnet));
    }

    #[test]
    fn t3_a_call_on_two_networks_is_on_none() {
        let (newer, older) = ("x-grid-environment", "x-squads-network");
        let two: [(_, &[u8]); 2] = [(newer, b"sandbox"), (older, b"mainnet")];
        assert_eq!(meant(&two, "{}"), None);
        let twice: [(_, &[u8]); 2] = [(newer, b"sandbox"), (newer, b"mainnet")];
        assert_eq!(meant(&twice, "{}"), None);
        assert_eq!(meant(&[(newer, b"m\xffainnet")], "{}"), None);
    }
}
