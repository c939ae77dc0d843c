//! One call on one tenant, and the way from it to the engine and back.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use engine::tenants::{Answer, Failure, Reader};
use rules::tenant::{Command, Least, Refusal, Source, Tenant};
use verify::tenant::{Operator, Proof, present};

use super::dialect::Fault;
use super::page::{self, Page};
use super::problem::{Deed, Problem};
use crate::http::client_ip::forwarded_scheme;
use crate::http::{State, intake};

/// A call on a tenant that is there.
pub(in crate::http) struct Call<'a> {
    state: &'a State,
    tenant: Arc<Tenant>,
    caller: Caller,
    source: Source,
    peer: IpAddr,
    parts: Parts,
}

/// Who makes a call, as far as can be told before the engine judges it.
enum Caller {
    /// Who shows this API key, or nobody.
    Anybody { api_key: Option<String> },
    /// Who runs the server. Such a call comes in by the admin API, and is answered in full.
    Operator(Operator),
}

impl<'a> Call<'a> {
    /// A call on the public listener.
    pub(super) fn new(
        state: &'a State,
        tenant: Arc<Tenant>,
        source: Source,
        peer: IpAddr,
        parts: Parts,
    ) -> Self {
        Self {
            state,
            tenant,
            caller: Caller::Anybody {
                api_key: api_key(&parts.headers),
            },
            source,
            peer,
            parts,
        }
    }

    /// A call of the operator.
    pub(in crate::http) fn of_operator(
        state: &'a State,
        tenant: Arc<Tenant>,
        operator: Operator,
        source: Source,
        peer: IpAddr,
        parts: Parts,
    ) -> Self {
        Self {
            state,
            tenant,
            caller: Caller::Operator(operator),
            source,
            peer,
            parts,
        }
    }

    /// The server.
    pub(super) fn state(&self) -> &'a State {
        self.state
    }

    /// The tenant, as it was last read.
    pub(super) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The query of the address.
    pub(in crate::http) fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    /// Counts the call: against the key if it is one of the tenant's, else against the address it
    /// comes from. So guessing keys is as slow as having none, and nobody can use up what belongs
    /// to another.
    pub(super) fn count(&self, client: IpAddr) -> Result<(), Problem> {
        let rates = &self.state.tenants.rates;
        let Some(key) = self.api_key() else {
            return Ok(()); // Counted before anything was looked up.
        };
        let secrets = self.tenant.secrets.iter();
        let shown = verify::tenant::Call {
            tenant: self.tenant.id,
            api_key: Some(key.to_owned()),
            body: Vec::new(),
        };
        let secrets = secrets.map(|secret| (secret.id, &secret.hash));
        match present(shown, secrets).proof() {
            Proof::Bearer(id) => rates.check_key(id.as_bytes())?,
            Proof::Nobody | Proof::Operator => rates.check_ip(client)?,
        }
        Ok(())
    }

    /// The body, within limits.
    pub(super) async fn collect(&self, body: Body) -> Result<Vec<u8>, Problem> {
        Ok(intake::body(&self.parts.headers, body, self.state.limits).await?)
    }

    /// The body of a call whose body may be missing. An empty one counts as an empty object,
    /// whatever it is called: clients send JSON of no length. Anything else has to be called JSON.
    pub(super) async fn bound(&self, body: Body) -> Result<Vec<u8>, Problem> {
        self.bound_for(body, &Deed::Ours).await
    }

    /// The same, in the words of what it is for.
    pub(in crate::http) async fn bound_for(
        &self,
        body: Body,
        deed: &Deed,
    ) -> Result<Vec<u8>, Problem> {
        bound(&self.parts.headers, body, self.state.limits, deed).await
    }

    /// Takes a command along the whole walk.
    pub(in crate::http) async fn perform(
        &self,
        deed: Deed,
        least: Least,
        body: Vec<u8>,
        read: impl Fn(&[u8]) -> Result<Command, Fault>,
    ) -> Result<Answer, Problem> {
        let source = self.source.clone();
        let engine = &self.state.engine;
        let performed = match self.caller {
            Caller::Anybody { .. } => {
                let read = |body: &[u8], _: &Tenant| read(body);
                engine.perform(self.shown(body), least, source, read).await
            }
            Caller::Operator(operator) => {
                let tenant = self.tenant.id;
                engine.operate(operator, tenant, body, source, read).await
            }
        };
        match performed {
            Ok(recorded) => recorded
                .into_inner()
                .map_err(|refusal| Problem::refused(&deed, &refusal)),
            Err(Failure::Unbelieved(Refusal::NotProven)) if self.api_key().is_none() => {
                Err(Problem::key_missing())
            }
            Err(failure) => Err(Problem::failed(&deed, failure)),
        }
    }

    /// Lets the holder of an API key look around, and the operator.
    pub(in crate::http) async fn reader(&self) -> Result<Reader<'a>, Problem> {
        let engine = &self.state.engine;
        let reader = match self.caller {
            Caller::Anybody { .. } => engine.reader(self.shown(Vec::new()), None).await,
            Caller::Operator(operator) => engine.operator_reader(operator, self.tenant.id).await,
        };
        reader.map_err(|failure: Failure<Infallible>| match failure {
            Failure::NoTenant => Problem::no_tenant(),
            Failure::NotProven => Problem::not_proven(),
            Failure::Unbelieved(refusal) => Problem::refused(&Deed::Ours, &refusal),
            Failure::Unreadable(never) => match never {},
            Failure::Engine(error) => error.into(),
        })
    }

    fn shown(&self, body: Vec<u8>) -> verify::tenant::Call {
        verify::tenant::Call {
            tenant: self.tenant.id,
            api_key: self.api_key().map(str::to_owned),
            body,
        }
    }

    fn api_key(&self) -> Option<&str> {
        match &self.caller {
            Caller::Anybody { api_key } => api_key.as_deref(),
            Caller::Operator(_) => None,
        }
    }

    /// The page that is asked for.
    pub(in crate::http) fn page(&self, title: &'static str) -> Result<Page, Problem> {
        Page::parse(self.query()).map_err(|bad| Problem::bad_request(title, bad.to_string()))
    }

    /// The headers that lead to the other pages.
    pub(in crate::http) fn page_headers(&self, page: Page, total: u64) -> HeaderMap {
        let doors = &self.state.tenants;
        let scheme = forwarded_scheme(self.peer, &self.parts.headers, &doors.trusted_proxies);
        let origin = match self.caller {
            Caller::Anybody { .. } => page::origin(&doors.public_url, scheme),
            // The gate of the admin API has found the name to be one of its own.
            Caller::Operator(_) => {
                let host = self.parts.headers.get(header::HOST);
                let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
                format!("{}://{host}", scheme.unwrap_or("http"))
            }
        };
        page.headers(total, &origin, self.parts.uri.path(), self.query())
    }
}

/// The body of a call whose body may be missing, in the words of what it is for.
pub(in crate::http) async fn bound(
    headers: &HeaderMap,
    body: Body,
    limits: intake::Limits,
    deed: &Deed,
) -> Result<Vec<u8>, Problem> {
    // Whatever it is called, there is nothing in it.
    if body.size_hint().exact() == Some(0) {
        return Ok(b"{}".to_vec());
    }
    let body = intake::body(headers, body, limits).await?;
    if body.is_empty() {
        return Ok(b"{}".to_vec());
    }
    if !is_json(headers) {
        let fault = Fault::Process("Unsupported Media Type".to_owned());
        return Err(Problem::unreadable(deed, fault));
    }
    Ok(body)
}

/// The API key, without the space around it. More than one is none: which is meant?
pub(super) fn api_key(headers: &HeaderMap) -> Option<String> {
    let mut keys = headers.get_all("apikey").iter();
    let key = keys.next()?.to_str().ok()?.trim();
    (keys.next().is_none() && !key.is_empty()).then(|| key.to_owned())
}

/// The bearer token. More than one is none, and the name of the scheme is case-insensitive (RFC 9110
/// §11.1).
pub(in crate::http) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let json = "application/json";
    kind.get(..json.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(json))
}
