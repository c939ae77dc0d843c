//! What the page's script is told when something is refused.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::tenants::Failure;
use rules::tenant::Refusal;
use serde_json::json;
use wire::webauthn::EnvelopeError;

use super::json_answer;
use crate::http::intake;
use crate::rate_limit::RetryAfter;

/// Why it is refused.
pub(super) enum Refused {
    /// No transaction has this link.
    Unknown,
    /// Too often from one address.
    TooMany(RetryAfter),
    /// Another page asks.
    Elsewhere,
    /// Not declared to be JSON: a form of another page could have sent it.
    NotJson,
    /// The body did not get in.
    Intake(intake::Refused),
    /// The body is no answer of a passkey.
    Envelope(EnvelopeError),
    /// A rule says no.
    Rule(Refusal),
    /// What is stored, or what came of it, is not what it should be.
    Unreadable,
    /// Not available, or a bug.
    Engine(engine::Error),
}

impl From<Failure<EnvelopeError>> for Refused {
    fn from(failure: Failure<EnvelopeError>) -> Self {
        match failure {
            Failure::NoTenant | Failure::NotProven => Self::Unknown,
            Failure::Unbelieved(refusal) => Self::Rule(refusal),
            Failure::Unreadable(error) => Self::Envelope(error),
            Failure::Engine(error) => Self::Engine(error),
        }
    }
}

impl Refused {
    /// Status, stable word, and words for people.
    fn told(&self) -> (StatusCode, &'static str, String) {
        let plain = |status, code, text: &str| (status, code, text.to_owned());
        match self {
            Self::Unknown => plain(
                StatusCode::NOT_FOUND,
                "transaction_not_found",
                "transaction not found",
            ),
            Self::TooMany(_) => plain(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "too many requests",
            ),
            Self::Elsewhere => plain(
                StatusCode::FORBIDDEN,
                "not_same_origin",
                "only the confirmation page itself may ask this",
            ),
            Self::NotJson => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "the body must be application/json",
            ),
            Self::Intake(refused) => {
                let status = match refused {
                    intake::Refused::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
                    intake::Refused::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
                    _ => StatusCode::BAD_REQUEST,
                };
                (status, "body_refused", refused.to_string())
            }
            Self::Envelope(error) => (
                StatusCode::BAD_REQUEST,
                "credential_unreadable",
                error.to_string(),
            ),
            Self::Rule(refusal) => of_rule(refusal),
            Self::Unreadable => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the server could not do it; its log tells why",
            ),
            Self::Engine(_) => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the server could not do it; its log tells why",
            ),
        }
    }
}

/// Which step of the judgement failed is for the tenant's log alone: who tries must not learn it
/// (RTS on SCA, article 4(3)(a)).
fn of_rule(refusal: &Refusal) -> (StatusCode, &'static str, String) {
    let status = match refusal {
        Refusal::TransactionIs(_) => StatusCode::CONFLICT,
        Refusal::TransactionNotFound => StatusCode::NOT_FOUND,
        Refusal::NoCredentials => StatusCode::BAD_REQUEST,
        _ => {
            let text = "the confirmation was not accepted";
            return (StatusCode::UNAUTHORIZED, "not_accepted", text.to_owned());
        }
    };
    (status, refusal.code(), refusal.to_string())
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match &self {
            Self::Engine(error) => tracing::error!(%error, "a confirmation failed"),
            Self::Unreadable => tracing::error!("a stored transaction cannot be read"),
            _ => {}
        }
        let (status, code, title) = self.told();
        let body = json!({
            "title": title,
            "details": "",
            "status": status.as_u16(),
            "code": code,
        });
        let mut response = json_answer(status, &body);
        if let Self::TooMany(RetryAfter(seconds)) = self {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
