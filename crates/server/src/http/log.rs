//! The log's public face: checkpoint and hash tiles (C2SP tlog-tiles). Tiles hold hashes of
//! salted commitments only; entries are for those who may read the organisation.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) fn routes() -> Router<Arc<super::State>> {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/key", get(key))
        .route("/log/tile/{level}/{*index}", get(tile))
}

async fn checkpoint(State(state): State<Arc<super::State>>) -> Response {
    match state.engine.checkpoint().await {
        Ok(note) => text(note),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The key checkpoints are signed with, in the form verifiers take.
async fn key(State(state): State<Arc<super::State>>) -> Response {
    text(state.engine.log_verifier_key())
}

async fn tile(
    State(state): State<Arc<super::State>>,
    Path((level, index)): Path<(String, String)>,
) -> Response {
    let Ok(tile) = format!("{level}/{index}").parse() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match state.engine.store().tile(tile).await {
        Ok(Some(hashes)) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], hashes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}
