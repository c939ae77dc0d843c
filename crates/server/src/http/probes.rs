//! Is it alive, and can it work?

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The store answers.
pub(super) async fn ready(
    State(state): State<Arc<super::State>>,
) -> (StatusCode, &'static str) {
    if state.engine.store().is_empty().await.is_ok() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer; see the log of the server\n")
    }
}
