//! What a refusal is called on the route where it happens.

use axum::http::StatusCode;
use rules::tenant::Refusal;
use rules::tenant::transaction::State;
use verify::webauthn::Rejection;

use super::{Deed, Problem};

pub(super) const CREATION_UNREADABLE: &str = "unable to parse credential creation response";
const ATTESTATION_FAILED: &str = "failed to validate attestation";
const ASSERTION_FAILED: &str = "failed to validate assertion";

/// The problem that a refusal of this deed is; its code comes later.
pub(super) fn of(deed: &Deed, refusal: &Refusal) -> Problem {
    match deed {
        Deed::BeginRegistration | Deed::Ours => plainly(refusal),
        Deed::FinishRegistration => registration(refusal),
        Deed::BeginLogin => login_begun(refusal),
        Deed::FinishLogin | Deed::FinishTransaction => assertion(refusal),
        Deed::Confirm => confirmation(refusal),
        Deed::BeginTransaction => transaction_begun(refusal),
        Deed::Operate(title) => operated(title, refusal),
        Deed::RemoveKey(id) => match refusal {
            Refusal::SecretNotFound => Problem::new(
                StatusCode::NOT_FOUND,
                format!("secret with ID '{}' not found", beginning(id)),
            ),
            other => operated("unable to remove key", other),
        },
        Deed::Credential(id) => match refusal {
            Refusal::CredentialNotFound => no_credential(id),
            other => plainly(other),
        },
    }
}

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
        | Refusal::AccountUnknown
        | Refusal::MemberUnknown
        | Refusal::SecretNotFound => StatusCode::NOT_FOUND,
        Refusal::NoCredentials
        | Refusal::AuthenticatorNotWelcome(_)
        | Refusal::MissingSessionKey
        | Refusal::SessionMismatch(_)
        | Refusal::OtherRelyingParty(_)
        | Refusal::NoNetwork(_)
        | Refusal::SlotExpired
        | Refusal::SessionOver
        | Refusal::NotPrepared(_)
        | Refusal::PreparationUnknown
        | Refusal::NotSigned(_)
        | Refusal::NotForContract(_)
        | Refusal::PrimaryStays
        | Refusal::NotOnChain(_) => StatusCode::BAD_REQUEST,
        Refusal::DayIsSpent => StatusCode::TOO_MANY_REQUESTS,
        Refusal::OtherEnvironment(_)
        | Refusal::OutOfScope(_)
        | Refusal::NotAMember
        | Refusal::OwnChange => StatusCode::FORBIDDEN,
        Refusal::NoChain(_) | Refusal::OnePasskey(_) => StatusCode::NOT_IMPLEMENTED,
        Refusal::OnChain { .. } | Refusal::Lapsed => StatusCode::BAD_GATEWAY,
        Refusal::CredentialTaken
        | Refusal::AccountExists
        | Refusal::MemberExists
        | Refusal::Waiting
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

/// No such credential.
pub(super) fn no_credential(id: &str) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("credential with id '{}' not found", beginning(id)),
    )
}

/// What was sent may be anything; only its beginning is said back.
fn beginning(id: &str) -> String {
    id.chars().take(100).collect()
}
