//! The front doors.
//!
//! Each protocol family has a folder: its `dialect` reads JSON into what is meant, its `answer`
//! renders what came out, its `problem` what did not. Between the two lies the engine.

pub mod activities;
pub mod client_ip;
pub mod confirm;
pub mod intake;
mod log;
mod probes;
pub mod tenants;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use engine::Engine;

/// What every handler sees.
pub struct State {
    /// The one path.
    pub engine: Engine,
    /// What intake lets in.
    pub limits: intake::Limits,
}

/// The routes of the protocol families, the log and the probes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .nest("/public/v1", activities::routes())
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .merge(log::routes())
        .fallback(activities::unknown_path)
        .with_state(state)
}
