//! Pages for people: static HTML and small modules, kept in the binary, nothing fetched from
//! elsewhere.

pub(crate) mod admin;
pub(crate) mod colour;
pub(crate) mod confirm;
mod html;
mod lookalike;
pub(crate) mod session;
mod shown;
mod signed_json;
pub mod words;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The page that takes the first step.
pub(crate) fn first_step() -> Response {
    html(StatusCode::OK, include_str!("first_step.html").to_owned())
}

/// The page in its place once the step was taken.
pub(crate) fn first_step_taken() -> Response {
    html(StatusCode::GONE, include_str!("first_step_taken.html"))
}

/// What stands at the root, for people who look whether anybody is there.
pub(crate) fn status(is_well: bool) -> Response {
    let (status, title, words) = if is_well {
        let words =
            "This server keeps keys and passkeys for applications, which call it by its API.";
        (StatusCode::OK, "It is running", words)
    } else {
        let words = "This server cannot work at the moment; its log says why.";
        (StatusCode::INTERNAL_SERVER_ERROR, "It is not well", words)
    };
    let page = include_str!("status.html");
    html(
        status,
        page.replace("{{title}}", title).replace("{{words}}", words),
    )
}

/// The module of the first step's page.
pub(crate) fn first_step_module() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("first_step.js"),
    )
}

/// The page on which a person approves a transaction.
pub(crate) fn confirm(view: &confirm::ConfirmView) -> Response {
    let mut response = html(StatusCode::OK, confirm::page(view));
    guard(&mut response, &CONFIRM_GUARDS);
    if view.is_popup {
        // Who opened the popup is told how it ended, so the two must stay in touch.
        let loose = HeaderValue::from_static("unsafe-none");
        response.headers_mut().insert(OPENER_POLICY, loose);
    }
    response
}

/// The page in its place when there is no such transaction.
pub(crate) fn confirm_unknown() -> Response {
    html(StatusCode::NOT_FOUND, include_str!("confirm_unknown.html"))
}

/// The page in its place when the server cannot show it now.
pub(crate) fn confirm_unavailable(status: StatusCode) -> Response {
    html(status, include_str!("confirm_unavailable.html"))
}

/// The module of the page on which a person approves.
pub(crate) fn confirm_module() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("confirm.js"))
}

/// What the modules of the pages on which people answer have in common.
pub(crate) fn page_module() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("page.js"))
}

/// The style all pages share.
pub(crate) fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("style.css"))
}

/// What tabs and bookmarks show.
pub(crate) fn icon() -> Response {
    asset("image/svg+xml", include_str!("icon.svg"))
}

fn html(status: StatusCode, page: impl Into<String>) -> Response {
    (status, asset("text/html; charset=utf-8", page.into())).into_response()
}

fn asset(kind: &'static str, text: impl IntoResponse) -> Response {
    let mut response = text.into_response();
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    guard(&mut response, &GUARDS);
    response
}

fn guard(response: &mut Response, guards: &[(HeaderName, &'static str)]) {
    for (name, value) in guards {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

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
    (OPENER_POLICY, "same-origin"),
    (
        PERMISSIONS_POLICY,
        "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
];

/// As [`GUARDS`], for a page that shows texts of others: scripts cannot turn text into markup
/// (threat T53), and passkeys are asked for but not made.
const CONFIRM_GUARDS: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (
        PERMISSIONS_POLICY,
        "publickey-credentials-get=(self), payment=(self)",
    ),
];
