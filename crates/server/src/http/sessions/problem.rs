//! Errors in the shapes of this family: flat for one generation of clients, below `error` for the
//! other, both at once.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::Error;
use engine::tenants::Failure;
use rules::tenant::prepare::PrepareRefusal;
use rules::tenant::{Refusal, SessionAction};
use serde_json::{Value, json};
use wire::Timestamp;
use wire::environment::NotAnEnvironment;
use wire::solana::external_signature::{ErrorKind, ProgramError};
use wire::solana::signature_text;

use super::advice;
use crate::http::instant::rfc3339;
use crate::http::intake::Refused;
use crate::http::tenants::reply;
use crate::rate_limit::RetryAfter;

/// An answer that is not 2xx.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Vec<Value>,
    retry_after: Option<u64>,
    /// For the log.
    inside: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
            retry_after: None,
            inside: None,
        }
    }

    /// A member is missing, or not what it should be; `field` names it.
    pub(super) fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidRequest",
            format!("{field} {message}"),
        );
        problem.details = vec![json!({
            "field": field,
            "code": "INVALID_VALUE",
            "message": message,
        })];
        problem
    }

    /// The body is not one JSON object.
    pub(super) fn not_json(message: impl std::fmt::Display) -> Self {
        let message = format!("the body is not one JSON object: {message}");
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    /// A key to repeat requests by that is none.
    pub(super) fn idempotency_key() -> Self {
        Self::repeated(
            (StatusCode::BAD_REQUEST, "InvalidRequest"),
            "INVALID_IDEMPOTENCY_KEY",
            "must be 1 to 128 letters, digits, hyphens and underscores",
        )
    }

    /// A key to repeat requests by stands for another request.
    pub(super) fn idempotency_key_reused() -> Self {
        Self::repeated(
            (StatusCode::CONFLICT, "Conflict"),
            "IDEMPOTENCY_KEY_REUSED",
            "was sent with another request; send a new one with each",
        )
    }

    /// The request under this key is being carried out.
    pub(super) fn idempotency_key_in_progress() -> Self {
        let mut problem = Self::repeated(
            (StatusCode::CONFLICT, "Conflict"),
            "IDEMPOTENCY_KEY_IN_PROGRESS",
            "was sent with a request that is not answered yet; wait as long as Retry-After says",
        );
        problem.retry_after = Some(1);
        problem
    }

    fn repeated(
        (status, code): (StatusCode, &'static str),
        detail: &'static str,
        message: &'static str,
    ) -> Self {
        let mut problem = Self::new(status, code, format!("x-idempotency-key {message}"));
        problem.details = vec![json!({
            "field": "x-idempotency-key",
            "code": detail,
            "message": message,
        })];
        problem
    }

    /// The network is none that this server keeps sessions for.
    pub(super) fn network(error: &NotAnEnvironment) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidNetwork", error.to_string())
    }

    /// The chain has been told and has not answered yet.
    pub(super) fn not_yet(signature: &[u8]) -> Self {
        let message = format!(
            "transaction {} was sent and is not carried out yet; look at the account in a while",
            signature_text(signature)
        );
        Self::new(StatusCode::GATEWAY_TIMEOUT, "OnChainFailure", message)
    }

    /// The API key is missing or wrong, and no tenant is named either.
    pub(super) fn unauthorised() -> Self {
        let message = "send Authorization: Bearer <API key of the tenant>";
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", message)
    }

    /// No such path, or not with this method.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "there is no such path")
    }

    /// There is no account at this address.
    pub(super) fn no_account() -> Self {
        Self::refused(&Refusal::AccountUnknown, None)
    }

    /// A rule said no.
    pub(super) fn refused(refusal: &Refusal, action: Option<SessionAction>) -> Self {
        let (status, code) = match refusal {
            Refusal::NotProven => return Self::unauthorised(),
            Refusal::MissingSessionKey => (StatusCode::BAD_REQUEST, "MissingSessionKey"),
            Refusal::AccountUnknown => (StatusCode::NOT_FOUND, "NoValidExternallySignedAccount"),
            Refusal::ChallengeUnknown => (StatusCode::CONFLICT, "ChallengeAlreadyUsed"),
            Refusal::CeremonyExpired => (StatusCode::BAD_REQUEST, "ChallengeExpired"),
            Refusal::SessionMismatch(_) => (StatusCode::BAD_REQUEST, "ChallengeMismatch"),
            Refusal::OtherRelyingParty(_) => (StatusCode::BAD_REQUEST, "RelyingPartyMismatch"),
            Refusal::OtherEnvironment(_) => (StatusCode::FORBIDDEN, "Forbidden"),
            Refusal::NoNetwork(_) => (StatusCode::BAD_REQUEST, "InvalidNetwork"),
            Refusal::DayIsSpent => (StatusCode::TOO_MANY_REQUESTS, "RateLimited"),
            Refusal::NoChain(_) | Refusal::OnePasskey(_) => {
                (StatusCode::NOT_IMPLEMENTED, "InvalidNetwork")
            }
            Refusal::NotAMember | Refusal::OwnChange => (StatusCode::FORBIDDEN, "Forbidden"),
            Refusal::MemberUnknown => (StatusCode::NOT_FOUND, "NotFound"),
            Refusal::MemberExists => (StatusCode::CONFLICT, "Conflict"),
            Refusal::SessionOver => (StatusCode::BAD_REQUEST, "SessionKeyExpired"),
            Refusal::OutOfScope(_) | Refusal::NotPrepared(PrepareRefusal::Scope(_)) => {
                (StatusCode::FORBIDDEN, "OutOfScope")
            }
            Refusal::NotPrepared(_) => (StatusCode::BAD_REQUEST, "InvalidTransaction"),
            Refusal::Waiting => (StatusCode::CONFLICT, "Conflict"),
            Refusal::PreparationUnknown => (StatusCode::CONFLICT, "TransactionExpired"),
            Refusal::NotSigned(_) => (StatusCode::BAD_REQUEST, "InvalidSignature"),
            Refusal::SlotExpired => (StatusCode::BAD_REQUEST, "SlotExpired"),
            Refusal::AccountExists => (StatusCode::CONFLICT, "AccountAlreadyExists"),
            // What a session key had done may have called any program: only a ceremony's number is
            // the one program's.
            Refusal::OnChain { custom, .. } => on_chain(action.and(*custom)),
            Refusal::Lapsed => (StatusCode::BAD_GATEWAY, "OnChainFailure"),
            Refusal::NotForContract(_) => (StatusCode::BAD_REQUEST, "InvalidAuthenticatorResponse"),
            Refusal::NotOnChain(_) => (StatusCode::BAD_REQUEST, "InvalidAuthenticatorResponse"),
            Refusal::NotBelieved(_) => (StatusCode::BAD_REQUEST, "InvalidAuthenticatorResponse"),
            _ => (StatusCode::BAD_REQUEST, "InvalidRequest"),
        };
        let message = match (refusal, action) {
            (Refusal::ChallengeUnknown, Some(_)) => {
                "the challenge was never issued, is used, or was issued for something else; ask \
                 for a new URL"
                    .to_owned()
            }
            (Refusal::CeremonyExpired, Some(_)) => {
                "the challenge has expired: it lives for 60 seconds; ask for a new URL".to_owned()
            }
            (Refusal::SlotExpired, _) => format!("{refusal}; ask for a new URL"),
            (refusal, _) => match advice::of(refusal.code()) {
                Some(advice) => format!("{refusal}: {advice}"),
                None => refusal.to_string(),
            },
        };
        let mut problem = Self::new(status, code, message);
        problem.details = vec![json!({
            "code": refusal.code(),
            "message": refusal.to_string(),
        })];
        if let Some(advice) = advice::of(refusal.code()) {
            problem.details[0]["suggestion"] = advice.into();
        }
        problem
    }

    /// What it says.
    #[cfg(test)]
    pub(super) fn said(&self) -> String {
        self.message.clone()
    }

    /// Without an outcome.
    pub(super) fn failed(failure: Failure<Self>, action: Option<SessionAction>) -> Self {
        match failure {
            Failure::NoTenant | Failure::NotProven => Self::unauthorised(),
            Failure::Unbelieved(refusal) => Self::refused(&refusal, action),
            Failure::Unreadable(problem) => problem,
            Failure::Engine(error) => error.into(),
        }
    }

    /// The body, at this time, of the request with this id.
    pub(super) fn into_answer(self, now: Timestamp, request_id: &str) -> Response {
        if let Some(inside) = &self.inside {
            tracing::error!(status = self.status.as_u16(), inside, "a request failed");
        }
        let error = json!({
            "code": self.code,
            "message": self.message,
            "timestamp": rfc3339(now),
            "details": self.details,
        });
        let mut body = error.clone();
        body["request_id"] = request_id.into();
        body["error"] = error;
        let mut response = reply::json(self.status, &body).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// What a program on the chain says no with, by its number.
fn on_chain(custom: Option<u32>) -> (StatusCode, &'static str) {
    match custom
        .and_then(ProgramError::from_number)
        .map(ProgramError::kind)
    {
        Some(ErrorKind::Authenticator) => (StatusCode::BAD_REQUEST, "InvalidAuthenticatorResponse"),
        Some(ErrorKind::Session) => (StatusCode::BAD_REQUEST, "InvalidSessionKey"),
        _ => (StatusCode::BAD_GATEWAY, "OnChainFailure"),
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let inside = Some(format!("{error:?}"));
        let problem = match error {
            Error::Store(_) | Error::Contended(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Unavailable",
                "the server cannot answer at the moment; try again",
            ),
            Error::PayerPoor(payer) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "OnChainFailure",
                format!(
                    "the server's payer {payer} has too little to pay with; nothing was done: its \
                     operator has to fund it"
                ),
            ),
            Error::Chain(_) => Self::new(
                StatusCode::BAD_GATEWAY,
                "OnChainFailure",
                "the chain does not answer; nothing was done",
            ),
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal",
                "the server failed; its log says more",
            ),
        };
        Self { inside, ..problem }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, "InvalidRequest", refused.to_string())
    }
}

impl From<RetryAfter> for Problem {
    fn from(wait: RetryAfter) -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "RateLimited",
            "too many requests; wait as long as Retry-After says",
        );
        problem.retry_after = Some(wait.0);
        problem
    }
}
