//! The pages on which passkey sessions are answered: `/create`, `/auth`, `/find` and `/sign`.
//!
//! Their address names a tenant and a challenge, and repeats the terms for pages of tenants' own.
//! What is shown here are the terms as they are stored with the challenge, so an address that was
//! changed on its way shows what was asked for, or nothing. The answer goes to the doors of the
//! API, as any page's does.

pub(crate) mod view;

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;
use rules::tenant::{Begun, SessionAction, SessionTerms};
use url::form_urlencoded;
use wire::encoding::base64url;
use wire::id::TenantId;

use super::client_ip::client_ip;
use super::confirm::Setup;
use super::tenants::peer;
use super::tenants::problem::Problem;
use crate::pages::colour::Colour;
use crate::pages::session as page;

/// The pages, their modules and their style.
pub fn routes(setup: Setup) -> Router {
    use SessionAction as A;
    type Way = State<Arc<Setup>>;
    Router::new()
        .route(
            "/create",
            get(async |way: Way, r| show(&way, Which::Session(A::Create), r).await),
        )
        .route(
            "/auth",
            get(async |way: Way, r| show(&way, Which::Session(A::Auth), r).await),
        )
        .route(
            "/find",
            get(async |way: Way, r| show(&way, Which::Session(A::Find), r).await),
        )
        .route(
            "/sign",
            get(async |way: Way, r| show(&way, Which::Signing, r).await),
        )
        .route("/session.js", get(async || page::module()))
        .route(
            "/session-problems.js",
            get(async || page::problems_module()),
        )
        .route("/passkey-session.js", get(async || page::ceremony_module()))
        .route("/session.css", get(style))
        .with_state(Arc::new(setup))
}

/// The style; in a colour, if one is asked for.
async fn style(request: Request) -> Response {
    let accent = told(request.uri().query().unwrap_or_default(), "accent");
    page::style(accent.as_deref().and_then(Colour::from_digits))
}

/// Why there is no page.
enum Refused {
    /// No session has this link.
    Unknown,
    /// What any door would say: too often, not available.
    AtTheDoor(Problem),
}

impl<T: Into<Problem>> From<T> for Refused {
    fn from(problem: T) -> Self {
        Self::AtTheDoor(problem.into())
    }
}

/// Which of the pages.
#[derive(Clone, Copy)]
enum Which {
    Session(SessionAction),
    Signing,
}

async fn show(setup: &Setup, which: Which, request: Request) -> Response {
    match view(setup, which, &request.into_parts().0).await {
        Ok(view) => page::respond(&view),
        Err(Refused::Unknown) => page::missing(page::Missing::Unknown),
        Err(Refused::AtTheDoor(problem)) => {
            problem.log();
            let (parts, _) = problem.into_response().into_parts();
            let mut page = page::missing(page::Missing::Unavailable(parts.status));
            if let Some(wait) = parts.headers.get(header::RETRY_AFTER) {
                page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
            }
            page
        }
    }
}

async fn view(setup: &Setup, which: Which, parts: &Parts) -> Result<page::SessionView, Refused> {
    let doors = &setup.state.tenants;
    let peer = peer(&parts.extensions);
    doors
        .rates
        .check_ip(client_ip(peer, &parts.headers, &doors.trusted_proxies))?;
    let link = Link::read(parts.uri.query().unwrap_or_default()).ok_or(Refused::Unknown)?;
    let engine = &setup.state.engine;
    let tenant = engine.tenant(link.tenant).await?.ok_or(Refused::Unknown)?;
    let ceremony = match which {
        Which::Session(_) => engine.session_of(link.tenant, &link.challenge).await?,
        Which::Signing => engine.signing_of(link.tenant, &link.challenge).await?,
    };
    let ceremony = ceremony.ok_or(Refused::Unknown)?;
    let place = view::Place {
        origin: setup.own_origin(&parts.headers),
        is_popup: link.is_popup,
        now: engine.clock().now(),
    };
    match (which, &ceremony.begun) {
        (Which::Session(action), Begun::Session(terms)) if terms.action == action => {
            let organisation = stamped_for(engine, terms).await?;
            let organisation = organisation.as_deref();
            Ok(view::of(&tenant, &ceremony, terms, organisation, place))
        }
        (Which::Signing, Begun::Signing(terms)) => {
            view::of_signing(&tenant, &ceremony, terms, place).ok_or(Refused::Unknown)
        }
        _ => Err(Refused::Unknown),
    }
}

/// What the organisation is called that a session's key may stamp for.
async fn stamped_for(engine: &Engine, terms: &SessionTerms) -> Result<Option<String>, Refused> {
    let key = terms.key.as_ref();
    match key.and_then(|key| key.scope.activities.as_ref()) {
        Some(activities) => Ok(engine.organisation_name(activities.organisation).await?),
        None => Ok(None),
    }
}

/// What an address is read for: which session it is, and nothing of what is in it.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    tenant: TenantId,
    challenge: Vec<u8>,
    is_popup: bool,
}

impl Link {
    fn read(query: &str) -> Option<Self> {
        let challenge = told(query, "challenge")?;
        // As lenient as clients of this protocol are with what they are given.
        let challenge = challenge.replace([' ', '+'], "-").replace('/', "_");
        Some(Self {
            tenant: TenantId::parse_lenient(&told(query, "tenant")?)?,
            challenge: base64url::decode(challenge.trim_end_matches('=')).ok()?,
            is_popup: told(query, "popup").as_deref() == Some("1"),
        })
    }
}

/// The value of a parameter. One that is there twice is none: which is meant?
fn told<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let mut values = form_urlencoded::parse(query.as_bytes())
        .filter(|(named, _)| named == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests;
