//! What a person, or the page's script, is told when something is refused.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::tenants::Failure;
use rules::tenant::Refusal;
use serde_json::json;
use wire::webauthn::EnvelopeError;

use super::json_answer;
use crate::http::intake;
use crate::http::tenants::problem::Problem;
use crate::pages;
use crate::rate_limit::RetryAfter;

/// Why it is refused.
pub(super) enum Refused {
    /// No transaction has this link.
    Unknown,
    /// Another page asks.
    Elsewhere,
    /// Not declared to be JSON: a form of another page could have sent it.
    NotJson,
    /// The body is no answer of a passkey.
    Envelope(EnvelopeError),
    /// A rule says no.
    Rule(Refusal),
    /// What is stored, or what came of it, is not what it should be.
    Unreadable,
    /// What any door of the tenants would say: too often, too large, not available.
    AtTheDoor(Problem),
}

impl From<Failure<EnvelopeError>> for Refused {
    fn from(failure: Failure<EnvelopeError>) -> Self {
        match failure {
            Failure::NoTenant | Failure::NotProven => Self::Unknown,
            Failure::Unbelieved(refusal) => Self::Rule(refusal),
            Failure::Unreadable(error) => Self::Envelope(error),
            Failure::Engine(error) => error.into(),
        }
    }
}

impl From<engine::Error> for Refused {
    fn from(error: engine::Error) -> Self {
        Self::AtTheDoor(error.into())
    }
}

impl From<intake::Refused> for Refused {
    fn from(refused: intake::Refused) -> Self {
        Self::AtTheDoor(refused.into())
    }
}

impl From<RetryAfter> for Refused {
    fn from(wait: RetryAfter) -> Self {
        Self::AtTheDoor(wait.into())
    }
}

impl Refused {
    /// For a person: a page, with the status and headers a program would get.
    pub(super) fn into_page(self) -> Response {
        if matches!(self, Self::Unknown) {
            return pages::confirm_unknown();
        }
        let (parts, _) = self.into_response().into_parts();
        let mut page = pages::confirm_unavailable(parts.status);
        if let Some(wait) = parts.headers.get(header::RETRY_AFTER) {
            page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
        }
        page
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let plain = |status: StatusCode, code: &str, title: &str| {
            let body = json!({
                "title": title,
                "details": "",
                "status": status.as_u16(),
                "code": code,
            });
            json_answer(status, &body)
        };
        match self {
            Self::Unknown => plain(
                StatusCode::NOT_FOUND,
                "transaction_not_found",
                "transaction not found",
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
            Self::Envelope(error) => plain(
                StatusCode::BAD_REQUEST,
                "credential_unreadable",
                &error.to_string(),
            ),
            Self::Rule(refusal) => match status_of(&refusal) {
                Some(status) => plain(status, refusal.code(), &refusal.to_string()),
                None => plain(
                    StatusCode::UNAUTHORIZED,
                    "not_accepted",
                    "the confirmation was not accepted",
                ),
            },
            Self::Unreadable => {
                tracing::error!("a stored transaction cannot be read");
                plain(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "the server could not do it; its log tells why",
                )
            }
            Self::AtTheDoor(problem) => {
                problem.log();
                problem.into_response()
            }
        }
    }
}

/// The status of a refusal that may be told. Which step of the judgement failed is for the
/// tenant's log alone: who tries must not learn it (RTS on SCA, article 4(3)(a)).
fn status_of(refusal: &Refusal) -> Option<StatusCode> {
    match refusal {
        Refusal::TransactionIs(_) => Some(StatusCode::CONFLICT),
        Refusal::TransactionNotFound => Some(StatusCode::NOT_FOUND),
        Refusal::NoCredentials => Some(StatusCode::BAD_REQUEST),
        _ => None,
    }
}
