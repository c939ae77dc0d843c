//! Answers of this family, before they are on their way.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::REQUEST_ID;

/// An answer that went well.
pub(in crate::http) struct Reply {
    status: StatusCode,
    body: Option<Value>,
    headers: HeaderMap,
}

impl Reply {
    /// 200 with this body.
    pub(in crate::http) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
            headers: HeaderMap::new(),
        }
    }

    /// 201 with this body.
    pub(in crate::http) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..Self::ok(body)
        }
    }

    /// 204.
    pub(in crate::http) fn nothing() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
            headers: HeaderMap::new(),
        }
    }

    /// The same with these headers.
    pub(in crate::http) fn with(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The same, which may be kept for `seconds`.
    pub(in crate::http) fn kept_for(mut self, seconds: u32) -> Self {
        let value = HeaderValue::from_str(&format!("max-age={seconds}"))
            .expect("letters and digits are a header value");
        self.headers.insert(header::CACHE_CONTROL, value);
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match &self.body {
            Some(body) => json(self.status, body),
            None => self.status.into_response(),
        };
        response.headers_mut().extend(self.headers);
        response
    }
}

/// What every answer has: the name of its request, a type that nobody guesses anew, and nothing
/// that is kept unless it says for how long. A HEAD gets the head of it.
pub(in crate::http) fn seal(response: &mut Response, method: &Method, request_id: &str) {
    let headers = response.headers_mut();
    // Hexadecimal digits, or what a header brought.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    let sniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, sniff);
    let cache = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(cache);
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
}

/// The type of what [`json`] makes.
pub(in crate::http) const JSON: HeaderValue =
    HeaderValue::from_static("application/json; charset=UTF-8");

/// JSON as the clients of this API have always got it: with a charset, and a newline at the end.
pub(in crate::http) fn json(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], format!("{body}\n")).into_response()
}
