use rules::tenant::transaction::State;
use verify::webauthn::Rejection;

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
fn a_store_that_does_not_answer_is_no_bug() {
    let lost = store::Error::Unavailable("no answer to the commit".to_owned());
    for (error, details) in [
        (
            store::Error::DiskFull,
            "the store is not available; nothing was done",
        ),
        // Nobody knows, so nobody is told otherwise.
        (
            lost,
            "the store is not available; look whether it was done, then try again",
        ),
    ] {
        assert_eq!(
            Problem::from(Error::Store(error)).body(),
            json!({ "title": "Service Unavailable", "status": 503, "details": details })
        );
    }
    let problem = Problem::from(Error::Store(store::Error::OutsideScope));
    assert_eq!(problem.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn our_own_faults_tell_nothing() {
    let problem = Problem::from(Error::Unreadable("row 7 of secrets".to_owned()));
    assert_eq!(
        problem.body(),
        json!({ "title": "Internal Server Error", "status": 500 })
    );
}
