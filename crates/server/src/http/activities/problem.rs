//! Errors in this family's shape: `{code, message, details, turnkeyErrorCode}`.
//!
//! The whole translation stands here. Clients match on numeric codes and on fragments of the
//! message, so both are part of the contract; what the message does not say is only logged.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{Error, MalformedKind, UnknownKey};
use rules::refusal::{Reason, Refusal};
use serde_json::{Value, json};
use verify::Rejection;

use super::super::intake::Refused;

/// An answer that is not 2xx: only the constants below make one.
#[derive(Debug)]
pub(super) struct Problem {
    class: Class,
    /// The finer code some clients read; empty where the protocol has none.
    reason: &'static str,
    /// For the outside.
    message: String,
    details: Vec<Value>,
    /// For the log.
    inside: Option<String>,
}

/// A gRPC code with the status it travels under.
#[derive(Clone, Copy, Debug)]
struct Class {
    status: StatusCode,
    code: u8,
}

const fn class(status: StatusCode, code: u8) -> Class {
    Class { status, code }
}

const INVALID_ARGUMENT: Class = class(StatusCode::BAD_REQUEST, 3);
const NOT_FOUND: Class = class(StatusCode::NOT_FOUND, 5);
const ALREADY_EXISTS: Class = class(StatusCode::CONFLICT, 6);
const PERMISSION_DENIED: Class = class(StatusCode::FORBIDDEN, 7);
const RESOURCE_EXHAUSTED: Class = class(StatusCode::TOO_MANY_REQUESTS, 8);
const UNIMPLEMENTED: Class = class(StatusCode::NOT_IMPLEMENTED, 12);
const INTERNAL: Class = class(StatusCode::INTERNAL_SERVER_ERROR, 13);
const UNAVAILABLE: Class = class(StatusCode::SERVICE_UNAVAILABLE, 14);
const UNAUTHENTICATED: Class = class(StatusCode::UNAUTHORIZED, 16);
const TOO_LARGE: Class = class(StatusCode::PAYLOAD_TOO_LARGE, 3);
const TOO_SLOW: Class = class(StatusCode::REQUEST_TIMEOUT, 4);
const ENCODED: Class = class(StatusCode::UNSUPPORTED_MEDIA_TYPE, 3);
const BAD_METHOD: Class = class(StatusCode::METHOD_NOT_ALLOWED, 12);

impl Problem {
    fn new(class: Class, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            reason,
            message: message.into(),
            details: Vec::new(),
            inside: None,
        }
    }

    /// A path this server has never heard of.
    pub(super) fn unknown_path(path: &str) -> Self {
        // What was sent may be anything; only its beginning is said back.
        let shown: String = path.chars().take(100).collect();
        Self::new(NOT_FOUND, "", format!("there is no path {shown:?}"))
    }

    /// A path of the protocol that this server does not answer.
    pub(super) fn not_served(name: &str) -> Self {
        Self::new(
            UNIMPLEMENTED,
            "",
            format!("{name} is not served by this server"),
        )
    }

    /// A bug of ours, of which nothing is told.
    pub(super) fn internal() -> Self {
        Self::new(INTERNAL, "INTERNAL", "internal server error")
    }

    /// Only POST does anything here.
    pub(super) fn method_not_allowed() -> Self {
        Self::new(BAD_METHOD, "", "use POST with a JSON body")
    }

    /// A believed command that a rule refused.
    pub(super) fn refusal(refusal: &Refusal) -> Self {
        let message = refusal.message.as_str();
        match refusal.reason {
            Reason::OtherOrganisation => {
                Self::new(INVALID_ARGUMENT, "ORGANIZATION_MISMATCH", message)
            }
            Reason::NotAllowed => {
                let mut problem = Self::new(PERMISSION_DENIED, "REQUEST_NOT_AUTHORIZED", message);
                problem.details.push(json!({
                    "@type": "type.googleapis.com/errors.v1.PolicyEnginePermissionError",
                    "message": "No policies evaluated to outcome: Allow",
                    "policyEvaluations": [],
                }));
                problem
            }
            Reason::NotFound => Self::new(NOT_FOUND, "", message),
            Reason::AlreadyExists => Self::new(ALREADY_EXISTS, "", message),
            Reason::LimitExceeded => Self::new(RESOURCE_EXHAUSTED, "", message),
            Reason::Invalid => Self::new(INVALID_ARGUMENT, "REQUEST_INVALID", message),
        }
    }

    /// The numeric code.
    pub(super) fn code(&self) -> u8 {
        self.class.code
    }

    /// Writes what the outside is not told. A failure is logged once, here.
    pub(super) fn log(&self) {
        if let Some(inside) = &self.inside {
            tracing::error!(code = self.class.code, cause = inside, "request failed");
        } else {
            tracing::debug!(
                code = self.class.code,
                reason = self.reason,
                "request refused"
            );
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => rejected(&rejection),
            Error::UnknownKey { organisation, key } => {
                let organisation = organisation.map(|id| id.to_string()).unwrap_or_default();
                let (reason, what) = match &key {
                    UnknownKey::PublicKey(_) => (
                        "PUBLIC_KEY_NOT_FOUND",
                        "could not find public key in organization or",
                    ),
                    UnknownKey::CredentialId(_) => (
                        "CREDENTIAL_NOT_FOUND",
                        "credential ID could not be found in organization or",
                    ),
                };
                // The organisation may not exist, or not be the sender's to know of: one text.
                Self::new(
                    UNAUTHENTICATED,
                    reason,
                    format!(
                        "{what} its parent organization organizationId={organisation} {key}: there \
                         is no organization found with the given ID that knows it"
                    ),
                )
            }
            Error::Ambiguous(key) => {
                let what = match key {
                    UnknownKey::PublicKey(_) => "public key",
                    UnknownKey::CredentialId(_) => "credential ID",
                };
                Self::new(
                    UNAUTHENTICATED,
                    "CREDENTIAL_CONFLICT",
                    format!("more than one suborg associated with a {what}; name the organization"),
                )
            }
            Error::SeveralSessions(_) => Self::new(
                UNAUTHENTICATED,
                "CREDENTIAL_CONFLICT",
                "more than one passkey session for this organization has this public key; bind a key \
                 of its own to each"
                    .to_owned(),
            ),
            Error::ExpiredKey {
                organisation,
                public_key,
            } => Self::new(
                UNAUTHENTICATED,
                "API_KEY_EXPIRED",
                format!(
                    "authentication failed: rpc error: code = Unauthenticated desc = expired api \
                     key publicKey={public_key} organizationID={organisation}"
                ),
            ),
            Error::Malformed(malformed) => match malformed.kind {
                MalformedKind::Invalid => {
                    Self::new(INVALID_ARGUMENT, "REQUEST_INVALID", malformed.message)
                }
                MalformedKind::Unsupported => Self::new(UNIMPLEMENTED, "", malformed.message),
            },
            Error::Stale(message) => Self::new(INVALID_ARGUMENT, "INVALID_TIME", message),
            Error::NotFound(message) => Self::new(NOT_FOUND, "", message),
            Error::Contended(_) => Self::new(
                UNAVAILABLE,
                "",
                "the organization is being changed by others; send the same request again",
            ),
            error @ (Error::Chain(_) | Error::PayerPoor(_)) => Self {
                inside: Some(error.to_string()),
                ..Self::new(UNAVAILABLE, "", "the chain does not answer; try again")
            },
            Error::Store(error) => Self {
                inside: Some(error.to_string()),
                ..Self::new(
                    UNAVAILABLE,
                    "",
                    "the store is not available; send the same request again, which is done once",
                )
            },
            error @ (Error::Vault(_) | Error::Unreadable(_)) => Self {
                inside: Some(error.to_string()),
                ..Self::internal()
            },
        }
    }
}

fn rejected(rejection: &Rejection) -> Problem {
    use wire::stamp::StampError;
    match rejection {
        Rejection::Stamp(StampError::Absent) => Problem::new(
            UNAUTHENTICATED,
            "SIGNATURE_MISSING",
            "no valid authentication signature found for request: cannot authenticate public API \
             activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)",
        ),
        Rejection::Stamp(error) => Problem::new(
            INVALID_ARGUMENT,
            "SIGNATURE_INVALID",
            format!("malformed activity stamp: {error}"),
        ),
        Rejection::Body(_) | Rejection::BodyNotAnObject => {
            Problem::new(INVALID_ARGUMENT, "REQUEST_INVALID", rejection.to_string())
        }
        Rejection::MalformedOrganisation => Problem::new(
            INVALID_ARGUMENT,
            "INVALID_ORGANIZATION_ID",
            rejection.to_string(),
        ),
        Rejection::Expired => Problem::new(
            UNAUTHENTICATED,
            "API_KEY_EXPIRED",
            "expired api key publicKey",
        ),
        Rejection::Signature(error) => {
            let what = match error {
                verify::stamp::Rejection::WebAuthn(_) => "could not verify WebAuthN signature",
                _ => "could not verify api key signature",
            };
            Problem::new(
                UNAUTHENTICATED,
                "SIGNATURE_INVALID",
                format!("{what}: {error}"),
            )
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::TooLarge(_) => Self::new(TOO_LARGE, "REQUEST_INVALID", message),
            Refused::TooSlow(_) => Self::new(TOO_SLOW, "", message),
            Refused::Encoded => Self::new(ENCODED, "REQUEST_INVALID", message),
            Refused::BrokenOff => Self::new(INVALID_ARGUMENT, "REQUEST_INVALID", message),
            Refused::Repeated(_) | Refused::Ambiguous | Refused::NotText(_) => {
                Self::new(INVALID_ARGUMENT, "SIGNATURE_INVALID", message)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut details = self.details;
        let mut body = json!({ "code": self.class.code, "message": self.message });
        if !self.reason.is_empty() {
            details.push(json!({
                "@type": "type.googleapis.com/errors.v1.TurnkeyErrorDetail",
                "turnkeyErrorCode": self.reason,
            }));
            body["turnkeyErrorCode"] = self.reason.into();
        }
        body["details"] = details.into();
        super::json(self.class.status, &body)
    }
}
