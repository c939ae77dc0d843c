//! Is it there, and can it work?

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::network;
use crate::http::tenants::reply;
use crate::http::{State, probes};
use crate::pages;

/// The health checks, which want no token: the word says nothing about anybody.
pub(super) async fn health(state: &State, method: &Method, path: &str) -> Option<Response> {
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    match path {
        "/health/alive" => Some(reply::json(StatusCode::OK, &json!({ "alive": true }))),
        "/health/ready" => {
            let unready = probes::unready(state).await;
            let status = match unready {
                None => StatusCode::OK,
                Some(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            Some(reply::json(status, &json!({ "ready": unready.is_none() })))
        }
        _ => None,
    }
}

/// For people who look where they have got to: with what the payers have.
pub(super) async fn page(state: &State) -> Response {
    let networks = network::of(state).await;
    pages::admin::status(&networks).into_response()
}
