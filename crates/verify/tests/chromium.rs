//! What a browser really sends: responses of Chromium's virtual authenticator, envelope and all.

use serde::Deserialize;
use serde_json::Value;
use verify::webauthn::{
    AssertionExpect, CounterVerdict, CredentialRecord, ExpectedUser, Origins, RegistrationExpect,
    Rejection, RelyingParty, TrustStore, UserVerification, VerifiedAssertion, VerifiedRegistration,
    assertion, registration,
};
use wire::Timestamp;
use wire::encoding::hex;
use wire::webauthn::{AssertionResponse, CoseAlgorithm, RegistrationResponse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "about")]
    _about: String,
    rp_id: String,
    origin: String,
    registration_challenge: String,
    authentication_challenge: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    algorithm: i64,
    format: String,
    registration: Value,
    authentication: Option<Value>,
    expect: Option<String>,
}

const NOW: Timestamp = Timestamp::from_millis(1_782_000_000_000);

fn vectors() -> Vectors {
    testkit::vectors::read("webauthn/chromium.json")
}

fn relying_party(vectors: &Vectors) -> RelyingParty {
    let mut rp = RelyingParty::new(&vectors.rp_id, &[&vectors.origin]);
    rp.user_verification = UserVerification::Preferred;
    rp.algorithms = CoseAlgorithm::ALL.to_vec();
    rp
}

fn register(
    vectors: &Vectors,
    rp: &RelyingParty,
    case: &Case,
) -> Result<VerifiedRegistration, Rejection> {
    let response = RegistrationResponse::from_json(case.registration.to_string().as_bytes())
        .expect("browsers write well-formed envelopes");
    let challenge = hex::decode(&vectors.registration_challenge).unwrap();
    let expect = RegistrationExpect::new(&challenge);
    registration::finish(rp, &expect, &response, NOW, &TrustStore::empty())
}

fn authenticate(
    vectors: &Vectors,
    rp: &RelyingParty,
    registered: &VerifiedRegistration,
    body: &Value,
) -> Result<VerifiedAssertion, Rejection> {
    let response = AssertionResponse::from_json(body.to_string().as_bytes())
        .expect("browsers write well-formed envelopes");
    let credential = CredentialRecord {
        id: registered.credential_id(),
        key: registered.key(),
        user_handle: response.user_handle.as_deref().unwrap(),
        rp_id_hash: Some(registered.rp_id_hash()),
        sign_count: registered.sign_count(),
        // The virtual authenticator was told to change its backup flags between ceremonies.
        backup_eligible: None,
        enabled: true,
    };
    let challenge = hex::decode(&vectors.authentication_challenge).unwrap();
    let expect = AssertionExpect::new(&challenge, ExpectedUser::Discoverable);
    assertion::finish(rp, &expect, &response, Some(&credential))
}

#[test]
fn every_registration_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.cases.len(), 20);
    for case in &vectors.cases {
        let verified = register(&vectors, &relying_party(&vectors), case)
            .unwrap_or_else(|rejection| panic!("{}: {}", case.name, rejection.code()));
        assert_eq!(
            verified.algorithm().number(),
            case.algorithm,
            "{}",
            case.name
        );
        assert_eq!(
            verified.attestation().format.identifier(),
            case.format,
            "{}",
            case.name
        );
        assert!(!verified.transports().is_empty(), "{}", case.name);
    }
}

#[test]
fn every_authentication_comes_out_as_expected() {
    let vectors = vectors();
    let rp = relying_party(&vectors);
    let mut seen = 0;
    for case in &vectors.cases {
        let (Some(body), Some(expected)) = (&case.authentication, &case.expect) else {
            continue;
        };
        let registered = register(&vectors, &rp, case).expect("accepted above");
        let result = authenticate(&vectors, &rp, &registered, body);
        match &result {
            Ok(verified) => {
                assert_eq!(expected, "ok", "{}", case.name);
                assert_eq!(
                    verified.counter(),
                    CounterVerdict::Increased,
                    "{}",
                    case.name
                );
            }
            Err(rejection) => assert_eq!(rejection.code(), expected, "{}", case.name),
        }
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn accepts_localhost_as_a_secure_context_without_any_configuration() {
    let vectors = vectors();
    let mut rp = relying_party(&vectors);
    rp.origins = Origins::AnySecure;
    rp.rp_ids.clear();
    for case in &vectors.cases {
        assert!(register(&vectors, &rp, case).is_ok(), "{}", case.name);
    }
}
