//! The activities family: stamped commands and queries below `/public/v1`.

mod answer;
mod cors;
pub mod dialect;
mod fields;
mod problem;
pub mod query;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use engine::Dialect;
use serde_json::Value;
use wire::RawRequest;
use wire::activities::Endpoint;
use wire::activities::endpoint::{self, Support};

use self::problem::Problem;
use super::intake;

/// How this family is read.
pub const DIALECT: Dialect = Dialect {
    submission: dialect::submission,
    question: query::question,
    path_of: dialect::path_of,
};

/// `/submit/<name>` and `/query/<name>`.
pub(super) fn routes() -> Router<Arc<super::State>> {
    Router::new()
        .route("/submit/{name}", any(submit))
        .route("/query/{name}", any(ask))
}

async fn submit(State(state): State<Arc<super::State>>, request: Request) -> Response {
    answer(&state, request, Door::Submit).await
}

async fn ask(State(state): State<Arc<super::State>>, request: Request) -> Response {
    answer(&state, request, Door::Query).await
}

/// Everything that is no path, in this family's error shape: its clients are the ones that guess.
pub(super) async fn unknown_path(request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return cors::preflight();
    }
    cors::open(Problem::unknown_path(request.uri().path()).into_response())
}

/// What a bug of ours is answered with where nothing more is known of it.
pub(super) fn internal_error() -> Response {
    cors::open(Problem::internal().into_response())
}

#[derive(Clone, Copy)]
enum Door {
    Submit,
    Query,
}

async fn answer(state: &super::State, request: Request, door: Door) -> Response {
    if request.method() == Method::OPTIONS {
        return cors::preflight();
    }
    let started = std::time::Instant::now();
    let name = request
        .uri()
        .path()
        .rsplit('/')
        .next()
        .and_then(|name| known(door, name));
    let response = match walk(state, request, door, name).await {
        Ok(body) => json(StatusCode::OK, &body),
        Err(problem) => {
            problem.log();
            problem.into_response()
        }
    };
    // Only names of the catalogue become labels, so that nobody can grow the metrics.
    let route = name.map_or("unknown", |endpoint| endpoint.name);
    let code = response.status().as_str().to_owned();
    metrics::counter!("zegel_requests_total", "route" => route, "code" => code).increment(1);
    metrics::histogram!("zegel_request_seconds").record(started.elapsed());
    cors::open(response)
}

async fn walk(
    state: &super::State,
    request: Request,
    door: Door,
    endpoint: Option<&'static Endpoint>,
) -> Result<Value, Problem> {
    if request.method() != Method::POST {
        return Err(Problem::method_not_allowed());
    }
    let path = request.uri().path();
    let endpoint = endpoint.ok_or_else(|| Problem::unknown_path(path))?;
    if endpoint.support == Support::NotServed {
        return Err(Problem::not_served(endpoint.name));
    }
    let raw = collect(state, request).await?;
    match door {
        Door::Submit => {
            let recorded = state.engine.submit(raw, &DIALECT).await?;
            answer::submitted(recorded.into_inner(), state.engine.clock().now())
        }
        Door::Query => {
            let answered = state.engine.ask(raw, &DIALECT).await?;
            answer::answered(answered.into_inner(), state.engine.clock().now())
        }
    }
}

fn known(door: Door, name: &str) -> Option<&'static Endpoint> {
    match door {
        Door::Submit => endpoint::submission(name),
        Door::Query => endpoint::query_named(name),
    }
}

async fn collect(state: &super::State, request: Request) -> Result<RawRequest, Problem> {
    let (mut parts, body) = request.into_parts();
    // The router strips the prefix it matched; the engine wants the path as it was sent.
    if let Some(original) = parts.extensions.get::<axum::extract::OriginalUri>() {
        parts.uri = original.0.clone();
    }
    Ok(intake::collect(parts, body, state.limits).await?)
}

/// One client refuses any parameter on the content type, so there is none.
fn json(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}
