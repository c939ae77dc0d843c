//! The front doors.
//!
//! Each protocol family has a folder: its `dialect` reads JSON into what is meant, its `answer`
//! renders what came out, its `problem` what did not. Between the two lies the engine.

pub mod activities;
pub mod admin;
pub mod client_ip;
pub mod confirm;
pub(crate) mod instant;
pub mod intake;
mod log;
mod probes;
pub mod session_pages;
pub(crate) mod sessions;
pub mod tenants;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;

/// What every handler sees.
pub struct State {
    /// The one path.
    pub engine: Engine,
    /// What intake lets in.
    pub limits: intake::Limits,
    /// How the doors of the Passkey API are set.
    pub tenants: tenants::Doors,
}

/// The routes of the protocol families, the log and the probes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .nest("/public/v1", activities::routes())
        .route("/", get(probes::page))
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .merge(log::routes())
        .merge(tenants::well_known::routes())
        .fallback(otherwise)
        .with_state(state)
}

/// What no fixed path leads to: a tenant's, or nobody's.
async fn otherwise(
    axum::extract::State(state): axum::extract::State<Arc<State>>,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    if let Some(rest) = sessions::addressed(&path) {
        return sessions::answer(&state, rest, request).await;
    }
    match tenants::addressed(&path) {
        Some((tenant, rest)) => tenants::answer(&state, tenant, rest, request).await,
        None => activities::unknown_path(request).await,
    }
}

/// What is told where a handler panicked, in the shape of the family it was asked in.
pub(crate) fn panicked(path: &str) -> Response {
    match tenants::addressed(path) {
        Some(_) => tenants::problem::Problem::ours().into_response(),
        None => activities::internal_error(),
    }
}
