//! Errors in this family's shape: `{title, details, status}`, and `code`, a stable word, where
//! there is one.
//!
//! The whole translation stands here and in [`words`]. Clients match on titles and details, so the
//! words are part of the contract; what they do not say is only logged.

mod words;

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Error;
use engine::tenants::Failure;
use rules::tenant::Refusal;
use serde_json::{Value, json};

use super::dialect::Fault;
use crate::http::intake::Refused;
use crate::rate_limit::RetryAfter;

/// What somebody tried to do: each has its own words for what went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Deed {
    BeginRegistration,
    FinishRegistration,
    BeginLogin,
    FinishLogin,
    BeginTransaction,
    FinishTransaction,
    /// Of a typed payment, where a challenge that is gone may be renewed.
    Confirm,
    /// With the id it was asked for.
    Credential(String),
    /// What the operator does, with the title of whatever goes wrong with it.
    Operate(&'static str),
    /// The operator removes a key of a tenant, with the id he asked for.
    RemoveKey(String),
    /// Anything that the protocol knows no words for.
    Ours,
}

/// An answer that is not 2xx.
#[derive(Debug)]
pub(in crate::http) struct Problem {
    status: StatusCode,
    title: Cow<'static, str>,
    /// `None` for what is our own fault: the member is not there then.
    details: Option<String>,
    code: Option<&'static str>,
    retry_after: Option<u64>,
    /// Whether a bearer token would help (RFC 9110 §11.6.1).
    asks_for_a_bearer: bool,
    /// For the log.
    inside: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            title: title.into(),
            details: Some(String::new()),
            code: None,
            retry_after: None,
            asks_for_a_bearer: false,
            inside: None,
        }
    }

    fn asking_for_a_bearer(mut self) -> Self {
        self.asks_for_a_bearer = true;
        self
    }

    fn detailed(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The first segment of the path is no UUID.
    pub(in crate::http) fn not_a_tenant() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "tenant_id must be a valid uuid4")
    }

    /// There is no such tenant.
    pub(in crate::http) fn no_tenant() -> Self {
        Self::new(StatusCode::NOT_FOUND, "tenant not found").coded("tenant_not_found")
    }

    /// The API key is missing or wrong: one answer for both.
    pub(in crate::http) fn not_proven() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "The api key is invalid")
            .detailed("api keys needs to be an apiKey Header and 32 byte long")
            .coded("not_proven")
    }

    /// A login of a named user was begun without showing any key.
    pub(super) fn key_missing() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "api key is missing").coded("not_proven")
    }

    /// The operator's token is missing or wrong: one answer for both.
    pub(in crate::http) fn not_the_operator() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "The admin token is missing or wrong",
        )
        .detailed("send it as Authorization: Bearer <token>; the server prints where it is kept")
        .coded("not_proven")
        .asking_for_a_bearer()
    }

    /// The admin API is asked under the name of another host.
    pub(in crate::http) fn another_host() -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, "Misdirected Request")
            .detailed(
                "this is the admin API of another host; names it is reached under are listed \
                 under [admin] names",
            )
            .coded("another_host")
    }

    /// No such path, or not with this method; the two are told alike.
    pub(in crate::http) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// What is asked for is not there.
    pub(in crate::http) fn absent(what: impl Into<Cow<'static, str>>, code: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, what).coded(code)
    }

    /// A parameter of the address cannot be read.
    pub(in crate::http) fn bad_request(title: &'static str, details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, title)
            .detailed(details)
            .coded("invalid")
    }

    /// A body that the dialect could not read.
    pub(in crate::http) fn unreadable(deed: &Deed, fault: Fault) -> Self {
        let bad = |title: &'static str| Self::new(StatusCode::BAD_REQUEST, title);
        if let (Deed::Operate(title), Fault::Process(details) | Fault::Validate(details)) =
            (deed, &fault)
        {
            return bad(title).detailed(details.as_str()).coded("invalid");
        }
        match fault {
            Fault::Process(details) => bad("unable to process request")
                .detailed(details)
                .coded("invalid"),
            Fault::Validate(details) => bad("unable to validate request")
                .detailed(details)
                .coded("invalid"),
            Fault::Envelope(code) => {
                let (title, details) = match deed {
                    Deed::FinishRegistration => {
                        (words::CREATION_UNREADABLE, "Parse error for Registration")
                    }
                    Deed::FinishTransaction | Deed::Confirm => {
                        ("unable to finish transaction", "Parse error for Assertion")
                    }
                    _ => ("unable to finish login", "Parse error for Assertion"),
                };
                bad(title).detailed(details).coded(code)
            }
        }
    }

    /// A rule said no.
    pub(in crate::http) fn refused(deed: &Deed, refusal: &Refusal) -> Self {
        words::of(deed, refusal).coded(refusal.code())
    }

    /// No such credential.
    pub(super) fn no_credential(id: &str) -> Self {
        words::no_credential(id).coded("credential_not_found")
    }

    /// A call that came to nothing.
    pub(in crate::http) fn failed(deed: &Deed, failure: Failure<Fault>) -> Self {
        match failure {
            Failure::NoTenant => Self::no_tenant(),
            Failure::NotProven => Self::not_proven(),
            Failure::Unbelieved(refusal) => Self::refused(deed, &refusal),
            Failure::Unreadable(fault) => Self::unreadable(deed, fault),
            Failure::Engine(error) => error.into(),
        }
    }

    /// An answer of the engine that the command cannot have: a bug.
    pub(in crate::http) fn unexpected(answer: &impl std::fmt::Debug) -> Self {
        Self {
            inside: Some(format!("an answer to something else: {answer:?}")),
            ..Self::ours()
        }
    }

    /// Our own fault, of which nothing is told.
    pub(in crate::http) fn ours() -> Self {
        Self {
            details: None,
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }

    /// Writes what the outside is not told. A failure is logged once, here.
    pub(in crate::http) fn log(&self) {
        let status = self.status.as_u16();
        match &self.inside {
            Some(inside) => tracing::error!(status, cause = inside, "request failed"),
            None => tracing::debug!(status, code = self.code, "request refused"),
        }
    }

    /// The body.
    fn body(&self) -> Value {
        let mut body = json!({ "title": self.title, "status": self.status.as_u16() });
        if let Some(details) = &self.details {
            body["details"] = details.as_str().into();
        }
        if let Some(code) = self.code {
            body["code"] = code.into();
        }
        body
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let unavailable = |details: &str| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").detailed(details)
        };
        match error {
            Error::Store(error @ store::Error::OutsideScope) => Self {
                inside: Some(error.to_string()),
                ..Self::ours()
            },
            Error::Store(error) => Self {
                inside: Some(error.to_string()),
                ..unavailable(match error.leaves_in_doubt() {
                    true => "the store is not available; look whether it was done, then try again",
                    false => "the store is not available; nothing was done",
                })
            },
            Error::Contended(_) => {
                unavailable("the same is being changed by others; send the request again")
            }
            // Only the operator gets here, who may take session keys away.
            Error::Chain(error) => Self {
                inside: Some(error.to_string()),
                ..Self::new(StatusCode::BAD_GATEWAY, "Bad Gateway")
                    .detailed("the chain does not answer; nothing was done")
            },
            other => Self {
                inside: Some(other.to_string()),
                ..Self::ours()
            },
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Refused::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refused::BrokenOff
            | Refused::Repeated(_)
            | Refused::Ambiguous
            | Refused::NotText(_) => StatusCode::BAD_REQUEST,
        };
        Self::new(status, "unable to process request").detailed(refused.to_string())
    }
}

impl From<RetryAfter> for Problem {
    fn from(wait: RetryAfter) -> Self {
        Self {
            retry_after: Some(wait.0),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
                .detailed(wait.to_string())
                .coded("too_many_requests")
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = super::reply::json(self.status, &self.body());
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.asks_for_a_bearer {
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests;
