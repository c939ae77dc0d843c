//! Is it alive, and can it work?

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::pages;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether it can be sent requests.
pub(super) async fn ready(State(state): State<Arc<super::State>>) -> (StatusCode, &'static str) {
    match unready(&state).await {
        None => (StatusCode::OK, "ok\n"),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    }
}

/// The same for people: a page.
pub(super) async fn page(State(state): State<Arc<super::State>>) -> Response {
    pages::status(unready(&state).await.is_none())
}

/// What keeps it from working, if anything does. The store must answer, and must not have given up
/// writing: a server that can only read is to be taken out of service and started anew (threat
/// T115).
pub(super) async fn unready(state: &super::State) -> Option<&'static str> {
    let store = state.engine.store();
    if !store.is_writable() {
        Some("nothing can be written until the server starts anew; see its log\n")
    } else if store.is_empty().await.is_err() {
        Some("the store does not answer; see the log of the server\n")
    } else {
        None
    }
}
