//! The page on which a person approves a transaction, and what its script asks.
//!
//! There is no API key here: the identifier in the link is 122 random bits, and who has it may
//! look at the transaction, decline it, and approve it with the passkey of the user it is for.

mod refused;
mod view;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use engine::tenants::{Answer, TransactionAnswer};
use rules::tenant::{Command, Least, Source, Which};
use serde_json::json;
use verify::tenant::Call;
use wire::id::TransactionId;
use wire::webauthn::AssertionResponse;

use super::client_ip::client_ip;
use super::intake;
use super::tenants::{options, peer, request_id, user_agent};
use crate::pages;
use refused::Refused;

/// Where the page is.
#[derive(Clone)]
pub struct Setup {
    /// What every handler sees.
    pub state: Arc<super::State>,
    /// The origin of the server's public URL. Without one it is what a request says it is.
    pub public_origin: Option<String>,
}

/// The page, its module, and the three things its script asks.
pub fn routes(setup: Setup) -> Router {
    Router::new()
        .route("/confirm.js", get(async || pages::confirm_module()))
        .route("/confirm/{id}", get(page))
        .route("/confirm/{id}/challenge", post(challenge))
        .route("/confirm/{id}/finish", post(finish))
        .route("/confirm/{id}/cancel", post(cancel))
        .with_state(Arc::new(setup))
}

async fn page(
    State(setup): State<Arc<Setup>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match shown(&setup, &id, &request.into_parts().0).await {
        Ok(view) => pages::confirm(&view),
        Err(refused) => refused.into_page(),
    }
}

async fn shown(
    setup: &Setup,
    id: &str,
    parts: &Parts,
) -> Result<pages::confirm::ConfirmView, Refused> {
    setup.client(parts)?;
    let engine = &setup.state.engine;
    let id: TransactionId = id.parse().map_err(|_| Refused::Unknown)?;
    let linked = engine.linked(id).await?;
    let (tenant, transaction) = linked.ok_or(Refused::Unknown)?;
    let place = view::Place {
        origin: setup.own_origin(&parts.headers),
        is_popup: is_popup(parts.uri.query().unwrap_or_default()),
    };
    view::of(&tenant, &transaction, place, engine.clock().now()).ok_or(Refused::Unreadable)
}

fn is_popup(query: &str) -> bool {
    query.split('&').any(|pair| pair == "popup=1")
}

/// A fresh challenge; the one before it is void.
async fn challenge(way: State<Arc<Setup>>, id: Path<String>, request: Request) -> Response {
    let renew = |which, _: &[u8]| Ok(Command::RenewChallenge { which });
    let asked = perform(&way, &id, request, renew).await.and_then(|answer| {
        let options = answer.options.ok_or(Refused::Unreadable)?;
        options::of_transaction(&options).map_err(|_| Refused::Unreadable)
    });
    match asked {
        Ok((member, options)) => found(&json!({ (member): options })),
        Err(refused) => refused.into_response(),
    }
}

/// The passkey's answer.
async fn finish(way: State<Arc<Setup>>, id: Path<String>, request: Request) -> Response {
    let confirm = |which, body: &[u8]| {
        let response = AssertionResponse::from_json(body)?;
        Ok(Command::ConfirmTransaction {
            which: Some(which),
            response: Box::new(response),
        })
    };
    ended(&way, perform(&way, &id, request, confirm).await)
}

/// The person said no.
async fn cancel(way: State<Arc<Setup>>, id: Path<String>, request: Request) -> Response {
    let cancel = |which, _: &[u8]| Ok(Command::CancelTransaction { which });
    ended(&way, perform(&way, &id, request, cancel).await)
}

/// Where the transaction stands now, and where to go. The token is for the tenant, who asks for it
/// with a key: it is not among what a page gets to know (threat T51).
fn ended(setup: &Setup, answer: Result<TransactionAnswer, Refused>) -> Response {
    let transaction = match answer {
        Ok(answer) => answer.transaction,
        Err(refused) => return refused.into_response(),
    };
    let state = transaction.state(setup.state.engine.clock().now());
    let mut body = json!({ "state": state.name() });
    if let Some(address) = view::return_to(&transaction, state) {
        body["return_to"] = address.into();
    }
    found(&body)
}

/// Takes what the page's script asks along the walk.
async fn perform(
    setup: &Setup,
    id: &str,
    request: Request,
    read: impl Fn(Which, &[u8]) -> Result<Command, wire::webauthn::EnvelopeError>,
) -> Result<TransactionAnswer, Refused> {
    let (parts, body) = request.into_parts();
    let own = setup.own_origin(&parts.headers);
    if !is_from_the_page(&parts.headers, &own) {
        return Err(Refused::Elsewhere);
    }
    let source = setup.source(&parts)?;
    let id: TransactionId = id.parse().map_err(|_| Refused::Unknown)?;
    let engine = &setup.state.engine;
    let linked = engine.linked(id).await?;
    let (tenant, _) = linked.ok_or(Refused::Unknown)?;
    let call = Call {
        tenant: tenant.id,
        api_key: None,
        body: collect(parts, body, setup.state.limits).await?,
    };
    let command = |body: &[u8], _: &_| read(Which::Link(id), body);
    let recorded = engine
        .perform(call, Least::Nobody, source, command)
        .await
        .map_err(Refused::from)?;
    match recorded.into_inner().map_err(Refused::Rule)? {
        Answer::Transaction(answer) => Ok(*answer),
        _ => Err(Refused::Unreadable),
    }
}

async fn collect(parts: Parts, body: Body, limits: intake::Limits) -> Result<Vec<u8>, Refused> {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| {
        let kind = kind.as_bytes().split(|byte| *byte == b';').next();
        kind.unwrap_or_default().trim_ascii() == b"application/json"
    });
    if !is_json {
        return Err(Refused::NotJson);
    }
    Ok(intake::collect(parts, body, limits).await?.body)
}

/// Whether a browser says that a page of this very origin asks. `Sec-Fetch-Site` cannot be set by
/// scripts; `Origin` is for browsers that do not send it. Who sends neither is no browser that
/// this page runs in.
fn is_from_the_page(headers: &HeaderMap, own: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site.as_bytes() == b"same-origin";
    }
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes() == own.as_bytes())
}

impl Setup {
    /// The origin the browser has the page from.
    pub(super) fn own_origin(&self, headers: &HeaderMap) -> String {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let by_host = || format!("http://{}", host.unwrap_or("localhost"));
        self.public_origin.clone().unwrap_or_else(by_host)
    }

    /// Where a request comes from. There is no key to count it by, so it is counted against the
    /// address.
    fn client(&self, parts: &Parts) -> Result<IpAddr, Refused> {
        let doors = &self.state.tenants;
        let peer = peer(&parts.extensions);
        let client = client_ip(peer, &parts.headers, &doors.trusted_proxies);
        doors.rates.check_ip(client)?;
        Ok(client)
    }

    fn source(&self, parts: &Parts) -> Result<Source, Refused> {
        Ok(Source::new(
            &self.client(parts)?.to_string(),
            &user_agent(&parts.headers),
            &request_id(&parts.headers),
        ))
    }
}

fn found(body: &serde_json::Value) -> Response {
    json_answer(StatusCode::OK, body)
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests;
