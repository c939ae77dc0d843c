//! Is it alive, and can it work?

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The store answers, and has not given up writing: a server that can only read is to be taken
/// out of service and started anew (threat T115).
pub(super) async fn ready(State(state): State<Arc<super::State>>) -> (StatusCode, &'static str) {
    let store = state.engine.store();
    let unready = if !store.is_writable() {
        "nothing can be written until the server starts anew; see its log\n"
    } else if store.is_empty().await.is_err() {
        "the store does not answer; see the log of the server\n"
    } else {
        return (StatusCode::OK, "ok\n");
    };
    (StatusCode::SERVICE_UNAVAILABLE, unready)
}
