//! Errors in this family's shape: `{title, details, status}`, and `code`, a stable word, where
//! there is one.
//!
//! The whole translation stands here. Clients match on titles and details, so the words are part
//! of the contract; what they do not say is only logged.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Error;
use engine::tenants::Failure;
use rules::tenant::Refusal;
use rules::tenant::transaction::State;
use serde_json::{Value, json};
use verify::webauthn::Rejection;

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
                        (CREATION_UNREADABLE, "Parse error for Registration")
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
        let problem = match deed {
            Deed::BeginRegistration | Deed::Ours => plainly(refusal),
            Deed::FinishRegistration => registration(refusal),
            Deed::BeginLogin => login_begun(refusal),
            Deed::FinishLogin | Deed::FinishTransaction => assertion(refusal),
            Deed::Confirm => confirmation(refusal),
            Deed::BeginTransaction => transaction_begun(refusal),
            Deed::Operate(title) => operated(title, refusal),
            Deed::RemoveKey(id) => match refusal {
                Refusal::SecretNotFound => Self::new(
                    StatusCode::NOT_FOUND,
                    format!("secret with ID '{}' not found", beginning(id)),
                ),
                other => operated("unable to remove key", other),
            },
            Deed::Credential(id) => match refusal {
                Refusal::CredentialNotFound => no_credential(id),
                other => plainly(other),
            },
        };
        problem.coded(refusal.code())
    }

    /// No such credential.
    pub(super) fn no_credential(id: &str) -> Self {
        no_credential(id).coded("credential_not_found")
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
    fn ours() -> Self {
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

const CREATION_UNREADABLE: &str = "unable to parse credential creation response";
const ATTESTATION_FAILED: &str = "failed to validate attestation";
const ASSERTION_FAILED: &str = "failed to validate assertion";

/// The title is the refusal itself, the status that of its kind.
fn plainly(refusal: &Refusal) -> Problem {
    let status = match refusal {
        Refusal::Invalid(message) => {
            return Problem::new(StatusCode::BAD_REQUEST, "unable to validate request")
                .detailed(message);
        }
        Refusal::NotProven => return Problem::not_proven(),
        Refusal::UserNotFound
        | Refusal::CredentialNotFound
        | Refusal::TransactionNotFound
        | Refusal::SecretNotFound => StatusCode::NOT_FOUND,
        Refusal::NoCredentials | Refusal::AuthenticatorNotWelcome(_) => StatusCode::BAD_REQUEST,
        Refusal::CredentialTaken
        | Refusal::TransactionExists
        | Refusal::TransactionIs(_)
        | Refusal::AlreadyConsumed
        | Refusal::PaymentMismatch
        | Refusal::SecretNameTaken
        | Refusal::LastTokenKey
        | Refusal::LimitExceeded(_) => StatusCode::CONFLICT,
        Refusal::ChallengeUnknown | Refusal::CeremonyExpired | Refusal::NotBelieved(_) => {
            StatusCode::UNAUTHORIZED
        }
    };
    Problem::new(status, refusal.to_string())
}

/// The title is that of the deed where the protocol has no other.
fn operated(title: &'static str, refusal: &Refusal) -> Problem {
    let status = match refusal {
        Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
        Refusal::LimitExceeded(_) | Refusal::LastTokenKey => StatusCode::CONFLICT,
        other => return plainly(other),
    };
    Problem::new(status, title).detailed(refusal.to_string())
}

fn registration(refusal: &Refusal) -> Problem {
    let failed = |details: String| {
        Problem::new(StatusCode::BAD_REQUEST, ATTESTATION_FAILED).detailed(details)
    };
    match refusal {
        Refusal::ChallengeUnknown => Problem::new(StatusCode::BAD_REQUEST, refusal.to_string()),
        // Word for word what the library says whose words clients know, newline and all.
        Refusal::NotBelieved(Rejection::UserVerificationMissing) => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "failed to validate attestation: Error validating the authenticator response: User \
             verification required but flag not set by authenticator\n",
        )
        .detailed("Error validating the authenticator response"),
        Refusal::NotBelieved(Rejection::AttestationObject(_) | Rejection::AuthenticatorData(_)) => {
            Problem::new(StatusCode::BAD_REQUEST, CREATION_UNREADABLE)
                .detailed("Error parsing attestation response")
        }
        Refusal::NotBelieved(rejection) => failed(in_known_words(*rejection)),
        Refusal::CeremonyExpired | Refusal::AuthenticatorNotWelcome(_) => {
            failed(refusal.to_string())
        }
        Refusal::CredentialTaken => {
            Problem::new(StatusCode::CONFLICT, ATTESTATION_FAILED).detailed(refusal.to_string())
        }
        other => plainly(other),
    }
}

fn login_begun(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NoCredentials => Problem::new(
            StatusCode::BAD_REQUEST,
            "failed to create webauthn assertion options for login: Found no credentials for user",
        ),
        other => plainly(other),
    }
}

fn transaction_begun(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::UserNotFound => Problem::new(StatusCode::NOT_FOUND, "unable to find user"),
        Refusal::NoCredentials => Problem::new(
            StatusCode::BAD_REQUEST,
            "user has no suitable credentials for this operation",
        ),
        other => plainly(other),
    }
}

fn assertion(refusal: &Refusal) -> Problem {
    let unauthorised =
        |title, details: String| Problem::new(StatusCode::UNAUTHORIZED, title).detailed(details);
    match refusal {
        Refusal::ChallengeUnknown => {
            unauthorised("failed to get session data", refusal.to_string())
        }
        Refusal::NotBelieved(Rejection::UserHandleMissing) => {
            unauthorised("failed to get user handle", "user not found".to_owned())
        }
        Refusal::NotBelieved(rejection) => {
            unauthorised(ASSERTION_FAILED, in_known_words(*rejection))
        }
        Refusal::CredentialNotFound => unauthorised(
            ASSERTION_FAILED,
            "Unable to find the credential for the returned credential ID".to_owned(),
        ),
        Refusal::TransactionIs(State::Expired) => {
            unauthorised(ASSERTION_FAILED, Refusal::CeremonyExpired.to_string())
        }
        Refusal::CeremonyExpired | Refusal::TransactionIs(_) => {
            unauthorised(ASSERTION_FAILED, refusal.to_string())
        }
        other => plainly(other),
    }
}

/// How a transaction stands is a conflict, and whatever else fails a failed attempt.
fn confirmation(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::TransactionIs(_) | Refusal::TransactionNotFound => plainly(refusal),
        other => assertion(other),
    }
}

/// The words that clients may have been told before, where there are any.
fn in_known_words(rejection: Rejection) -> String {
    match rejection {
        Rejection::OriginMismatch => "Error validating origin".to_owned(),
        Rejection::UserHandleMismatch | Rejection::CredentialWrongUser => {
            "userHandle and User ID do not match".to_owned()
        }
        Rejection::UserVerificationMissing => {
            "User verification required but flag not set by authenticator".to_owned()
        }
        Rejection::SignatureInvalid | Rejection::SignatureNotDer => {
            format!("Error validating the assertion signature: {rejection}")
        }
        other => other.to_string(),
    }
}

fn no_credential(id: &str) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("credential with id '{}' not found", beginning(id)),
    )
}

/// What was sent may be anything; only its beginning is said back.
fn beginning(id: &str) -> String {
    id.chars().take(100).collect()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let unavailable = |details: &str| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").detailed(details)
        };
        match error {
            Error::Store(error) => Self {
                inside: Some(error.to_string()),
                ..unavailable("the store is not available; nothing was done")
            },
            Error::Contended(_) => {
                unavailable("the same is being changed by others; send the request again")
            }
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
mod tests {
    use super::*;

    fn told(deed: Deed, refusal: Refusal) -> (u16, String, String, &'static str) {
        let problem = Problem::refused(&deed, &refusal);
        (
            problem.status.as_u16(),
            problem.title.into_owned(),
            problem.details.unwrap(),
            problem.code.unwrap(),
        )
    }

    /// Status, title and details as clients know them.
    #[test]
    fn a_refusal_has_the_words_of_its_route() {
        use Rejection as R;
        for (deed, refusal, status, title, details) in [
            (
                Deed::FinishRegistration,
                Refusal::ChallengeUnknown,
                400,
                "received challenge does not match with any stored one",
                "",
            ),
            (
                Deed::FinishRegistration,
                Refusal::CeremonyExpired,
                400,
                "failed to validate attestation",
                "Session has Expired",
            ),
            (
                Deed::FinishRegistration,
                Refusal::NotBelieved(R::UserVerificationMissing),
                422,
                "failed to validate attestation: Error validating the authenticator response: \
                 User verification required but flag not set by authenticator\n",
                "Error validating the authenticator response",
            ),
            (
                Deed::FinishRegistration,
                Refusal::CredentialTaken,
                409,
                "failed to validate attestation",
                "the credential is already registered",
            ),
            (
                Deed::BeginLogin,
                Refusal::UserNotFound,
                404,
                "user not found",
                "",
            ),
            (
                Deed::BeginLogin,
                Refusal::NoCredentials,
                400,
                "failed to create webauthn assertion options for login: Found no credentials for \
                 user",
                "",
            ),
            (
                Deed::FinishLogin,
                Refusal::ChallengeUnknown,
                401,
                "failed to get session data",
                "received challenge does not match with any stored one",
            ),
            (
                Deed::FinishLogin,
                Refusal::NotBelieved(R::OriginMismatch),
                401,
                "failed to validate assertion",
                "Error validating origin",
            ),
            (
                Deed::FinishLogin,
                Refusal::CredentialNotFound,
                401,
                "failed to validate assertion",
                "Unable to find the credential for the returned credential ID",
            ),
            (
                Deed::BeginTransaction,
                Refusal::UserNotFound,
                404,
                "unable to find user",
                "",
            ),
            (
                Deed::BeginTransaction,
                Refusal::TransactionExists,
                409,
                "transaction already exists",
                "",
            ),
            (
                Deed::BeginTransaction,
                Refusal::NoCredentials,
                400,
                "user has no suitable credentials for this operation",
                "",
            ),
            (
                Deed::FinishTransaction,
                Refusal::TransactionIs(State::Expired),
                401,
                "failed to validate assertion",
                "Session has Expired",
            ),
            (
                Deed::Ours,
                Refusal::TransactionIs(State::Blocked),
                409,
                "the transaction is blocked",
                "",
            ),
            (
                Deed::Credential("abc".to_owned()),
                Refusal::CredentialNotFound,
                404,
                "credential with id 'abc' not found",
                "",
            ),
            (
                Deed::BeginRegistration,
                Refusal::Invalid("user_id is too long".to_owned()),
                400,
                "unable to validate request",
                "user_id is too long",
            ),
        ] {
            let code = refusal.code();
            let expected = (status, title.to_owned(), details.to_owned(), code);
            assert_eq!(told(deed, refusal), expected);
        }
    }

    #[test]
    fn our_own_faults_tell_nothing() {
        let problem = Problem::from(Error::Unreadable("row 7 of secrets".to_owned()));
        assert_eq!(
            problem.body(),
            json!({ "title": "Internal Server Error", "status": 500 })
        );
    }
}
