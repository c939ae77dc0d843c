//! Pages for people: static HTML and small modules, kept in the binary, nothing fetched from
//! elsewhere.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The page that takes the first step.
pub(crate) fn first_step() -> Response {
    html(StatusCode::OK, include_str!("first_step.html"))
}

/// The page in its place once the step was taken.
pub(crate) fn first_step_taken() -> Response {
    html(StatusCode::GONE, include_str!("first_step_taken.html"))
}

/// The module of the first step's page.
pub(crate) fn first_step_module() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("first_step.js"),
    )
}

/// The style all pages share.
pub(crate) fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("style.css"))
}

/// What tabs and bookmarks show.
pub(crate) fn icon() -> Response {
    asset("image/svg+xml", include_str!("icon.svg"))
}

fn html(status: StatusCode, page: &'static str) -> Response {
    (status, asset("text/html; charset=utf-8", page)).into_response()
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    for (name, value) in GUARDS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Nothing inline, nothing from elsewhere, in nobody's frame; no address is told to anybody.
const GUARDS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
];
