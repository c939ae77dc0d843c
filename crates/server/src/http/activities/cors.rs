//! Any page may post a stamped request.
//!
//! Nothing here rests on ambient authority: no cookie is read and none is set, so a page can do
//! no more than whoever holds the key, and `*` (never with credentials, threat T55) is safe.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const HEADERS: &str = "Content-Type, X-Stamp, X-Stamp-Webauthn, X-Stamp-Attested, X-Session, \
                       X-Client-Version, X-Auth-Proxy-Config-ID, X-Captcha-Token";

/// The answer to `OPTIONS`. It has no other effect.
pub(super) fn preflight() -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    open((StatusCode::NO_CONTENT, allowed).into_response())
}

/// Lets any page read the answer, errors included.
pub(super) fn open(mut response: Response) -> Response {
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    let sniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, sniff);
    let cache = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    response
}
